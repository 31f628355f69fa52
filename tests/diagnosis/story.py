"""Stories of connections, told as the protocol runs, through real events and the real frame decoder.

    asked() + answered("HTTP/1.1 426 Upgrade Required", "Upgrade Required") + fin()
    opened() + text("hi") + idle(s=60.2) + fin()
    started(url="wss://a.example/") + resolved("192.0.2.1") + failed(Step.TCP, FailureKind.REFUSED)

A story is a value: adding a move gives a longer one. `record()` plays it into a fresh `SessionRecord`; frames without
`sent` in their name come from the peer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import msgspec

from wsinspect.connection.decoding import broken_frame
from wsinspect.diagnosis.engine import diagnose
from wsinspect.diagnosis.finding import Diagnosis
from wsinspect.events import (
    Address,
    AddressAttempted,
    AddressConnected,
    AttemptEnded,
    AttemptReason,
    AttemptStarted,
    BytesReceived,
    BytesSent,
    Event,
    FailureKind,
    KeepaliveExpired,
    Layer,
    LocalEnd,
    LocallyEnded,
    MachineSlept,
    NameResolved,
    ProgramStoodStill,
    ProxyChosen,
    ReadyState,
    ReadyStateChanged,
    Step,
    StepFailed,
    StepStarted,
    StepSucceeded,
    StreamClosedLocally,
    StreamEnded,
    StreamReset,
    TargetParsed,
    TlsEstablished,
    TlsStarted,
)
from wsinspect.lab import frames
from wsinspect.options import ConnectOptions
from wsinspect.session.record import SessionRecord
from wsinspect.wire.decoder import FrameDecoder
from wsinspect.wire.handshake import accept_for, check_response, negotiated_deflate
from wsinspect.wire.http import find_head_end, parse_request_head, parse_response_head
from wsinspect.wire.opcode import Direction

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""RFC 6455 section 1.3's example."""
MASK = b"\x37\xfa\x21\x3d"
_TICK_NS = 1_000_000
_E = TypeVar("_E", bound=Event)


class Teller:
    """Plays moves into a record: numbers and times events, decodes frames as a live connection does."""

    def __init__(self) -> None:
        self.record = SessionRecord()
        self.now_ns = 0
        self.attempt = 0
        self.options = ConnectOptions(url="ws://echo.example/")
        self.opened = False
        self.failed = False
        self._seq = 0
        self._decoders: dict[Direction, FrameDecoder] = {}

    def emit(self, kind: Callable[..., _E], /, **fields: object) -> None:
        """Append an event of this kind, a millisecond after the one before."""
        self._seq += 1
        self.now_ns += _TICK_NS
        self.record.append(kind(seq=self._seq, at_ns=self.now_ns, attempt=self.attempt, **fields))

    def begin(self, options: ConnectOptions, reason: AttemptReason) -> None:
        self.attempt += 1
        self.options, self.opened, self.failed = options, False, False
        self._decoders = {direction: FrameDecoder(direction) for direction in Direction}
        self.emit(AttemptStarted, wall_time_ns=0, options=options, reason=reason)

    def fail(
        self, step: Step, kind: FailureKind, message: str = "", code: str = "", errno: int | None = None
    ) -> None:
        """Record a step's failure, once."""
        if not self.failed:
            self.failed = True
            text = message or f"{step}: {kind}"
            self.emit(StepFailed, step=step, kind=kind, message=text, code=code, errno=errno)

    def became_open(self) -> None:
        """The handshake is valid: agree on compression and move to OPEN."""
        exchange = self.record.attempts[-1].handshake
        if exchange.head is not None:
            deflate = negotiated_deflate(exchange.request_head, exchange.head)
            self._decoders = {direction: FrameDecoder(direction, deflate=deflate) for direction in Direction}

    def move(self, new: ReadyState, reason: str = "") -> None:
        old = self.record.attempts[-1].ready_state
        if old is not new:
            self.emit(ReadyStateChanged, old=old, new=new, reason=reason)

    def crossed(self, direction: Direction, data: bytes, layer: Layer = Layer.WEBSOCKET) -> None:
        frames = self._decoders[direction].feed(data) if layer is Layer.WEBSOCKET else None
        kind = BytesSent if direction is Direction.SENT else BytesReceived
        self.emit(kind, layer=layer, data=data, frames=frames)

    def cut_off(self) -> object:
        """Return the frame that the end of the received stream cuts off."""
        return self._decoders[Direction.RECEIVED].finish() if self.opened else None

    def left_by_us(self) -> object:
        """Return the frame that is still arriving when we leave, if it broke a rule."""
        return broken_frame(self._decoders[Direction.RECEIVED]) if self.opened else None

    def request(self) -> bytes:
        """Return the request that the options ask for."""
        target = self.record.attempts[-1].target
        assert target is not None
        options = self.options
        lines = {
            "Host": f"{target.host}:{target.port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": KEY,
            "Sec-WebSocket-Version": "13",
        }
        if options.compression:
            lines["Sec-WebSocket-Extensions"] = options.compression_offer
        if options.subprotocols:
            lines["Sec-WebSocket-Protocol"] = ", ".join(options.subprotocols)
        if options.origin is not None:
            lines["Origin"] = options.origin
        if options.cookies:
            lines["Cookie"] = "; ".join(options.cookies)
        lines |= dict(options.headers)
        fields = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
        return f"GET {target.request_target} HTTP/1.1\r\n{fields}\r\n".encode("latin-1")


