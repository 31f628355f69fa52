"""The packets of one attempt: its addresses, the proxy's exchange, the handshake, the frames, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address

from msgspec import Struct

from wsinspect.events import (
    BytesReceived,
    BytesSent,
    Direction,
    FailureKind,
    Layer,
    StreamClosedLocally,
    StreamEnded,
    StreamReset,
)
from wsinspect.export.frame_stream import FrameStream
from wsinspect.export.handshake_chunks import HandshakeChunks
from wsinspect.export.packets import Conversation, Endpoint, IpAddress
from wsinspect.export.redact import Redactor
from wsinspect.session.attempt import Attempt
from wsinspect.session.ladder import AddressRecord, AddressStatus
from wsinspect.session.record import SessionRecord

_CLIENT, _SERVER = 0, 1
_HTTP_PORTS = {80, 3128, 3132, 5985, 8080, 8088, 11371, 2869, 2710}
"""Ports on which Wireshark looks for HTTP unasked."""
_HTTP_PORT = 80
_FIRST_CLIENT_PORT = 49152
_NOWHERE = (IPv4Address("192.0.2.1"), IPv6Address("2001:db8::1"))
"""Addresses for documentation (RFC 5737, RFC 3849): where the record has none."""


class Packet(Struct, frozen=True):
    """An IP packet."""

    at_ns: int
    data: bytes
    comment: str = ""
    log: tuple[str, ...] = ()
    """Lines of the server's log that were written since the packet before, and after the last one of all."""


def packets_of(record: SessionRecord, attempt: Attempt, redact: Redactor) -> Iterator[Packet | None]:
    """Yield the attempt's packets in the order of their times, in short steps, some of which give none."""
    before: list[Packet] = []
    for index, address in enumerate(attempt.ladder.addresses):
        if address.status is not AddressStatus.CONNECTED:
            before += _fruitless(attempt, address, index)
    stream = _Stream(attempt, redact)
    before += stream.beginning()
    yield from sorted(before, key=lambda packet: packet.at_ns)
    if stream.exists:
        yield from stream.frames(record)
        yield from stream.ending()


def _fruitless(attempt: Attempt, record: AddressRecord, index: int) -> Iterator[Packet]:
    """Yield a SYN, and what became of it."""
    if record.address.family == "unix":
        return
    server = _endpoint(record.address.host, record.address.port)
    client = Endpoint(_same_family(server.address), _FIRST_CLIENT_PORT + index)
    conversation = Conversation(client, server, attempt.number)
    outcome = f"{record.kind}" if record.kind is not None else "no answer yet"
    comment = f"attempt {attempt.number}, {record.address}: {outcome}"
    yield Packet(record.started_ns, conversation.syn(), comment)
    if record.kind in (FailureKind.REFUSED, FailureKind.RESET) and record.ended_ns is not None:
        yield Packet(record.ended_ns, conversation.rst(_SERVER))


