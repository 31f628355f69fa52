"""Whatever an expression matches holds one of its needles."""

from __future__ import annotations

import re
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wsinspect.session.query.regex_needles import _OTHER_CASES, class_run, needles
from wsinspect.session.query.text_pattern import regular_expression


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("foo", ("foo",)),
        (r"foo\d+barbaz", ("barbaz",)),
        ("foo|bars", ("foo", "bars")),
        ("foo|", ()),
        (r"fo*", ("f",)),
        (r"foo+x", ("foo",)),
        (r"fo?", ("f",)),
        (r"ab{2}cd", ("ab",)),
        (r"abc{0,2}d", ("ab",)),
        (r"abc{,2}d", ("ab",)),
        (r'\{"type"', ('{"type"',)),
        (r'{"type"', ('{"type"',)),
        ("a{}b", ("a{}b",)),
        (r"(foo|bar)baz", ("baz",)),
        (r"(foo[)]\)bar)?z", ("z",)),
        (r"x(?#a(b)yy", ("yy",)),
        (r"[]x]yy[^]z]", ("yy",)),
        (r"\x41bc", ("bc",)),
        (r"\u0041bc|\N{BULLET}x", ("bc", "x")),
        (r"a\.b\$c", ("a.b$c",)),
        (r"(foo|bar)", ("foo", "bar")),
        (r"(?:foo|b(?P<x>arr|azz)?)+", ("foo", "b")),
        (r"(?:foo|bar)?", ()),
        (r"(?=foo)a", ("a",)),
        (r"(?!foo)", ()),
        (r"((a|bc)def|ghi)", ("def", "ghi")),
        (r"\d+", ()),
        (r"ab|(^)", ()),
        (r"(?i)foo", ()),
        (r"^ab$", ("ab",)),
        (r"(a)\1bc", ("bc",)),
        ("Привет", ("Привет",)),
    ],
)
def test_needles(pattern: str, expected: tuple[str, ...]) -> None:
    re.compile(pattern)
    assert needles(pattern, ignore_case=False) == expected


def test_needles_where_case_is_ignored() -> None:
    assert needles("FOO", ignore_case=True) == ("foo",)
    assert needles("Task", ignore_case=True) == ("task", "\u212a", "\u017f")
    assert needles("aПривет", ignore_case=True) == ("a",)


def test_no_other_character_matches_a_letter_of_ascii() -> None:
    every = "".join(map(chr, [*range(128, 0xD800), *range(0xE000, 0x110000)]))
    for letter in map(chr, range(ord("a"), ord("z") + 1)):
        found = set(re.findall(letter, every, re.IGNORECASE))
        assert found == set(_OTHER_CASES.get(letter, ""))


_atoms = st.sampled_from(
    [
        "a",
        "b",
        "k",
        "S",
        "é",
        r"\.",
        ".",
        r"\d",
        r"\x61",
        "[ab]",
        "[^]a]",
        r"\w",
        "(?:ab|b)",
        "(a)",
        "^",
        "$",
        r"\b",
        "{",
        "}",
    ]
)
_repeats = st.sampled_from(
    ["", "", "", "*", "+", "?", "{2}", "{3}", "{0,1}", "{,2}", "{1,}", "*?", "++", "{1}?"]
)
_patterns = st.lists(
    st.one_of(st.builds("{}{}".format, _atoms, _repeats), st.just("|")), min_size=1, max_size=6
).map("".join)


@settings(max_examples=500, deadline=None)
@given(_patterns, st.booleans(), st.text("abkKsSéſ.1{} \n", max_size=12))
def test_what_matches_holds_a_needle(pattern: str, ignore_case: bool, text: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled = re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    except re.error:
        return
    found = needles(pattern, ignore_case=ignore_case)
    if not found or not compiled.search(text):
        return
    data = text.encode()
    data = data.lower() if ignore_case else data
    assert any(needle.encode() in data for needle in found)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"\d{8}", (r"\d", 8)),
        (r"\d\d\d\d-", (r"\d", 4)),
        (r"[a-f]{4,}?[0-9]{2}", ("[a-f]", 4)),
        (r"\d\d\d*", None),
        (r"\d\d\d+", (r"\d", 3)),
        (r"\d{2}\w{2}", None),
        (r"\d{3}|a", None),
        (r"(\d{4})", None),
        (r"\w{0,9}", None),
        (r".{5}", None),
        (r"(?x)\d{8}", None),
    ],
)
def test_runs_of_a_class(pattern: str, expected: tuple[str, int] | None) -> None:
    assert class_run(pattern) == expected


@settings(max_examples=300, deadline=None)
@given(_patterns, st.sampled_from(["", "i", "s"]), st.text("abkKsS.1{} \n", max_size=12))
def test_what_matches_ascii_holds_its_run(pattern: str, flags: str, text: str) -> None:
    try:
        compiled = regular_expression(pattern, flags)
    except re.error:
        return
    if compiled.run is not None and compiled.is_in(text.encode()):
        table, ones = compiled.run
        assert ones in text.encode().translate(table)