Move = Callable[[Teller], None]


@dataclass(frozen=True)
class Story:
    """What happened so far."""

    moves: tuple[Move, ...] = ()

    def __add__(self, other: Move | Story) -> Story:
        more = other.moves if isinstance(other, Story) else (other,)
        return replace(self, moves=self.moves + more)

    def record(self) -> SessionRecord:
        """Play the story."""
        teller = Teller()
        for move in self.moves:
            move(teller)
        return teller.record

    def diagnose(self, *, waits_s: float = 0.0) -> Diagnosis:
        """Play it and ask why, `waits_s` seconds after the last event."""
        record = self.record()
        return diagnose(record, now_ns=record.last_ns + int(waits_s * 1e9))

    def causes(self, *, waits_s: float = 0.0) -> list[str]:
        """Return the ids of the findings, the answer first."""
        return [finding.cause for finding in self.diagnose(waits_s=waits_s).findings]


def happened(kind: Callable[..., Event], /, **fields: object) -> Move:
    """Tell any other event."""
    return lambda teller: teller.emit(kind, **fields)


def asleep(*, s: float, awake_s: float = 0.0) -> Move:
    """The machine sleeps for `s` seconds, which is noticed `awake_s` seconds after the last event beside that."""

    def move(teller: Teller) -> None:
        after_ns = teller.now_ns
        teller.now_ns += int((s + awake_s) * 1e9)
        teller.emit(MachineSlept, asleep_ns=int(s * 1e9), after_ns=after_ns)

    return move


def stood_still(*, s: float) -> Move:
    """wsinspect does not run for `s` seconds."""

    def move(teller: Teller) -> None:
        after_ns = teller.now_ns
        teller.now_ns += int(s * 1e9)
        teller.emit(ProgramStoodStill, still_ns=int(s * 1e9), after_ns=after_ns)

    return move


def begun(step: Step, timeout_s: float | None = None) -> Move:
    return lambda teller: teller.emit(StepStarted, step=step, timeout_s=timeout_s)


def done(step: Step) -> Move:
    return lambda teller: teller.emit(StepSucceeded, step=step)


def failed(
    step: Step, kind: FailureKind, message: str = "", *, code: str = "", errno: int | None = None
) -> Move:
    """The step, already begun, fails."""
    return lambda teller: teller.fail(step, kind, message, code, errno)


def idle(*, s: float) -> Move:
    """Nothing happens for `s` seconds."""

    def move(teller: Teller) -> None:
        teller.now_ns += int(s * 1e9)

    return move


def again(*, origin: str | None = None, reason: AttemptReason = AttemptReason.BY_USER) -> Move:
    """The next attempt with the same options, or with another Origin."""

    def move(teller: Teller) -> None:
        options = teller.options if origin is None else msgspec.structs.replace(teller.options, origin=origin)
        teller.begin(options, reason)
        _parse(teller)

    return move


def _parse(teller: Teller) -> None:
    url = teller.options.url
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    secure = scheme == "wss"
    host, _, port = authority.partition(":")
    teller.emit(StepStarted, step=Step.URL)
    number = int(port or (443 if secure else 80))
    teller.emit(
        TargetParsed, url=url, secure=secure, host=host, port=number, request_target=slash + path or "/"
    )
    teller.emit(StepSucceeded, step=Step.URL)


def started(url: str = "ws://echo.example/", **options: Any) -> Story:
    """An attempt has begun and its URL is understood; `options` are fields of `ConnectOptions`."""

    def move(teller: Teller) -> None:
        teller.begin(ConnectOptions(url=url, **options), AttemptReason.FIRST)
        _parse(teller)

    return Story((move,))


def through_proxy(url: str = "http://proxy.example:3128") -> Move:
    scheme, _, authority = url.partition("://")
    host, _, port = authority.partition(":")
    return happened(ProxyChosen, scheme=scheme, host=host, port=int(port), source="-x")


