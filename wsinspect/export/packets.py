"""TCP over IP as bytes: what Wireshark needs around a stream that was recorded above TLS (RFC 791, 8200, 9293)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias

from msgspec import Struct

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
_TCP, _HOP_LIMIT = 6, 64
_WINDOW = 65535
_WINDOW_SHIFT = 14
"""The largest of RFC 7323 section 2.3, so that no segment looks as if it overran the window."""
_ACKNOWLEDGE_EVERY = 1024 * 1024
"""Bytes in one direction after which the other side acknowledges by itself."""

IpAddress: TypeAlias = IPv4Address | IPv6Address


class Endpoint(Struct, frozen=True):
    """One end of a connection."""

    address: IpAddress
    port: int


class Conversation:
    """One TCP connection: IP packets with the right sequence numbers and checksums, in the order in which they are asked
    for."""

    def __init__(self, client: Endpoint, server: Endpoint, number: int = 1) -> None:
        """`number` sets its sequence numbers apart from those of another one between the same ports."""
        self._ends = (client, server)
        self._next = [number << 24, number << 24]
        """The next sequence number of each side."""
        self._unacknowledged = [0, 0]
        self.mss = 1460 if client.address.version == 4 else 1440

    def syn(self) -> bytes:
        """The client's SYN."""
        return self._packet(0, SYN, options=self._syn_options())

    def syn_ack(self) -> bytes:
        """The server's answer to it."""
        return self._packet(1, SYN | ACK, options=self._syn_options())

    def ack(self, sender: int) -> bytes:
        """An acknowledgement; `sender` is 0 for the client, 1 for the server."""
        return self._packet(sender, ACK)

    def fin(self, sender: int) -> bytes:
        """The end of a side's stream."""
        return self._packet(sender, FIN | ACK)

    def rst(self, sender: int) -> bytes:
        """A reset."""
        return self._packet(sender, RST | ACK)

    def data(self, sender: int, data: bytes) -> Iterator[bytes]:
        """Yield the segments that carry `data`, and an acknowledgement now and then."""
        for start in range(0, len(data), self.mss):
            part = data[start : start + self.mss]
            last = start + self.mss >= len(data)
            yield self._packet(sender, ACK | (PSH if last else 0), part)
            self._unacknowledged[sender] += len(part)
            self._unacknowledged[1 - sender] = 0
            if self._unacknowledged[sender] >= _ACKNOWLEDGE_EVERY:
                self._unacknowledged[sender] = 0
                yield self._packet(1 - sender, ACK)

    def skip(self, sender: int, size: int) -> None:
        """Leave out bytes that crossed and were not kept: what follows has its true place in the stream."""
        self._next[sender] += size

    def _syn_options(self) -> bytes:
        # Maximum segment size, window scale, and an end that fills the word.
        return struct.pack("!BBHBBBB", 2, 4, self.mss, 3, 3, _WINDOW_SHIFT, 0)

    def _packet(self, sender: int, flags: int, data: bytes = b"", options: bytes = b"") -> bytes:
        source, target = self._ends[sender], self._ends[1 - sender]
        acknowledged = self._next[1 - sender] & 0xFFFFFFFF if flags & ACK else 0
        words = 5 + len(options) // 4
        head = struct.pack(
            "!HHIIBBHHH",
            source.port,
            target.port,
            self._next[sender] & 0xFFFFFFFF,
            acknowledged,
            words << 4,
            flags,
            _WINDOW,
            0,
            0,
        )
        segment = head + options + data
        self._next[sender] += len(data) + bool(flags & (SYN | FIN))
        pseudo = source.address.packed + target.address.packed + struct.pack("!II", len(segment), _TCP)
        checksum = internet_checksum(pseudo + segment)
        segment = segment[:16] + checksum.to_bytes(2, "big") + segment[18:]
        return _ip_header(source.address, target.address, len(segment)) + segment


def _ip_header(source: IpAddress, target: IpAddress, size: int) -> bytes:
    if source.version == 6:
        return struct.pack("!IHBB", 6 << 28, size, _TCP, _HOP_LIMIT) + source.packed + target.packed
    dont_fragment = 0x4000
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + size, 0, dont_fragment, _HOP_LIMIT, _TCP, 0)
    head += source.packed + target.packed
    return head[:10] + internet_checksum(head).to_bytes(2, "big") + head[12:]


def internet_checksum(data: bytes) -> int:
    """Return the one's complement of the one's complement sum of 16-bit words (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    # 2**16 is 1 modulo 65535, so the whole as one number has the same remainder as the sum of its words.
    total = int.from_bytes(data, "big") % 65535
    return 65535 - total if total or not any(data) else 0
