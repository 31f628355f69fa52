"""The engine finds what a look at each frame finds, whatever the log, and goes on as the log grows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.session.ingest import Ingest
from tests.session.query.logs import Raw, Reconnect, Send, build, steps
from tests.session.query.naive import scanned
from tests.wire.stream import KEY, frame
from wsinspect.options import Limits
from wsinspect.session.frame_log import FrameLog
from wsinspect.session.query import FilterScan, Search, block, compile_filter
from wsinspect.session.query.engine import Progress
from wsinspect.wire.frame_batch import FrameBatch
from wsinspect.wire.opcode import Direction

TERMS = (
    "received",
    "sent",
    "text",
    "ping",
    "control",
    "data",
    "continuation",
    "fin",
    "rsv1",
    "masked",
    "compressed",
    "fragment",
    "reserved",
    "opcode:9",
    "opcode!=text",
    "size>5",
    "len<=10",
    "size!=4",
    "inflated>=12",
    "inflated<3",
    "frame>4",
    "after:0.000003",
    "before:5us",
    "violations",
    "violation:unexpected-continuation",
    "violation!=cut-off",
    "code:1001",
    "code>1000",
    "foobar",
    '"ab"',
    '"b"',
    '"foobar"i',
    '"kK"i',
    '"é"',
    '"ПРИВЕТ"i',
    "hex:ff00",
    "hex:c3",
    "hex:a9",
    r"/fo+b/",
    r"/^ab/",
    r"/ab$/",
    r"/^$/",
    r"/^ab$/m",
    r"/FOO.*bar/i",
    r"/k{2}/i",
    r"/./",
    r"/^.{2}$/s",
    r"/[^a-z]{3}/",
    r"/\d{8}/",
    r"/\bab|\s$/",
    r"/(?<=o)b/",
    r"/b(?!a)/",
    r"/a*?b+/",
    r"/при.ет/i",
    r"/\xff\x00/b",
    r"/^\xc3?\xa9/b",
    r"/[\x80-\xff]{2}/b",
    "$",
    "$.type",
    '$.type == "ping"',
    "$.type ~ /^p.ng$/",
    "$.type ~ on",
    "$.type != null",
    "$.n > 2",
    "$.n == true",
    "$.n[0] <= 1",
    "$.n[-1].n == abc",
    "$..n == abc",
    "$.n[*] > 2",
    "$[1] == 2.0",
    "$.* == 3",
)
_terms = st.sampled_from(TERMS)
filters = st.recursive(
    _terms,
    lambda inner: st.one_of(
        st.builds("({} {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not {}".format, inner),
    ),
    max_leaves=4,
)


@pytest.fixture(autouse=True, scope="module")
def _small_blocks() -> Iterator[None]:
    # The logs are small; what happens between blocks must happen in them all the same.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wsinspect.session.query.language.FRAMES_OF_COLUMNS", 7)
        patch.setattr("wsinspect.session.query.language.FRAMES_OF_PAYLOAD", 11)
        patch.setattr("wsinspect.session.query.language.FRAMES_OF_JSON", 5)
        yield


def scan(log: FrameLog, text: str) -> list[int]:
    work = FilterScan(log, compile_filter(text))
    assert work.step(60).done
    return list(work.numbers)


scripts = st.tuples(steps, st.sampled_from([1, 7, 100, 10_000]), st.sampled_from([800, 1 << 20]))


@settings(max_examples=300, deadline=None)
@given(scripts, filters)
def test_the_engine_finds_what_a_look_at_each_frame_finds(
    script: tuple[list[Send | Raw | Reconnect], int, int], text: str
) -> None:
    log = build(*script)
    try:
        assert scan(log, text) == scanned(log, compile_filter(text).predicate)
    finally:
        log.close()


@settings(max_examples=15, deadline=None)
@given(scripts)
def test_each_term_alone(script: tuple[list[Send | Raw | Reconnect], int, int]) -> None:
    log = build(*script)
    try:
        for text in TERMS:
            assert scan(log, text) == scanned(log, compile_filter(text).predicate), text
    finally:
        log.close()


@settings(max_examples=60, deadline=None)
@given(scripts, filters, st.integers(-1, 40), st.booleans(), st.booleans())
def test_search_goes_to_the_next_frame_that_a_scan_finds(
    script: tuple[list[Send | Raw | Reconnect], int, int], text: str, origin: int, backwards: bool, wrap: bool
) -> None:
    log = build(*script)
    try:
        found = scan(log, text)
        begin = None if origin < 0 else min(origin, len(log))
        search = Search(log, compile_filter(text), origin=begin, backwards=backwards, wrap=wrap)
        while not search.done:
            search.step(0)
        if backwards:
            near = [number for number in reversed(found) if begin is None or number < begin]
            far = list(reversed(found))
        else:
            near = [number for number in found if begin is None or number > begin]
            far = found
        expected = near + (far if wrap else [])
        assert search.found == (expected[0] if expected else None)
        assert search.progress.done
    finally:
        log.close()


def test_a_scan_goes_on_as_the_log_grows() -> None:
    ingest = Ingest()
    work = FilterScan(ingest.log, compile_filter("ab"))
    assert work.step(1) == Progress(0, 0, 0)
    assert work.progress.fraction == 1.0
    ingest.received(frame(0x81, b"ab") * 3 + frame(1, b"xa"))
    assert work.step(1) == Progress(4, 4, 3)
    # The text began in a frame that was looked at long ago.
    ingest.sent(frame(0x81, b"abc", key=KEY)).received(frame(0x80, b"b"))
    assert not work.progress.done
    assert work.step(1).found == 5
    assert list(work.numbers) == [0, 1, 2, 4, 5]


def test_a_step_ends_when_its_time_is_over() -> None:
    ingest = Ingest().received(frame(0x81, b"ab") * 100)
    ticks = count()
    work = FilterScan(ingest.log, compile_filter("ab"))
    first = work.step(3, clock=lambda: next(ticks))
    assert (first.scanned, first.done) == (33, False)
    assert list(work.numbers) == list(range(33))
    assert work.step(0, clock=lambda: next(ticks)).scanned == 44
    assert work.step(1000, clock=lambda: next(ticks)).done
    search = Search(ingest.log, compile_filter("zebra"))
    assert search.step(0, clock=lambda: next(ticks)).scanned == 11


def test_a_scan_may_begin_later() -> None:
    ingest = Ingest().received(frame(0x81, b"ab") * 10)
    work = FilterScan(ingest.log, compile_filter(""), start=8)
    assert work.step(1) == Progress(2, 2, 2)
    assert list(work.numbers) == [8, 9]
    later = FilterScan(ingest.log, compile_filter("ab"), start=12)
    assert later.step(1).done
    ingest.received(frame(0x81, b"ab") * 3)
    later.step(1)
    assert list(later.numbers) == [12]


def test_search_within_what_a_filter_left() -> None:
    log = Ingest().received(*(frame(0x81, b"ab%d" % (number % 3)) for number in range(40))).log
    visible = list(range(0, 40, 2))
    search = Search(log, compile_filter("ab1"), origin=4, within=visible)
    search.step(10)
    assert (search.found, search.wrapped) == (10, False)
    search = Search(log, compile_filter("ab1"), origin=36, within=visible)
    search.step(10)
    assert (search.found, search.wrapped) == (4, True)
    search = Search(log, compile_filter(""), origin=6, within=visible, backwards=True)
    search.step(10)
    assert search.found == 4
    assert not log.dropped_bytes


def test_the_frame_itself_is_what_is_found_last() -> None:
    log = Ingest().received(frame(0x81, b"ab") + frame(0x81, b"x") * 30).log
    for backwards in (False, True):
        search = Search(log, compile_filter("ab"), origin=0, backwards=backwards)
        search.step(10)
        assert (search.found, search.wrapped) == (0, True)


@dataclass
class _Attempt:
    number: int
    first_frame: int
    end_frame: int


def test_frames_of_an_attempt_that_is_still_growing() -> None:
    ingest = Ingest().received(frame(0x81, b"ab") * 20)
    attempts = [_Attempt(1, 0, 15), _Attempt(2, 15, 20)]
    work = FilterScan(ingest.log, compile_filter("attempt:2"), attempts=attempts)
    work.step(10)
    ingest.received(frame(0x81, b"ab") * 3)
    attempts[1].end_frame = 23
    work.step(10)
    assert list(work.numbers) == list(range(15, 23))
    other = FilterScan(ingest.log, compile_filter("attempt!=2"), attempts=attempts)
    other.step(10)
    assert list(other.numbers) == list(range(15))


@pytest.mark.parametrize("direction", Direction)
def test_a_long_frame_is_looked_into_as_far_as_is_said(
    direction: Direction, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("block", "regions", "payload", "engine"):
        monkeypatch.setattr(f"wsinspect.session.query.{module}.PAYLOAD_BYTES", 1000)
    monkeypatch.setattr(block, "_WEIGHT", 500)
    near, far = b"x" * 990 + b"needle", b"x" * 1000 + b"needle"
    ingest = Ingest()
    add, key = (ingest.sent, KEY) if direction is Direction.SENT else (ingest.received, None)
    add(*(frame(0x81, data, key=key) for data in (near, far, b"needle", b"n" * 400)))
    for text in ("needle", "/ne+dle/", "/^x*ne+dle/", "/./ needle"):
        work = FilterScan(ingest.log, compile_filter(text))
        work.step(10)
        assert (list(work.numbers), work.shortened) == ([0, 2], 1), text
    add(frame(1, b"x" * 1010 + b"nee", key=key), frame(0x80, b"dle", key=key))
    assert scan(ingest.log, "needle") == [0, 2]


def test_what_was_dropped_is_not_found_and_the_rest_is() -> None:
    ingest = Ingest(limits=Limits(memory_bytes=8 * 300_000, spool_bytes=300_000))
    for number in range(40):
        ingest.received(frame(0x82, b"needle%d." % number + bytes(70_000)))
    log = ingest.log
    assert log.dropped_bytes
    found = scan(log, "needle")
    assert found == [number for number in range(40) if b"needle" in log.application_data(number)]
    assert 0 < len(found) < 40
    assert {0, 39} < set(found)
    log.close()
    assert scan(log, "needle") == []
    assert scan(log, "binary") == list(range(40))


def test_lengths_beyond_32_bits_compare() -> None:
    log = FrameLog()
    batch = FrameBatch()
    for header, length, start in ((0x827F, 1 << 33, 0), (0x827F, 0xFFFFFFFF, 1 << 34), (0x8201, 1, 1 << 35)):
        batch.headers.append(header)
        batch.lengths.append(length)
        batch.starts.append(start)
    log.extend(Direction.RECEIVED, 1, b"", batch)
    assert scan(log, "size>8G") == [0]
    assert scan(log, "size=4294967295") == [1]
    assert scan(log, "inflated>8G") == [0]
    assert scan(log, "size>4294967294") == [0, 1]


def test_many_frames_alike() -> None:
    """More than a block, with needles in none, few and all of them."""
    payloads = [b'{"seq": %d, "side": "buy"}' % (100_000 + number) for number in range(10_000)]
    log = Ingest().received(b"".join(frame(0x81, payload) for payload in payloads)).log
    assert scan(log, "side") == list(range(10_000))
    assert scan(log, "zebra") == []
    assert scan(log, '"SEQ\\": 10012"i') == list(range(120, 130))
    assert scan(log, r"/seq.: 10*77\d,/") == list(range(770, 780))
    assert scan(log, r"/^\{.*buy.\}$/") == list(range(10_000))
    assert scan(log, "$.seq >= 109990") == list(range(9990, 10_000))
    assert scan(log, '$.side == "buy" before:1us') == []
    assert scan(log, '$.side == "buy"') == list(range(10_000))