def resolved(*addresses: str) -> Move:
    """The name has these addresses."""

    def move(teller: Teller) -> None:
        target = teller.record.attempts[-1].target
        assert target is not None
        found = tuple(
            Address("ipv6" if ":" in address else "ipv4", address, target.port) for address in addresses
        )
        teller.emit(StepStarted, step=Step.RESOLVE)
        teller.emit(NameResolved, host=target.host, port=target.port, source="resolver", addresses=found)
        teller.emit(StepSucceeded, step=Step.RESOLVE)

    return move


def connected(address: str = "192.0.2.1", *, local: str = "198.51.100.7:50000") -> Move:
    """The TCP handshake with this address is done."""

    def move(teller: Teller) -> None:
        target = teller.record.attempts[-1].target
        assert target is not None
        peer = Address("ipv6" if ":" in address else "ipv4", address, target.port)
        teller.emit(StepStarted, step=Step.TCP)
        teller.emit(AddressAttempted, address=peer)
        teller.emit(AddressConnected, address=peer, local=local)
        teller.emit(StepSucceeded, step=Step.TCP)

    return move


def secured() -> Move:
    """TLS stands."""

    def move(teller: Teller) -> None:
        target = teller.record.attempts[-1].target
        assert target is not None
        teller.emit(StepStarted, step=Step.TLS)
        teller.emit(TlsStarted, server_name=target.host, alpn=("http/1.1",), verify=True, trust="system")
        teller.emit(TlsEstablished, version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384", alpn="http/1.1")
        teller.emit(StepSucceeded, step=Step.TLS)

    return move


def sent_request(*, timeout_s: float = 20.0) -> Move:
    """The upgrade request is on its way."""

    def move(teller: Teller) -> None:
        teller.emit(StepStarted, step=Step.UPGRADE, timeout_s=timeout_s)
        teller.crossed(Direction.SENT, teller.request(), Layer.HTTP)

    return move


def reached(address: str = "192.0.2.1", *, local: str = "198.51.100.7:50000") -> Story:
    """Resolved, connected, TLS where the URL asks for it, and the request sent: the middle of `asked`."""

    def move(teller: Teller) -> None:
        target = teller.record.attempts[-1].target
        assert target is not None
        resolved(address)(teller)
        connected(address, local=local)(teller)
        if target.secure:
            secured()(teller)
        sent_request()(teller)

    return Story((move,))


def asked(url: str = "ws://echo.example/", **options: Any) -> Story:
    """The upgrade request has been sent; nothing came back yet."""
    return started(url, **options) + reached()


def answered(head: str, body: str | bytes = "", *, more: bytes = b"") -> Move:
    """The answer's head, its lines as given, and its body.

    `{accept}` becomes the right Sec-WebSocket-Accept, `{length}` the body's size. `more` are the bytes that follow a
    101 in the same moment. The step succeeds or fails as the answer deserves.
    """
    payload = body.encode() if isinstance(body, str) else body
    text = head.strip("\n").replace("{accept}", accept_for(KEY)).replace("{length}", str(len(payload)))
    raw = text.replace("\r\n", "\n").replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + payload

    def move(teller: Teller) -> None:
        teller.crossed(Direction.RECEIVED, raw, Layer.HTTP)
        end = find_head_end(raw)
        assert end is not None
        response = parse_response_head(raw[:end])
        if response.status_code is None:
            teller.fail(Step.UPGRADE, FailureKind.HTTP_MALFORMED, "the answer is not HTTP", "not-http")
            return
        if response.status_code != 101:
            status = str(response.status_code)
            teller.fail(Step.UPGRADE, FailureKind.HTTP_REFUSED, f"the server answered {status}", status)
            return
        request = parse_request_head(bytes(teller.record.attempts[-1].handshake.request))
        failing = [check for check in check_response(request, response) if not check.ok]
        teller.became_open()
        if failing:
            teller.fail(Step.UPGRADE, FailureKind.HANDSHAKE_INVALID, failing[0].detail, failing[0].name.value)
        else:
            teller.emit(StepSucceeded, step=Step.UPGRADE)
            teller.opened = True
            teller.move(ReadyState.OPEN, "the handshake is valid")
            teller.emit(StepStarted, step=Step.OPEN)
        if more:
            teller.crossed(Direction.RECEIVED, more)

    return move


def raw_answer(data: bytes) -> Move:
    """Bytes of an answer, whole or not, as they come."""
    return lambda teller: teller.crossed(Direction.RECEIVED, data, Layer.HTTP)


SWITCHING = "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: {accept}"
"""A valid 101."""


def switched(*fields: str) -> Move:
    """A valid 101 with these fields at its end."""
    return answered("\n".join((SWITCHING, *fields)))


def opened(url: str = "ws://echo.example/", *, answer: tuple[str, ...] = (), **options: Any) -> Story:
    """The connection is OPEN; `answer` are extra fields of the 101."""
    return asked(url, **options) + switched(*answer)


def opened_again(*, local: str = "198.51.100.7:50000") -> Story:
    """Another attempt, and it is OPEN too."""
    return Story((again(),)) + reached(local=local) + switched()


def received(data: bytes) -> Move:
    """Bytes of the peer after the 101."""
    return lambda teller: teller.crossed(Direction.RECEIVED, data)


def sent(data: bytes) -> Move:
    """Bytes of ours after the 101, as they are."""
    return lambda teller: teller.crossed(Direction.SENT, data)


def text(message: str) -> Move:
    return received(frames.text(message))


def sent_text(message: str) -> Move:
    return sent(frames.frame(frames.TEXT, message.encode(), mask=MASK))


def ping(payload: bytes = b"") -> Move:
    return received(frames.frame(frames.PING, payload))


def pong(payload: bytes = b"") -> Move:
    return received(frames.frame(frames.PONG, payload))


def sent_ping(payload: bytes = b"") -> Move:
    return sent(frames.frame(frames.PING, payload, mask=MASK))


def sent_pong(payload: bytes = b"") -> Move:
    return sent(frames.frame(frames.PONG, payload, mask=MASK))


def close(code: int | None = None, reason: str = "", *, answered: bool = True) -> Move:
    """The peer's Close frame; `answered` by ours."""

    def move(teller: Teller) -> None:
        teller.crossed(Direction.RECEIVED, frames.close(code, reason))
        if answered:
            body = b"" if code is None else code.to_bytes(2, "big")
            teller.crossed(Direction.SENT, frames.frame(frames.CLOSE, body, mask=MASK))
        teller.move(ReadyState.CLOSING, "the peer's Close frame")

    return move


def we_close(code: int = 1000, *, why: LocalEnd = LocalEnd.CLOSED_BY_USER) -> Move:
    """We begin the closing handshake."""

    def move(teller: Teller) -> None:
        teller.emit(LocallyEnded, why=why)
        teller.crossed(Direction.SENT, frames.frame(frames.CLOSE, code.to_bytes(2, "big"), mask=MASK))
        teller.move(ReadyState.CLOSING, "our Close frame")

    return move


def we_abort(why: LocalEnd = LocalEnd.ABORTED_BY_USER) -> Move:
    """We drop the connection without a word."""

    def move(teller: Teller) -> None:
        teller.emit(LocallyEnded, why=why)
        current = teller.record.attempts[-1].ladder.running()
        if current is not None:
            teller.fail(current.step, FailureKind.CANCELLED, "stopped")
        teller.emit(StreamClosedLocally, frames=teller.left_by_us(), aborted=True)
        _over(teller)

    return move


def fin() -> Move:
    """The peer ends the stream."""
    return _ended(StreamEnded, FailureKind.STREAM_ENDED)


def reset(errno: int | None = 104) -> Move:
    """RST, or the kernel gives up with another errno."""
    return _ended(StreamReset, FailureKind.RESET, errno=errno)


def _ended(event: Callable[..., Event], kind: FailureKind, **fields: object) -> Move:
    def move(teller: Teller) -> None:
        teller.emit(event, frames=teller.cut_off(), **fields)
        attempt = teller.record.attempts[-1]
        if not teller.opened:
            code = "inside-head" if attempt.handshake.response else "no-byte"
            running = attempt.ladder.running()
            if running is not None:
                errno = fields.get("errno")
                teller.fail(
                    running.step, kind, "the peer ended it", code, errno if isinstance(errno, int) else None
                )
        elif attempt.closure.close_received is None:
            teller.fail(Step.OPEN, kind, "the connection ended without a Close frame")
        teller.emit(StreamClosedLocally)
        _over(teller)

    return move


def timed_out(step: Step = Step.UPGRADE, *, s: float = 20.0) -> Move:
    """The step runs out of time after `s` seconds more."""

    def move(teller: Teller) -> None:
        teller.now_ns += int(s * 1e9)
        teller.fail(step, FailureKind.TIMED_OUT, f"no answer within {s} s")
        teller.emit(StreamClosedLocally, aborted=True)
        _over(teller)

    return move


def keepalive_expired(*, timeout_s: float = 20.0) -> Move:
    """Our ping got no pong within `timeout_s` seconds from now on, and we give up."""

    def move(teller: Teller) -> None:
        teller.now_ns += int(timeout_s * 1e9)
        teller.emit(KeepaliveExpired, payload=b"", timeout_s=timeout_s)
        teller.emit(LocallyEnded, why=LocalEnd.KEEPALIVE_TIMED_OUT)
        teller.fail(Step.OPEN, FailureKind.TIMED_OUT, "no pong in time")
        teller.emit(StreamClosedLocally, aborted=True)
        _over(teller)

    return move


def _over(teller: Teller) -> None:
    teller.move(ReadyState.CLOSED)
    teller.emit(AttemptEnded)