class _Stream:
    """The connection that stood."""

    def __init__(self, attempt: Attempt, redact: Redactor) -> None:
        self._attempt = attempt
        self._redact = redact
        self._chunks = HandshakeChunks(attempt, redact)
        connected = [a for a in attempt.ladder.addresses if a.status is AddressStatus.CONNECTED]
        self._record = connected[-1] if connected else None
        self.exists = self._record is not None or bool(attempt.handshake.request)
        client, server, self._said = self._ends()
        self._client, self._server = client, server
        self._conversation = Conversation(client, server, attempt.number)

    def _ends(self) -> tuple[Endpoint, Endpoint, list[str]]:
        attempt, said = self._attempt, [f"attempt {self._attempt.number}"]
        record = self._record
        target_port = attempt.target.port if attempt.target is not None else _HTTP_PORT
        if record is None or record.address.family == "unix":
            said.append("addresses are made up: the record has none")
            server = Endpoint(_NOWHERE[0], target_port)
            client = Endpoint(_NOWHERE[0] + 1, _FIRST_CLIENT_PORT)
        else:
            server = _endpoint(record.address.host, record.address.port)
            client = _local(record, server)
        if attempt.proxy is not None:
            said.append(f"inside the tunnel of the proxy {attempt.proxy.host}:{attempt.proxy.port}")
        if attempt.secure:
            said.append("TLS taken off")
        port = server.port
        if attempt.secure or attempt.proxy is not None or port not in _HTTP_PORTS:
            if port != _HTTP_PORT:
                said.append(f"port {port} shown as {_HTTP_PORT}, where Wireshark looks for HTTP")
            port = _HTTP_PORT
        return client, Endpoint(server.address, port), said

    def beginning(self) -> Iterator[Packet]:
        """Yield the three-way handshake, the proxy's exchange, and the opening handshake."""
        if not self.exists:
            return
        attempt = self._attempt
        start = self._record.started_ns if self._record is not None else attempt.started.at_ns
        done = self._record.ended_ns if self._record is not None else None
        done = start if done is None else done
        if self._has_proxy_exchange():
            yield from self._proxy_exchange(start, done)
            start = done = self._last_proxy_ns(done)
        conversation = self._conversation
        yield Packet(start, conversation.syn(), "; ".join(self._said))
        yield Packet(done, conversation.syn_ack())
        yield Packet(done, conversation.ack(_CLIENT))
        yield from self._exchange(conversation, Layer.HTTP)

    def _has_proxy_exchange(self) -> bool:
        return self._attempt.proxy is not None and bool(self._attempt.proxy_exchange.request)

    def _last_proxy_ns(self, default: int) -> int:
        last = self._attempt.proxy_exchange.last_byte_ns
        return default if last is None else last

    def _proxy_exchange(self, start: int, done: int) -> Iterator[Packet]:
        """Yield what was said to the proxy, as a connection of its own: inside it, the rest would not be dissected."""
        proxy = self._attempt.proxy
        assert proxy is not None
        client = Endpoint(self._client.address, self._client.port - 1)
        conversation = Conversation(client, Endpoint(self._server.address, proxy.port), self._attempt.number)
        comment = f"attempt {self._attempt.number}: the proxy's exchange, shown as a connection of its own"
        yield Packet(start, conversation.syn(), comment)
        yield Packet(done, conversation.syn_ack())
        yield Packet(done, conversation.ack(_CLIENT))
        yield from self._exchange(conversation, Layer.PROXY)

    def _exchange(self, conversation: Conversation, layer: Layer) -> Iterator[Packet]:
        for event in self._attempt.events:
            if isinstance(event, BytesSent | BytesReceived) and event.layer is layer:
                sender = _CLIENT if isinstance(event, BytesSent) else _SERVER
                for data in conversation.data(sender, self._chunks.of(event)):
                    yield Packet(event.at_ns, data)

    def frames(self, record: SessionRecord) -> Iterator[Packet | None]:
        """Yield the frames, those of one moment and direction together."""
        if not self._attempt.frame_count:
            return
        stream = FrameStream(record.frames, self._attempt, self._redact)
        yield from stream.prepare()
        comment = stream.comment
        for piece in stream:
            sender = _CLIENT if piece.direction is Direction.SENT else _SERVER
            for data in self._conversation.data(sender, piece.data):
                yield Packet(piece.at_ns, data, comment)
                comment = ""
            if piece.missing:
                self._conversation.skip(sender, piece.missing)

    def ending(self) -> Iterator[Packet]:
        """Yield FIN or RST as each side sent it."""
        ended = False
        for event in self._attempt.events:
            match event:
                case StreamEnded():
                    yield Packet(event.at_ns, self._conversation.fin(_SERVER))
                    yield Packet(event.at_ns, self._conversation.ack(_CLIENT))
                case StreamReset():
                    ended = True
                    yield Packet(event.at_ns, self._conversation.rst(_SERVER), event.message)
                case StreamClosedLocally() if not ended:
                    end = self._conversation.rst if event.aborted else self._conversation.fin
                    yield Packet(event.at_ns, end(_CLIENT))
                    if not event.aborted:
                        yield Packet(event.at_ns, self._conversation.ack(_SERVER))
                case _:
                    pass


def _endpoint(host: str, port: int) -> Endpoint:
    try:
        return Endpoint(ip_address(host.partition("%")[0]), port)
    except ValueError:
        return Endpoint(_NOWHERE[0], port)


def _same_family(address: IpAddress) -> IpAddress:
    return _NOWHERE[address.version == 6] + 1


def _local(record: AddressRecord, server: Endpoint) -> Endpoint:
    host, _, port = record.local.rpartition(":")
    try:
        address = ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        address = _same_family(server.address)
    if address.version != server.address.version:
        address = _same_family(server.address)
    return Endpoint(address, int(port) if port.isdecimal() else _FIRST_CLIENT_PORT)
