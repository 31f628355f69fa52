"""What is typed in the composer is read as the frame that was meant, or refused with the place of the mistake."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsinspect.errors import UsageError
from wsinspect.tui.outgoing import Bits, Kind, Outgoing
from wsinspect.tui.payloads import parse_base64, parse_hex
from wsinspect.tui.typed import Repeat, Way, as_text, parse_typed, split


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
        ("/json {}", Outgoing(Kind.TEXT, b"{}")),
        ("/base64 AP8=", Outgoing(Kind.BINARY, b"\x00\xff")),
        ("/base64 -_8", Outgoing(Kind.BINARY, b"\xfb\xff")),
        ("/fragments 3 hello", Outgoing(Kind.TEXT, b"hello", fragments=3)),
        ("/fragments 3 /hex 00ff", Outgoing(Kind.BINARY, b"\x00\xff", fragments=3)),
        ("/fragments 2 //x", Outgoing(Kind.TEXT, b"/x", fragments=2)),
        ("/raw hi", Outgoing(Kind.RAW, b"hi", bits=Bits())),
        (
            "/raw fin=0 rsv1 rsv3 op=3 unmasked hi",
            Outgoing(Kind.RAW, b"hi", bits=Bits(fin=False, rsv=5, opcode=3, mask=False)),
        ),
        ("/raw code=1005", Outgoing(Kind.RAW, b"\x03\xed", bits=Bits(opcode=8))),
        ("/raw ping size=3", Outgoing(Kind.RAW, b"xxx", bits=Bits(opcode=9))),
        ("/raw -- ping", Outgoing(Kind.RAW, b"ping", bits=Bits())),
        ("/raw binary hex 00", Outgoing(Kind.RAW, b"\x00", bits=Bits(opcode=2))),
        ("/close", Outgoing(Kind.CLOSE, b"", 1000)),
        ("/close 4001 go away", Outgoing(Kind.CLOSE, b"", 4001, "go away")),
    ],
)
def test_commands(typed: str, meant: Outgoing) -> None:
    assert parse_typed(typed) == meant


@pytest.mark.parametrize(
    ("typed", "way", "said"),
    [
        ('/json {"a": 1,}', Way.TEXT, "not JSON at line 1, column 9"),
        ("[1,\n tru]", Way.JSON, "not JSON at line 2, column 2"),
        ("[NaN]", Way.JSON, "NaN is no JSON value"),
        ("[" * 100_000, Way.JSON, "nested too deeply"),
        ("/base64 aGk*", Way.TEXT, "'*' at column 4 is not base64"),
        ("/base64 aGkxa", Way.TEXT, "not whole bytes"),
        ("/base64 a=Gk", Way.TEXT, "'=' at column 2"),
        ("/file /nowhere/at/all", Way.TEXT, "No such file"),
        ("/file /", Way.TEXT, "no regular file"),
        ("/fragments 0 x", Way.TEXT, "in how many frames?"),
        ("/fragments 2 /ping x", Way.TEXT, "a ping frame can't be fragmented"),
        ("/repeat soon x", Way.TEXT, "how often?"),
        ("/repeat 0 1s x", Way.TEXT, "how often?"),
        ("/repeat 1ms x", Way.TEXT, "how often?"),
        ("/raw op=16 x", Way.TEXT, "op=0 to op=15"),
        ("/raw opp=3 x", Way.TEXT, "'opp=3' is no part of a frame"),
        ("/raw hex 0", Way.TEXT, "not whole bytes"),
        ("/pign", Way.TEXT, "did you mean 'ping'?"),
        ("/", Way.TEXT, "no command"),
        ("/hex 0g", Way.TEXT, "'g' at column 2"),
        ("/hex 123", Way.TEXT, "3 hex digits are not whole bytes"),
        ("/ping " + "x" * 126, Way.TEXT, "126 bytes"),
        ("/close 1006", Way.TEXT, "1006 (abnormal closure) must not stand"),
        ("/close soon", Way.TEXT, "'soon' is no close code"),
        ("/close 70000", Way.TEXT, "no close code"),
        ("/close 1000 " + "é" * 62, Way.TEXT, "124 bytes"),
        ("zz", Way.HEX, "column 1"),
        ("lone \ud800", Way.TEXT, "character 6"),
    ],
)
def test_mistakes_are_named_where_they_are(typed: str, way: Way, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_typed(typed, way)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_chosen_way_leaves_slashes_alone() -> None:
    assert parse_typed("/hex", Way.PING) == Outgoing(Kind.PING, b"/hex")


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


@given(st.binary(max_size=200))
def test_base64_reads_back_what_was_written(data: bytes) -> None:
    assert parse_base64(b64encode(data).decode()) == data
    assert parse_base64(urlsafe_b64encode(data).decode().rstrip("=")) == data


@given(
    st.text(max_size=60) | st.text("/=0x fin rsv1 op hex 5 2s { }", max_size=40), st.sampled_from(list(Way))
)
def test_any_text_is_read_or_refused(typed: str, way: Way) -> None:
    with suppress(UsageError):
        assert parse_typed(typed, way).told


@given(st.text("/hexjsontag 0f", max_size=30), st.sampled_from(list(Way)))
def test_what_history_keeps_means_what_was_typed(typed: str, way: Way) -> None:
    with suppress(UsageError):
        meant = parse_typed(typed, way)
        assert parse_typed(as_text(typed, way)) == meant


@pytest.mark.parametrize(
    ("typed", "repeat"),
    [
        ("/repeat 5 2s hi", Repeat(every_s=2, times=5)),
        ("/repeat 5x 500ms hi", Repeat(every_s=0.5, times=5)),
        ("/repeat 1.5min hi", Repeat(every_s=90)),
        ("/repeat 2s /fragments 2 hi", Repeat(every_s=2)),
    ],
)
def test_repetitions(typed: str, repeat: Repeat) -> None:
    written = split(typed)
    assert written.repeat == repeat
    assert written.body == "hi"
    assert repeat.told in written.told()


def test_a_file_is_read_when_it_is_sent_and_measured_before(tmp_path: Path) -> None:
    file = tmp_path / "body.bin"
    file.write_bytes(b"\xff\x00")
    assert parse_typed(f"/file {file}") == Outgoing(Kind.BINARY, b"\xff\x00")
    assert split(f"/file {file}").told() == "sends the file's 2 bytes as a binary message"
    with pytest.raises(UsageError, match="byte 0 is not UTF-8"):
        parse_typed(f"/file -t {file}")
    file.write_bytes(b"hi")
    assert parse_typed(f"/file -t {file}") == Outgoing(Kind.TEXT, b"hi")
