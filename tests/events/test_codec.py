"""Events to JSON lines and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

import wsinspect.events
from wsinspect.errors import UsageError
from wsinspect.events import (
    Address,
    AddressFailed,
    AttemptReason,
    AttemptStarted,
    BytesExchanged,
    BytesReceived,
    BytesSent,
    Direction,
    Event,
    FailureKind,
    KeepaliveExpired,
    Layer,
    MachineSlept,
    NameResolved,
    ProgramStoodStill,
    StreamEnded,
    StreamReset,
    TlsAlert,
    TlsPeerCertificates,
)
from wsinspect.events.codec import decode_event, decode_header, encode_event, encode_header
from wsinspect.options import ConnectOptions, ConnectToRule, Limits, ReconnectPolicy, ResolveRule
from wsinspect.wire.decoder import FrameBatch

OPTIONS = ConnectOptions(
    url="ws://example.com/",
    headers=(("A", "ü"),),
    resolve=(ResolveRule(host="*", port=0, addresses=("::1",)),),
    connect_to=(ConnectToRule(host="", port=0, to_host="x", to_port=1),),
    ping_interval_s=1.5,
    reconnect=ReconnectPolicy(attempts=3),
    limits=Limits(events=7),
)


@pytest.mark.parametrize(
    "event",
    [
        AttemptStarted(
            seq=1, at_ns=0, attempt=1, wall_time_ns=5, options=OPTIONS, reason=AttemptReason.BY_USER
        ),
        NameResolved(
            seq=2,
            at_ns=3,
            attempt=1,
            host="h",
            port=1,
            source="literal",
            addresses=(Address("ipv6", "::1", 1),),
        ),
        AddressFailed(
            seq=3,
            at_ns=3,
            attempt=1,
            address=Address("unix", "/a"),
            kind=FailureKind.REFUSED,
            message="no",
            errno=111,
        ),
        TlsAlert(seq=4, at_ns=3, attempt=1, direction=Direction.RECEIVED, level=2, code=40),
        TlsPeerCertificates(seq=5, at_ns=3, attempt=1, chain=(b"\x30\x82", b"")),
        BytesSent(seq=6, at_ns=3, attempt=1, layer=Layer.HTTP, data=bytes(range(256))),
        BytesReceived(seq=7, at_ns=2**62, attempt=1, layer=Layer.WEBSOCKET, data=b""),
        KeepaliveExpired(seq=8, at_ns=3, attempt=1, payload=b"\0", timeout_s=0.5),
        ProgramStoodStill(seq=8, at_ns=9, attempt=1, still_ns=5, after_ns=3),
        MachineSlept(seq=8, at_ns=9, attempt=1, asleep_ns=5, after_ns=3),
        StreamEnded(seq=9, at_ns=3, attempt=1),
        StreamReset(seq=10, at_ns=3, attempt=1, errno=104, message="reset by peer"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_an_event_survives_its_line(event: Event) -> None:
    line = encode_event(event)
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    assert decode_event(line) == event


@pytest.mark.parametrize(
    "event",
    [
        BytesSent(seq=6, at_ns=3, attempt=1, layer=Layer.WEBSOCKET, data=b"a", frames=FrameBatch()),
        BytesReceived(seq=6, at_ns=3, attempt=1, layer=Layer.WEBSOCKET, data=b"a", frames=FrameBatch()),
        StreamEnded(seq=6, at_ns=3, attempt=1, frames=FrameBatch()),
        StreamReset(seq=6, at_ns=3, attempt=1, frames=FrameBatch()),
    ],
)
def test_frames_are_never_saved(event: BytesSent | BytesReceived | StreamEnded | StreamReset) -> None:
    line = encode_event(event)
    assert "frames" not in json.loads(line)
    decoded = decode_event(line)
    assert type(decoded) is type(event)
    assert isinstance(decoded, BytesSent | BytesReceived | StreamEnded | StreamReset)
    assert decoded.frames is None


def test_every_event_of_the_vocabulary_can_be_read() -> None:
    made_on_reading = (Event, BytesExchanged)
    kinds = [
        kind
        for kind in vars(wsinspect.events).values()
        if isinstance(kind, type) and issubclass(kind, Event) and kind not in made_on_reading
    ]
    assert len(kinds) > 20
    for kind in kinds:
        with pytest.raises(UsageError) as caught:
            decode_event(json.dumps({"event": kind.__struct_config__.tag}).encode())
        assert "missing required field" in str(caught.value), kind


def test_unknown_fields_are_passed_over() -> None:
    line = b'{"event":"stream-ended","seq":1,"at_ns":2,"attempt":1,"later":[1],"frames":{"x":1}}'
    assert decode_event(line) == StreamEnded(seq=1, at_ns=2, attempt=1)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"seq":1}',
        b'{"event":"never-heard-of"}',
        b'{"event":"stream-ended","seq":"1","at_ns":2,"attempt":1}',
        b'{"event":"bytes-sent","seq":1,"at_ns":2,"attempt":1,"layer":"http","data":"*"}',
        b'{"event":"bytes-sent","seq":1,"at_ns":2,"attempt":1,"layer":"\x1b[2J","data":""}',
        b"[" * 100_000,
    ],
)
def test_a_bad_line_is_one_clear_line(line: bytes) -> None:
    with pytest.raises(UsageError) as caught:
        decode_event(line)
    text = str(caught.value)
    assert text.startswith("not an event: ")
    assert text.isprintable()
    assert len(text) < 400


def test_the_header_says_what_the_file_is() -> None:
    line = encode_header(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    assert json.loads(line)["wsinspect"] == "recording"
    header = decode_header(line)
    assert (header.version, header.made) == (1, "2026-11-23T09:00:00+00:00")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"", "not a wsinspect recording"),
        (b"{}", "not a wsinspect recording"),
        (b"GIF89a", "not a wsinspect recording"),
        (b'{"wsinspect": "profile", "version": 1}', "not a wsinspect recording"),
        (
            b'{"wsinspect": "recording", "version": 2}',
            "recording version 2; allowed: version 1; a newer wsinspect",
        ),
        (b'{"wsinspect": "recording", "version": 0}', "recording version 0; allowed: version 1"),
    ],
)
def test_another_file_is_refused(line: bytes, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        decode_header(line)
    assert said in str(caught.value)
