"""What can be written, what it means, and where a mistake is said to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.session.ingest import Ingest
from tests.wire.stream import KEY, frame
from wsinspect.errors import UsageError
from wsinspect.session.query import (
    HELP,
    FilterError,
    FilterScan,
    compile_filter,
    compile_search,
    complete,
    explain,
)
from wsinspect.session.query.fields import FIELDS, KEYWORDS

MEANINGS = [
    ("", "every frame"),
    ("  \t ", "every frame"),
    ("received", "frames that were received"),
    ("<", "frames that were received"),
    ("↑", "frames that were sent"),
    ("> text", "frames that were sent and are text frames"),
    ("text > ping", "frames that are text frames and were sent and are ping frames"),
    ("sent and text", "frames that were sent and are text frames"),
    ("sent && text", "frames that were sent and are text frames"),
    ("sent text or ping", "frames that (were sent and are text frames) or are ping frames"),
    ("sent (text || ping)", "frames that were sent and (are text frames or are ping frames)"),
    ("not sent", "frames that were not sent"),
    ("!sent", "frames that were not sent"),
    ("NOT not sent", "frames that were sent"),
    ("not (sent or fin)", "frames that were not sent and have FIN not set"),
    ("not size>1k", "frames that do not carry more than 1000 bytes"),
    ("size > 1.5k", "frames that carry more than 1500 bytes"),
    ("len<=1Ki", "frames that carry at most 1024 bytes"),
    ("size:0", "frames that carry exactly 0 bytes"),
    ("inflated!=2MB", "frames that carry other than 2000000 bytes once inflated"),
    ("opcode:0x9", "frames that are opcode 0x9 frames"),
    ("opcode!=pong", "frames that are not opcode pong frames"),
    ("code>=1011", "frames that are close frames with a code of at least 1011"),
    ("attempt:2", "frames that belong to attempt 2"),
    ("frame>5", "frames that have a number of more than 5"),
    ("after:1.5s before:2m", "frames that came at or after 1.5s and came before 2m"),
    ("not after:3", "frames that came before 3"),
    ("violations", "frames that break a rule"),
    ("violation:invalid-utf8", "frames that break the rule invalid-utf8"),
    ("foo", 'frames that contain "foo"'),
    ("a.b-c/d,e", 'frames that contain "a.b-c/d,e"'),
    ("don't", 'frames that contain "don\'t"'),
    ('"and"', 'frames that contain "and"'),
    (r'"say \"hi\"\x41"', r'frames that contain "say \"hi\"A"'),
    ("'one two'i", 'frames that contain "one two"i'),
    ("hex:00ff", "frames that contain hex:00ff"),
    ("hex:'00 ff'", "frames that contain hex:00ff"),
    (r"/a\/[/]b/is", r"frames that match /a\/[/]b/is"),
    ("$.error", "frames that have $.error"),
    ('$.type == "ping"', 'frames that have $.type equal to "ping"'),
    ("$.type=ping", 'frames that have $.type equal to "ping"'),
    ("$.a[0].b > -3.5e2", "frames that have $.a[0].b more than -350.0"),
    ("$.a>3", "frames that have $.a more than 3"),
    ("$['x y'] != null", "frames that have $['x y'] other than null"),
    ("$..id ~ /^a/", "frames that have $..id with text that matches /^a/"),
    ("$.a received", "frames that have $.a and were received"),
    ("($.a)", "frames that have $.a"),
]

MISTAKES = [
    ("and", 0, "something is missing before 'and'"),
    ("sent and", 8, "something is missing before the end"),
    ("sent or or text", 8, "something is missing before 'or'"),
    ("not", 3, "something is missing before the end"),
    ("()", 1, "something is missing before ')'"),
    ("(sent", 5, "the group that opens at column 1 has no end"),
    ("sent)", 4, "')' without '('"),
    ("(" * 65 + "a", 64, "more than 64 groups"),
    ("size", 4, "size needs a comparison"),
    ("size>", 5, "size> needs a value"),
    ("size>)", 5, "size> needs a value"),
    ("sent size>big", 10, "'big' is no value for size"),
    ("size>1i", 5, "'1i' is no value for size"),
    ("size>" + "9" * 30, 5, "is no value for size"),
    ("opcode:16", 7, "'16' is no value for opcode"),
    ("opcode:pin", 7, "did you mean 'ping'?"),
    ("violation:utf8", 10, "did you mean 'invalid-utf8'?"),
    ("attempt:x", 8, "'x' is no value for attempt"),
    ("after:soon", 6, "'soon' is no value for after"),
    ("after>3", 5, "after needs a comparison"),
    ("hex:0", 4, "'0' is no value for hex"),
    ("sizes>3", 0, "did you mean 'size'?"),
    ("http://example", 0, "quote it to look for the text"),
    ("close:1001", 5, "write code:1001"),
    ("ping>3", 4, "ping stands alone"),
    ("=3", 0, "'=' has nothing to its left"),
    ("sent & text", 5, "a single '&'"),
    ('text "abc', 5, 'no closing "'),
    ('""', 0, "no characters"),
    ('"a"x', 3, "'x' after a text"),
    ("//", 0, "empty regular expression"),
    ("sent /ab", 5, "no closing /"),
    ("/a(b/", 2, "missing )"),
    ("/ab/q", 4, "the flag 'q'"),
    ("$.", 1, "'.' in a JSON path"),
    ("$5", 1, "quote it to look for the text"),
    ("$.a[x]", 3, "'[' in a JSON path"),
    ("$.a ==", 6, "== needs a value"),
    ("$.a: 3", 3, "':' after a JSON path"),
    ("$.a > null", 6, "null has no order"),
    ("$.a ~ (", 6, "~ needs a text"),
    ('"\\ud800"', 0, "no character of UTF-8"),
]


@pytest.mark.parametrize(("text", "words"), MEANINGS)
def test_what_a_filter_means(text: str, words: str) -> None:
    assert compile_filter(text).words == words
    assert explain(text) == words


@pytest.mark.parametrize(("text", "column", "told"), MISTAKES)
def test_where_a_mistake_is(text: str, column: int, told: str) -> None:
    with pytest.raises(FilterError) as caught:
        compile_filter(text)
    assert isinstance(caught.value, UsageError)
    assert (caught.value.column, told in str(caught.value)) == (column, True), str(caught.value)
    assert str(caught.value).startswith(f"filter, column {column + 1}: ")
    assert f"column {column + 1}: " in explain(text)


def mistake(text: str) -> int:
    """Return the column of a mistake, or 0."""
    try:
        compile_filter(text)
    except FilterError as error:
        return error.column
    return 0


@given(st.text(st.sampled_from("abs$.[]()\"'/\\<>=!&|~: 01iexnotrkd↑")))
def test_whatever_is_typed_is_either_understood_or_refused_at_a_column(text: str) -> None:
    told = explain(text)
    assert told
    assert "\n" not in told
    assert 0 <= mistake(text) <= len(text)
    for cursor in range(len(text) + 1):
        complete(text, cursor)


def test_what_is_understood_before_a_mistake_is_said() -> None:
    assert explain("received and (text or size>") == (
        "frames that were received and are text frames … column 28: size> needs a value; "
        "allowed: bytes as 125, 1k (1000), 1Ki (1024), 2.5M"
    )
    assert explain("sent or").startswith("frames that were sent … column 8: ")


def test_a_word_that_looks_like_another_is_pointed_at() -> None:
    assert explain("recieved") == (
        "frames that contain \"recieved\" ('recieved' is looked for as text; did you mean 'received'?)"
    )
    assert "looked for" not in explain('"recieved"')
    assert "looked for" not in explain("$.type == recieved")


def test_completions() -> None:
    def offered(text: str, cursor: int | None = None, paths: tuple[str, ...] = ()) -> list[str]:
        at = len(text) if cursor is None else cursor
        return [completion.text for completion in complete(text, at, paths=paths)]

    assert offered("rec") == ["received"]
    assert offered("sent (po") == ["pong"]
    assert offered("not co") == ["continuation", "control", "compressed", "code:"]
    assert offered("rec text", 3) == ["received"]
    assert offered("violation:inv") == ["violation:invalid-utf8"]
    assert offered("size>") == ["125", "1k", "64Ki", "1M"]
    assert offered("opcode == pi") == ["ping"]
    assert offered("$.t", paths=("$.type", "$.id")) == ["$.type"]
    assert offered("$.", paths=("$.type", "$.id")) == ["$.type", "$.id"]
    assert offered('"rec') == offered("/rec") == offered('"rec"') == []
    assert "received" in offered("")
    first = complete("sent rec", 8)[0]
    assert (first.start, first.stop, first.meaning) == (5, 8, KEYWORDS["received"].meaning)


def test_each_offer_can_be_understood() -> None:
    for completion in complete("", 0):
        text = completion.text
        name = text.rstrip(":<>=")
        if name in FIELDS and text != name:
            value = FIELDS[name].example.lstrip(":<>=")
            compile_filter(text + value)
        elif name not in ("and", "or", "not"):
            assert 'contain "' not in compile_filter(text).words
    for name, field in FIELDS.items():
        for value in field.values:
            compile_filter(f"{name}:{value}")


def test_help_names_every_word_and_each_example_works() -> None:
    for word in [*KEYWORDS, *FIELDS]:
        assert word in HELP
    for line in HELP.splitlines():
        if line.strip().startswith("received ("):
            compile_filter(line.strip())


def test_a_search_takes_what_is_typed_as_it_is() -> None:
    log = Ingest().received(frame(0x81, b"size>1 (A")).sent(frame(0x81, b"SIZE>1 (a", key=KEY)).log

    def found(text: str, *, regex: bool = False, ignore_case: bool = False) -> list[int]:
        scan = FilterScan(log, compile_search(text, regex=regex, ignore_case=ignore_case))
        scan.step(1)
        return list(scan.numbers)

    assert found("size>1 (") == [0]
    assert found("size>1 (", ignore_case=True) == [0, 1]
    assert found(r"\(a$", regex=True) == [1]
    assert found(r"\(a$", regex=True, ignore_case=True) == [0, 1]
    for text, regex in (("", False), ("", True), ("a(", True)):
        with pytest.raises(FilterError):
            compile_search(text, regex=regex)


def test_patterns_can_be_marked_where_they_are_shown() -> None:
    filters = compile_filter('sent "ab"i (/c+/ or not zz) hex:00')
    spans = [pattern.spans("xABabccz") for pattern in filters.patterns]
    assert spans == [[(1, 3), (3, 5)], [(5, 7)], []]
    assert compile_filter("").patterns == ()
