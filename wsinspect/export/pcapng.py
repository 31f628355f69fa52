"""Packets for Wireshark: the stream above TLS in TCP that is made up around it, so that HTTP and WebSocket are dissected.

Data, times, addresses and the way in which each connection began and ended are those of the record. Ports, sequence numbers and
the cut into segments are not: what was made up is said in comments on the packets. Secrets are covered in as many bytes
as they take; where one stands in compressed messages, that attempt's frames are written uncompressed, and a comment says so.
A line of the server's log is a comment on the packet that follows it.

Source: draft-ietf-opsawg-pcapng; link type 101 (raw IP).
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator

from msgspec import structs

from wsinspect import __version__
from wsinspect.export.attempt_packets import Packet, packets_of
from wsinspect.export.line_secrets import masked_line
from wsinspect.export.moments import wall_ns
from wsinspect.export.redact import Redactor
from wsinspect.safe_text import visible
from wsinspect.session.log_window import lines_of
from wsinspect.session.record import SessionRecord

_SECTION_HEADER, _INTERFACE, _ENHANCED_PACKET = 0x0A0D0D0A, 1, 6
_COMMENT, _APPLICATION, _INTERFACE_NAME, _TIME_RESOLUTION = 1, 4, 2, 9
_NANOSECONDS = b"\x09"
_RAW_IP = 101
_MOST_LINES = 100
"""Of the server's log at one packet."""
_MADE_UP = (
    "TCP and IP are made up around the recorded stream: data, times, addresses and ends are real, "
    "sequence numbers and segments are not"
)


def pcapng(record: SessionRecord, redact: Redactor) -> Iterator[bytes]:
    """Yield the file block by block: every attempt of the session, one after the other."""
    yield _section_header()
    yield _interface()
    for attempt in record.attempts:
        lines = [(line.at_ns, masked_line(line.event.text, redact)) for line in lines_of(record, attempt)]
        for packet in _with_log(packets_of(record, attempt, redact), lines):
            yield b"" if packet is None else _enhanced_packet(wall_ns(attempt, packet.at_ns), packet)


def _with_log(packets: Iterator[Packet | None], lines: list[tuple[int, str]]) -> Iterator[Packet | None]:
    """Give each line of the server's log, with its time, to the next packet, or to the last one if none follows."""
    waiting = deque(lines)
    held: Packet | None = None
    for packet in packets:
        if packet is None or not lines:
            yield packet
            continue
        if held is not None:
            yield held
        before = []
        while waiting and waiting[0][0] <= packet.at_ns:
            before.append(waiting.popleft()[1])
        held = structs.replace(packet, log=tuple(before))
    if held is not None:
        yield structs.replace(held, log=(*held.log, *(text for _, text in waiting)))


def _section_header() -> bytes:
    options = _option(_COMMENT, _MADE_UP.encode()) + _option(
        _APPLICATION, f"wsinspect {__version__}".encode()
    )
    return _block(_SECTION_HEADER, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + options + _option(0, b""))


def _interface() -> bytes:
    options = _option(_INTERFACE_NAME, b"wsinspect") + _option(_TIME_RESOLUTION, _NANOSECONDS)
    return _block(_INTERFACE, struct.pack("<HHI", _RAW_IP, 0, 0) + options + _option(0, b""))


def _enhanced_packet(at_wall_ns: int, packet: Packet) -> bytes:
    at = max(0, at_wall_ns)
    size = len(packet.data)
    head = struct.pack("<IIIII", 0, at >> 32 & 0xFFFFFFFF, at & 0xFFFFFFFF, size, size)
    comments = [packet.comment] if packet.comment else []
    comments += [f"server log: {line}" for line in packet.log[:_MOST_LINES]]
    if len(packet.log) > _MOST_LINES:
        comments.append(f"server log: {len(packet.log) - _MOST_LINES} more lines")
    options = b"".join(_option(_COMMENT, visible(comment).encode()) for comment in comments)
    if options:
        options += _option(0, b"")
    return _block(_ENHANCED_PACKET, head + _padded(packet.data) + options)


def _block(kind: int, body: bytes) -> bytes:
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


def _option(code: int, value: bytes) -> bytes:
    value = value[:65535]
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
