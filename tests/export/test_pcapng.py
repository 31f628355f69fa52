"""pcapng: tshark dissects the same frames that we have."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.diagnosis.story import (
    MASK,
    Story,
    again,
    answered,
    begun,
    close,
    connected,
    done,
    failed,
    fin,
    happened,
    idle,
    opened,
    ping,
    reached,
    received,
    reset,
    resolved,
    sent,
    sent_request,
    sent_text,
    started,
    switched,
    text,
    through_proxy,
)
from tests.export import tshark
from tests.export.conftest import TOKEN, logged, talk
from wsinspect.events import (
    Address,
    AddressAttempted,
    AddressFailed,
    BytesReceived,
    BytesSent,
    Direction,
    FailureKind,
    Layer,
    Step,
)
from wsinspect.export.packets import internet_checksum
from wsinspect.export.pcapng import pcapng
from wsinspect.export.redact import Redactor
from wsinspect.lab import frames
from wsinspect.session.record import SessionRecord

DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover"

pytestmark = pytest.mark.peer


def deflated(message: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return (compressor.compress(message) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def compressed(message: str) -> bytes:
    return frames.frame(frames.TEXT, deflated(message.encode()), rsv1=True)


def ipv6() -> Story:
    local = "[2001:db8::7]:51000"
    return (
        started("ws://echo.example:8765/")
        + reached("2001:db8::1", local=local)
        + switched()
        + text("six")
        + reset()
    )


def secure_and_compressed() -> Story:
    story = opened("wss://echo.example/", answer=(DEFLATE,)) + received(
        compressed("one " * 99) + compressed("two")
    )
    return story + sent_text("plain") + received(compressed("three " * 5000)) + close(1000) + fin()


def cut_off() -> Story:
    return opened() + text("whole") + received(frames.frame(frames.BINARY, bytes(5000))[:3000]) + fin()


def large() -> Story:
    """Frames whose length takes 16 and 64 bits, in both directions, whole and as fragments."""
    mask = b"\x01\x02\x03\x04"
    return (
        started("ws://echo.example:8765/")
        + reached("2001:db8::1", local="[2001:db8::7]:51000")
        + switched()
        + received(frames.frame(frames.BINARY, bytes(70_000)))
        + sent(frames.frame(frames.BINARY, b"s" * 200_000, mask=mask))
        + received(frames.frame(frames.TEXT, b"a" * 300, fin=False))
        + sent(frames.frame(frames.PING, b"between", mask=mask))
        + received(frames.frame(frames.CONTINUATION, b"b" * 66_000))
        + text("after it")
    )


def compressed_fragments() -> Story:
    """A compressed message in three frames, the last of which carry no sign of it."""
    data = deflated(b"fragments of one compressed message " * 90)
    first, second, third = data[:20], data[20:21], data[21:]
    return (
        opened("wss://echo.example/", answer=(DEFLATE,))
        + received(frames.frame(frames.TEXT, first, fin=False, rsv1=True))
        + received(frames.frame(frames.CONTINUATION, second, fin=False))
        + ping(b"between")
        + received(frames.frame(frames.CONTINUATION, third))
        + received(compressed("whole"))
    )


STORIES: dict[str, Callable[[], SessionRecord]] = {
    "more than 64 KiB": lambda: large().record(),
    "compressed fragments": lambda: compressed_fragments().record(),
    "thousands at one moment": lambda: (opened() + received(frames.text("x") * 20_000)).record(),
    "every kind of frame": talk,
    "IPv6, another port, reset": lambda: ipv6().record(),
    "TLS and compression": lambda: secure_and_compressed().record(),
    "two attempts": lambda: (
        opened() + text("a") + fin() + again() + reached() + switched() + text("b")
    ).record(),
}


def write(record: SessionRecord, folder: Path, redact: Redactor | None = None) -> Path:
    path = folder / "session.pcapng"
    path.write_bytes(b"".join(pcapng(record, redact or Redactor(show=True))))
    return path


def expected_streams(record: SessionRecord) -> list[tuple[bytes, bytes]]:
    """What each side sent above TLS in each attempt: the handshake, then the raw frames."""
    found = []
    for attempt in record.attempts:
        sides = [bytes(attempt.handshake.request), bytes(attempt.handshake.response)]
        for number in range(attempt.first_frame, attempt.end_frame):
            sides[record.frames.direction(number)] += record.frames.raw(number)
        found.append((sides[0], sides[1]))
    return found


@pytest.mark.parametrize("story", STORIES)
def test_tshark_sees_the_same_frames_and_the_same_bytes(story: str, tmp_path: Path) -> None:
    record = STORIES[story]()
    path = write(record, tmp_path)
    log = record.frames
    ours = [
        tshark.SeenFrame(
            index,
            log.direction(number) is Direction.SENT,
            log.fin(number),
            log.opcode(number),
            # Wireshark shows it where the sign stands, which is the first frame of a message.
            log.compressed(number) and bool(log.header(number) & 0x4000),
            (log.frame(number).masking_key or b"").hex(),
            log.length(number),
        )
        for index, attempt in enumerate(record.attempts)
        for number in range(attempt.first_frame, attempt.end_frame)
    ]
    assert tshark.websocket_frames(path) == ours
    for index, sides in enumerate(expected_streams(record)):
        assert tshark.tcp_stream(path, index) == sides


@pytest.mark.parametrize("story", STORIES)
def test_nothing_in_it_looks_odd_to_an_expert(story: str, tmp_path: Path) -> None:
    report = tshark.run(write(STORIES[story](), tmp_path), "-q", "-z", "expert")
    sections = re.split(r"^(\w+) \(\d+\)$", report, flags=re.MULTILINE)
    by_severity = dict(zip(sections[1::2], sections[2::2], strict=True))
    assert "Errors" not in by_severity
    # A reset is a warning, and the record has one.
    warnings = [line for line in by_severity.get("Warns", "").splitlines() if " TCP " in line]
    assert [line for line in warnings if "RST" not in line] == []


def test_handshake_times_addresses_and_the_end_are_the_records(tmp_path: Path) -> None:
    path = write(ipv6().record(), tmp_path)
    fields = "ipv6.src,tcp.flags.str,tcp.checksum.status,frame.time_epoch,http.response.code,frame.comment"
    shown = [word for name in fields.split(",") for word in ("-e", name)]
    rows = [line.split("\t") for line in tshark.run(path, "-T", "fields", *shown).splitlines()]
    assert rows[0][0] == "2001:db8::7"
    assert "port 8765 shown as 80" in rows[0][5]
    flags = [row[1].replace("\u00b7", "") for row in rows]
    assert flags[:3] == ["S", "AS", "A"]
    assert "R" in flags[-1]
    assert {row[2] for row in rows} == {"1"}
    assert [row[4] for row in rows if row[4]] == ["101"]
    assert [float(row[3]) for row in rows] == sorted(float(row[3]) for row in rows)


def test_a_frame_that_the_end_cut_off_keeps_its_bytes(tmp_path: Path) -> None:
    record = cut_off().record()
    path = write(record, tmp_path)
    assert tshark.tcp_stream(path, 0) == expected_streams(record)[0]


def test_an_address_that_refused_is_a_syn_and_a_reset(tmp_path: Path) -> None:
    dead = Address("ipv4", "192.0.2.9", 80)
    refused = {"kind": FailureKind.REFUSED, "message": "refused"}
    story = started() + resolved("192.0.2.9") + begun(Step.TCP)
    story = (
        story + happened(AddressAttempted, address=dead) + happened(AddressFailed, address=dead, **refused)
    )
    story = story + failed(Step.TCP, FailureKind.REFUSED, "refused")
    rows = tshark.run(write(story.record(), tmp_path), "-T", "fields", "-e", "ip.dst", "-e", "tcp.flags.str")
    found = [line.replace("\u00b7", "").split("\t") for line in rows.splitlines()]
    assert [found[0][0], *(flags for _, flags in found)] == ["192.0.2.9", "S", "AR"]


def test_a_proxys_exchange_is_a_connection_of_its_own(tmp_path: Path) -> None:
    connect = b"CONNECT echo.example:443 HTTP/1.1\r\nProxy-Authorization: Basic dXNlcjpodW50ZXIyMg==\r\n\r\n"
    story = started("wss://echo.example/") + through_proxy() + resolved("192.0.2.5") + connected("192.0.2.5")
    story = story + begun(Step.PROXY) + happened(BytesSent, layer=Layer.PROXY, data=connect)
    story = (
        story + happened(BytesReceived, layer=Layer.PROXY, data=b"HTTP/1.1 200 OK\r\n\r\n") + done(Step.PROXY)
    )
    story = story + sent_request() + switched() + text("through") + fin()
    record = story.record()
    path = write(record, tmp_path, Redactor.for_session(record))
    sent_to_proxy, answer = tshark.tcp_stream(path, 0)
    assert sent_to_proxy.startswith(b"CONNECT echo.example:443")
    assert b"dXNlcjpodW50ZXIyMg==" not in sent_to_proxy
    assert len(sent_to_proxy) == len(connect)
    assert answer == b"HTTP/1.1 200 OK\r\n\r\n"
    assert tshark.tcp_stream(path, 1) == expected_streams(record)[0]
    assert [(frame.stream, frame.opcode) for frame in tshark.websocket_frames(path)] == [(1, 1)]


def test_secrets_are_covered_in_as_many_bytes(tmp_path: Path) -> None:
    record = talk()
    path = write(record, tmp_path, Redactor.for_session(record))
    data = path.read_bytes()
    assert TOKEN.encode() not in data
    assert [frame.length for frame in tshark.websocket_frames(path)] == [
        record.frames.length(number) for number in range(len(record.frames))
    ]
    # The token in our fragmented message, unmasked again.
    client = tshark.tcp_stream(path, 0)[0]
    assert TOKEN[:9].encode() not in client
    assert frames.frame(frames.TEXT, f"token {TOKEN[:9]}".encode(), fin=False, mask=MASK) not in client


def test_a_secret_in_a_compressed_message_is_covered_uncompressed(tmp_path: Path) -> None:
    story = opened(f"ws://echo.example/?token={TOKEN}", answer=(DEFLATE,))
    story = story + received(compressed("first")) + received(compressed(f"you said {TOKEN}"))
    record = (story + sent(frames.frame(frames.TEXT, b"x", mask=MASK)) + fin()).record()
    path = write(record, tmp_path, Redactor.for_session(record))
    seen = tshark.websocket_frames(path)
    assert [(frame.compressed, frame.length) for frame in seen] == [
        (False, 5),
        (False, len("you said ") + len(TOKEN)),
        (False, 1),
    ]
    assert TOKEN.encode() not in path.read_bytes()
    assert "written uncompressed" in tshark.run(path, "-T", "fields", "-e", "frame.comment")


def test_lines_of_the_servers_log_are_comments_on_the_next_packet(tmp_path: Path) -> None:
    record = (
        opened(f"ws://echo.example/?token={TOKEN}") + text("a") + idle(s=1) + text("b") + fin()
    ).record()
    between = record.frames.at_ns(0) / 1e6 + 1
    for number in range(150):
        record.append(logged(f"line {number} {TOKEN}", between))
    record.append(logged("the last", record.last_ns / 1e6 + 1))
    path = write(record, tmp_path, Redactor.for_session(record))
    rows = tshark.run(
        path, "-T", "fields", "-e", "websocket.payload.text", "-e", "frame.comment"
    ).splitlines()
    told = [row for row in rows if "server log: " in row]
    assert len(told) == 2
    assert told[0].startswith("b\t")
    assert "server log: line 99 ***" in told[0]
    assert "server log: 50 more lines" in told[0]
    assert "server log: the last" in rows[-1]
    assert TOKEN not in "".join(rows)


def test_a_refusal_is_http(tmp_path: Path) -> None:
    story = started() + reached() + answered("HTTP/1.1 403 Forbidden\nContent-Length: {length}", "no entry")
    assert "403" in tshark.run(write(story.record(), tmp_path), "-T", "fields", "-e", "http.response.code")


@pytest.mark.parametrize(
    ("data", "checksum"),
    [
        (bytes.fromhex("0001f203f4f5f6f7"), 0x220D),
        (b"", 0xFFFF),
        (b"\xff\xff", 0),
        (b"\x00\x00\x00", 0xFFFF),
        (b"\x01", 0xFEFF),
    ],
)
def test_the_checksum_is_the_internets(data: bytes, checksum: int) -> None:
    """The first is RFC 1071's own example."""
    assert internet_checksum(data) == checksum
