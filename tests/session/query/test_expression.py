"""Regular expressions: whatever somebody types ends in a bound of work, and matches what `re` says."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.session.ingest import Ingest
from tests.wire.stream import frame
from wsinspect.session.query import (
    FilterScan,
    Search,
    asking,
    compile_filter,
    compile_search,
    expression_worker,
    text_pattern,
)
from wsinspect.session.query.asking import Asked
from wsinspect.session.query.expression import lowered
from wsinspect.session.query.expression_process import ExpressionError, ExpressionProcess
from wsinspect.session.query.regex_needles import effort
from wsinspect.session.query.regex_sweep import swept
from wsinspect.session.query.text_pattern import regular_expression

HOSTILE = "/(a+)+$/"
TRAP = b"a" * 60 + b"b"
WHY = "the expression takes too much time; write it with fewer * + {}, above all in each other"


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """An expression has little time."""
    for name in ("MANY_S", "ONE_S", "SHOWN_S"):
        monkeypatch.setattr(asking, name, 0.02)


@pytest.fixture
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No expression is matched in this process."""
    monkeypatch.setattr(asking, "_FEW_STEPS", 0)


@pytest.fixture(scope="module")
def process() -> Iterator[ExpressionProcess]:
    one = ExpressionProcess()
    yield one
    one.close()


def payloads(*texts: bytes) -> Ingest:
    return Ingest().received(*(frame(0x81, text) for text in texts))


def finished(ingest: Ingest, text: str) -> FilterScan:
    scan = FilterScan(ingest.log, compile_filter(text))
    while not scan.step(0.01).done:
        pass
    return scan


@pytest.mark.usefixtures("_short")
@pytest.mark.parametrize(
    ("text", "trap"),
    [
        (HOSTILE, TRAP),
        (r"/^(a|a)*$/", TRAP),
        (r"/(a+)+$/b", TRAP),
        (r"/^(A+)+$/i", TRAP),
        (r"/(a*)*\1b(?!b)c/", TRAP),
        # Neither in itself: `re` takes the square, or the cube, of the length, and looks for no signal meanwhile.
        (r"/\d+x/", b"1" * 1_000_000 + b" x"),
        (r"/\d+\d+x/", b"1" * 20_000 + b" x"),
        ("$.text ~ /^(a+)+$/", b'{"text": "%s"}' % TRAP),
    ],
)
def test_a_frame_that_takes_too_long_is_left_out_and_nothing_else(text: str, trap: bytes) -> None:
    good = b'{"text": "aaa"}' if text.startswith("$") else b"11xaaa" if r"\d" in text else b"aaa"
    expected = [0, 2] if "(?!b)c" not in text else []
    scan = finished(payloads(good, trap, good, b"zz"), text)
    assert (list(scan.numbers), list(scan.left_out)) == (expected, [1])
    assert scan.why_left_out == WHY
    assert scan.progress.done
    assert not scan.progress.gave_up


@pytest.mark.usefixtures("_short")
def test_neither_does_it_pass_the_opposite() -> None:
    scan = finished(payloads(b"aaa", TRAP, b"zz"), f"not {HOSTILE}")
    assert (list(scan.numbers), list(scan.left_out)) == ([2], [1])


@pytest.mark.usefixtures("_short")
def test_a_match_across_fragments_that_takes_too_long_is_left_out() -> None:
    ingest = Ingest().received(frame(0x01, b"a" * 60), frame(0x80, b"b"), frame(0x81, b"aa"))
    scan = finished(ingest, "/(a+)+$|never/")
    assert (list(scan.numbers), list(scan.left_out)) == ([0, 2], [1])


@pytest.mark.usefixtures("_short")
def test_after_three_of_them_it_gives_up() -> None:
    scan = finished(payloads(b"aaa", *[TRAP] * 50, b"aaa"), HOSTILE)
    assert list(scan.left_out) == [1, 2, 3]
    assert scan.progress.gave_up
    assert scan.progress.done
    assert scan.progress.scanned == 4
    assert scan.step(0) == scan.progress


@pytest.mark.usefixtures("_short")
@pytest.mark.parametrize("backwards", [False, True])
def test_a_search_leaves_it_out_and_goes_on(backwards: bool) -> None:
    ingest = payloads(b"aaa", b"zz", TRAP, b"zz", b"aaa")
    search = Search(
        ingest.log, compile_search("(a+)+$", regex=True), origin=4 * backwards, backwards=backwards
    )
    while not search.done:
        search.step(0.01)
    assert search.found == (0 if backwards else 4)
    assert (list(search.left_out), search.why_left_out, search.gave_up) == ([2], WHY, False)
    search = Search(payloads(*[TRAP] * 5).log, compile_search("(a+)+$", regex=True))
    while not search.done:
        search.step(0.01)
    assert (search.found, search.gave_up, len(search.left_out)) == (None, True, 3)
    assert search.progress.done
    assert search.progress.gave_up


