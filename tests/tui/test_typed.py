"""What is typed in the composer is read as the frame that was meant, or refused with the place of the mistake."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsinspect.errors import UsageError
from wsinspect.tui.typed import Kind, Outgoing, parse_hex, parse_typed


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hello", Outgoing(Kind.TEXT, b"hello")),
        ("/text", Outgoing(Kind.TEXT, b"")),
        ("/text /ping", Outgoing(Kind.TEXT, b"/ping")),
        ("//slashes stay", Outgoing(Kind.TEXT, b"/slashes stay")),
        ("two\nlines", Outgoing(Kind.TEXT, b"two\nlines")),
        ("/ping", Outgoing(Kind.PING, b"")),
        ("/ping hi", Outgoing(Kind.PING, b"hi")),
        ("/pong hi", Outgoing(Kind.PONG, b"hi")),
        ("/hex 00 ff", Outgoing(Kind.BINARY, b"\x00\xff")),
        ("/hex 0x00:FF", Outgoing(Kind.BINARY, b"\x00\xff")),
        ("/close", Outgoing(Kind.CLOSE, b"", 1000)),
        ("/close 4001 go away", Outgoing(Kind.CLOSE, b"", 4001, "go away")),
    ],
)
def test_commands(typed: str, meant: Outgoing) -> None:
    assert parse_typed(typed) == meant


@pytest.mark.parametrize(
    ("typed", "kind", "said"),
    [
        ("/pign", Kind.TEXT, "did you mean 'ping'?"),
        ("/", Kind.TEXT, "no command"),
        ("/hex 0g", Kind.TEXT, "'g' at column 2"),
        ("/hex 123", Kind.TEXT, "3 hex digits are not whole bytes"),
        ("/ping " + "x" * 126, Kind.TEXT, "126 bytes"),
        ("/close 1006", Kind.TEXT, "1006 (abnormal closure) must not stand"),
        ("/close soon", Kind.TEXT, "'soon' is no close code"),
        ("/close 70000", Kind.TEXT, "no close code"),
        ("/close 1000 " + "é" * 62, Kind.TEXT, "124 bytes"),
        ("zz", Kind.BINARY, "column 1"),
        ("lone \ud800", Kind.TEXT, "character 6"),
    ],
)
def test_mistakes_are_named_where_they_are(typed: str, kind: Kind, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_typed(typed, kind)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_chosen_kind_leaves_slashes_alone() -> None:
    assert parse_typed("/hex", Kind.PING) == Outgoing(Kind.PING, b"/hex")


@pytest.mark.parametrize(
    ("outgoing", "told"),
    [
        (Outgoing(Kind.TEXT, b"x"), "sends 1 byte as a text message"),
        (Outgoing(Kind.TEXT, b""), "sends an empty text message"),
        (Outgoing(Kind.BINARY, b"xy"), "sends 2 bytes as a binary message"),
        (Outgoing(Kind.PING, b""), "sends a ping"),
        (Outgoing(Kind.CLOSE, b"", 1000), "closes with 1000 (normal closure)"),
    ],
)
def test_what_enter_does_is_told(outgoing: Outgoing, told: str) -> None:
    assert outgoing.told == told


@given(st.binary(max_size=200), st.sampled_from(["", " ", ":", ", "]))
def test_hex_reads_back_what_was_written(data: bytes, between: str) -> None:
    assert parse_hex(between.join(f"{byte:02x}" for byte in data)) == data


@given(st.text(max_size=60), st.sampled_from(list(Kind)))
def test_any_text_is_read_or_refused(typed: str, kind: Kind) -> None:
    with suppress(UsageError):
        assert parse_typed(typed, kind).told
