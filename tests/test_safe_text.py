"""What may reach a terminal: nothing that a terminal acts on."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsinspect.safe_text import shortened, signs_in_place, visible, visible_bytes


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, ünïcödé, 日本語", "plain text, ünïcödé, 日本語"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("\x1b[31mred", "␛[31mred"),
        ("a\x00b", "a␀b"),
        ("a\x7fb", "a␡b"),
        ("a\tb\r\n", "a␉b␍␊"),
        ("\x9b31m", "\\x9b31m"),
        ("abc\u202edef", "abc\\u{202e}def"),
        ("a\u200bb", "a\\u{200b}b"),
        ("\ufeffbom", "\\u{feff}bom"),
        ("\ud800", "\\u{d800}"),
        ("tag\U000e0041", "tag\\u{e0041}"),
        ("[bold]not markup[/bold]", "[bold]not markup[/bold]"),
    ],
)
def test_signs(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_pile_of_combining_marks_is_spelled_out_beyond_three() -> None:
    piled = "e" + "\u0301" * 6
    assert visible(piled) == "e" + "\u0301" * 3 + "\\u{0301}" * 3
    assert visible("n\u0303o\u0308") == "n\u0303o\u0308"


@pytest.mark.parametrize("mark", ["\u0301", "\u05b0", "\u0e31", "\u20dd", "\U0001d167"])
def test_so_is_one_of_any_script(mark: str) -> None:
    assert visible("e" + mark * 5) == "e" + mark * 3 + f"\\u{{{ord(mark):04x}}}" * 2


def test_no_character_that_there_is_acts() -> None:
    acting = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    everything = [chr(number) for number in range(sys.maxunicode + 1)]
    acts = [char for char in everything if unicodedata.category(char) in acting]
    assert len(acts) > 2000
    assert [char for char in acts if char in visible(char) or char in visible("é" + char)] == []
    assert [char for char in acts if char in signs_in_place(char)] == []


def test_line_breaks_stay_where_they_are_wanted() -> None:
    assert visible("a\r\nb\nc\rd", keep_newlines=True) == "a\nb\nc␍d"
    assert visible("a\nb") == "a␊b"


def test_bytes_that_are_not_utf8_are_shown_as_bytes() -> None:
    assert visible_bytes(b"ok \xff\xfe end") == "ok \\xff\\xfe end"
    assert visible_bytes(b"\xc2\x9b31m") == "\\x9b31m"


@given(st.text())
def test_signs_in_place_keep_every_position(text: str) -> None:
    shown = signs_in_place(text)
    assert len(shown) == len(text)
    assert visible(shown) == shown
    if visible(text) == text:
        assert shown == text


def test_signs_in_place() -> None:
    assert signs_in_place("a\x1b\t\x7f\x9b\u202e\U000e0041\ud800z") == "a␛␉␡\ufffd\ufffd\ufffd\ufffdz"
    assert signs_in_place("e" + "\u0301" * 5) == "e" + "\u0301" * 3 + "\ufffd\ufffd"


@given(st.text())
def test_no_text_keeps_anything_that_acts(text: str) -> None:
    for char in visible(text):
        assert unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp"), hex(ord(char))
        assert char not in "\u3164\u115f\u1160\uffa0\u034f"


@given(st.binary())
def test_no_bytes_keep_anything_that_acts(data: bytes) -> None:
    assert all(unicodedata.category(char) not in ("Cc", "Cf", "Cs") for char in visible_bytes(data))


@given(st.text(), st.integers(1, 50))
def test_shortened_fits_and_says_that_it_left_something_out(text: str, limit: int) -> None:
    short = shortened(text, limit)
    assert len(short) <= limit
    assert short == text or (len(text) > limit and short.endswith("…"))