def test_a_step_does_not_wait_for_it_and_who_takes_no_further_one_ends_it() -> None:
    scan = FilterScan(payloads(TRAP).log, compile_filter(HOSTILE))
    assert not scan.step(0).done
    assert scan.progress.scanned == 0
    process = scan._patience.asked._process
    assert process is not None
    assert process.busy
    assert process._process is not None
    child = process._process
    assert child.poll() is None
    del scan
    assert child.returncode == -signal.SIGKILL


@pytest.mark.usefixtures("_short")
def test_what_takes_too_long_is_not_marked_and_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_pattern, "_SHOWN_WAIT_S", 60.0)
    pattern = regular_expression("(a+)+$|(c+)+$")
    assert pattern.spans("xaa") == [(1, 3)]
    assert pattern.spans(TRAP.decode()) == []
    with monkeypatch.context() as patch:
        patch.setattr(Asked, "spans", None)
        assert pattern.spans(TRAP.decode() + "c") == []
    assert regular_expression("(c+)+$").spans("cc") == [(0, 2)]


def test_a_row_does_not_wait_for_what_is_to_be_marked_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "SHOWN_S", 60.0)
    monkeypatch.setattr(text_pattern, "_SHOWN_WAIT_S", 0.0)
    pattern = regular_expression("(a+)+$|(d+)+$")
    assert pattern.spans(TRAP.decode()) == []
    monkeypatch.setattr(text_pattern, "_SHOWN_WAIT_S", 60.0)
    # Nothing says that it takes forever.
    assert pattern.spans("dd") == [(0, 2)]


@pytest.mark.usefixtures("_elsewhere")
def test_a_process_that_somebody_ended_is_started_again() -> None:
    asked = Asked()
    expression = regular_expression("b+").expression
    assert expression is not None
    assert asked.spans(expression, "abb") == [(1, 3)]
    child = asked._process._process if asked._process is not None else None
    assert child is not None
    os.kill(child.pid, signal.SIGTERM)
    child.wait()
    asked.forget()
    assert asked.spans(expression, "bab") == [(0, 1), (2, 3)]


def test_where_no_process_can_be_started_that_is_said(
    process: ExpressionProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    monkeypatch.setattr(asking, "take", ExpressionProcess)
    scan = finished(payloads(*[TRAP] * 4), HOSTILE)
    assert scan.progress.gave_up
    assert scan.why_left_out == "no process to match the expression: No such file or directory"


def test_too_much_memory_is_said(process: ExpressionProcess) -> None:
    data, source = b"a" * 2_000_000, f"(?:{'()' * 90}a)*b"
    process.ask(
        (0, source, 0, 0, True, 60.0, (0, 1, 1), (len(data), len(data) + 1, 1), None, len(data)), data
    )
    with pytest.raises(ExpressionError, match="too much memory"):
        process.answer(60)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("abc", (1, 0)),
        (r"\d+x", (1, 1)),
        (r'"price": \d*7,', (1, 1)),
        ("a?b{2}c*", (1, 3)),
        ("a|b+|c", (3, 1)),
        ("(?:a|b)(?P<n>c*)", (2, 1)),
        ("^{.*}$", (1, 1)),
        ("(a+)+", None),
        ("(a|a)*", None),
        ("(ab){2}", None),
        ("(?=a*)b", None),
        (r"(a)\1", None),
        ("(?(1)a|b)", None),
        ("(?i)a", None),
        ("(?x: a * )", None),
    ],
)
def test_how_often_a_place_may_be_tried(source: str, told: tuple[int, int] | None) -> None:
    assert effort(source) == told


_ATOMS = (
    "a",
    "K",
    "s",
    "É",
    ".",
    r"\d",
    r"\W",
    r"\S",
    "[a-f]",
    "[^A-C_]",
    r"[\d-]",
    "^",
    "$",
    r"\b",
    r"\xff",
    "ſ",
    "-",
    r"\.",
)
_sources = st.recursive(
    st.sampled_from(_ATOMS),
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("{}|{}".format, inner, inner),
        st.builds("({})".format, inner),
        st.builds("(?:{}){}".format, inner, st.sampled_from(("*", "+?", "?", "{2}", "{0,2}"))),
        st.builds("(?{}{})".format, st.sampled_from(("=", "!")), inner),
        st.builds("(?{}{})".format, st.sampled_from(("<=", "<!")), st.sampled_from(("a", r"\d", "[^k]"))),
    ),
    max_leaves=5,
)
_data = st.lists(
    st.one_of(
        st.text(st.sampled_from("aKkſsSéÉ1-. \n_"), max_size=8).map(str.encode),
        st.binary(max_size=4),
        st.sampled_from([b"\xc3", b"\xa9", b"\xff", b"", b"\r\n"]),
    ),
    min_size=1,
    max_size=8,
)


def _expected(source: str, flags: str, data: list[bytes]) -> list[int]:
    """What `re` says of each on its own."""
    wanted = sum({"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}.get(flag, 0) for flag in flags)
    if "b" in flags:
        over_bytes = re.compile(source.encode(), wanted)
        return [number for number, one in enumerate(data) if over_bytes.search(one)]
    pattern = re.compile(source, wanted)
    texts = [one.decode(errors="surrogateescape") for one in data]
    return [number for number, one in enumerate(texts) if pattern.search(one)]


def _all_the_same(source: str, flags: str, data: list[bytes]) -> None:
    expected = _expected(source, flags, data)
    ingest = payloads(*data)
    try:
        scan = FilterScan(ingest.log, compile_filter(f"/{source}/{flags}"))
        while not scan.step(1).done:
            pass
        assert (list(scan.numbers), list(scan.left_out)) == (expected, [])
    finally:
        ingest.log.close()


@settings(max_examples=400, deadline=None)
@given(_sources, st.sampled_from(["", "i", "m", "s", "b", "im", "is", "ib", "mb"]), _data)
@example(r"^[^A-C_]*$", "i", [b"k-", b"A", b"_", "ſ".encode(), b""])
@example("K", "i", ["\u212a".encode(), b"k"])
def test_frames_match_as_re_says(source: str, flags: str, data: list[bytes]) -> None:
    _all_the_same(source, flags, data)


_ascii_data = st.lists(
    st.text(st.sampled_from("aKkdsS1-. \n\x1c\x00{"), max_size=9).map(str.encode), min_size=4, max_size=20
)


def test_frames_match_in_one_sweep_as_re_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expression_worker, "_SAMPLE", 1)
    monkeypatch.setattr(expression_worker, "_DENSE", 1)
    sweeps = 0
    sweep = expression_worker._swept

    def counted(*of: Any) -> bytes:
        nonlocal sweeps
        sweeps += 1
        return sweep(*of)

    monkeypatch.setattr(expression_worker, "_swept", counted)

    @settings(max_examples=400, deadline=None)
    @given(_sources, st.sampled_from(["", "i", "m", "s", "is"]), _ascii_data)
    @example("[a-z]", "", [b"1" * 97, b"-"] * 4)
    @example(r".*\d", "", [b"aaa", b"d1", b"", b"1\n"])
    @example(r"\s", "", [b"a", b"a\x1c", b"a", b"a "])
    @example(r"[^\s-]", "s", [b"-", b"\x1c", b" ", b"a"])
    def _same(source: str, flags: str, data: list[bytes]) -> None:
        _all_the_same(source, flags, data)

    _same()
    assert sweeps


@settings(max_examples=500, deadline=None)
@given(_sources, st.sampled_from([0, int(re.DOTALL)]), st.text(st.characters(max_codepoint=127), max_size=12))
def test_what_is_swept_matches_the_same_in_ascii_and_nothing_else(source: str, flags: int, text: str) -> None:
    told = swept(source, flags)
    if told is not None:
        expected = [match.span() for match in re.finditer(source, text, flags)]
        found = [match.span() for match in re.finditer(told, f"{text}\x81{text}", flags | re.ASCII)]
        after = len(text) + 1
        assert found == expected + [(start + after, stop + after) for start, stop in expected]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (r'"price": \d*7,', r'"price": \d*7,'),
        ("a.c", r"a[^\n\x80-\xff]c"),
        (r"(?:\D|\w{2})[^-a\s]\.", r"(?:[^\d\x80-\xff]|\w{2})[^\x80-\xff-a\t-\r\x1c-\x20]\."),
        (r"\bfoo", None),
        ("foo$", None),
        ("a*", None),
        ("(?=a)b", None),
        (r"(a)\1", None),
        (r"[\D]", None),
        (r"[\\s]x", r"[\\s]x"),
        (r"\x41", None),
        ("é", None),
    ],
)
def test_what_can_be_swept(source: str, told: str | None) -> None:
    assert swept(source, 0) == told


@pytest.mark.usefixtures("_elsewhere")
def test_frames_match_in_a_process_as_re_says() -> None:
    @settings(max_examples=150, deadline=None)
    @given(_sources, st.sampled_from(["", "i", "m", "s", "b", "im", "ib"]), _data)
    def _same(source: str, flags: str, data: list[bytes]) -> None:
        _all_the_same(source, flags, data)

    _same()


@settings(max_examples=500, deadline=None)
@given(_sources, st.text(st.characters(max_codepoint=127), max_size=12))
@example(r"[a\-z]", "-")
@example(r"[!-a]", "B")
@example(r"[\w-]", "-")
@example(r"[]A-]", "]")
@example(r"\D\S\W", "A..")
def test_what_is_lowered_matches_lowered_text_where_case_is_ignored(source: str, text: str) -> None:
    told = lowered(source)
    if told is not None:
        ignoring = [match.span() for match in re.finditer(source, text, re.IGNORECASE)]
        assert [match.span() for match in re.finditer(told, text.lower())] == ignoring


@pytest.mark.parametrize(
    "source", ["É", r"\x41", r"\101", r"(a)\1", "(?i:a)", "(?P<A>a)", "[!-Z]", r"[\.-Z]", "[--Z]"]
)
def test_what_may_mean_something_else_in_lower_case_is_not_lowered(source: str) -> None:
    assert lowered(source) is None


def test_what_is_understood_is_lowered() -> None:
    assert lowered(r'"Price": \D*[A-F\S-](?=X)(?<!Y)\.\B') == r'"price": \D*[a-f\S-](?=x)(?<!y)\.\B'
