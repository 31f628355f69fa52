"""One attempt: everything that is derived from its events, live and on replay by the same code."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from wsinspect.events import (
    Address,
    AddressAttempted,
    AddressConnected,
    AddressFailed,
    AttemptEnded,
    AttemptStarted,
    BytesReceived,
    BytesSent,
    Direction,
    Event,
    FailureKind,
    KeepaliveExpired,
    Layer,
    LimitReached,
    LocallyEnded,
    MachineSlept,
    NameResolved,
    ProgramStoodStill,
    ProxyBypassed,
    ProxyChosen,
    ReadyState,
    ReadyStateChanged,
    ReconnectGivenUp,
    ReconnectScheduled,
    Step,
    StepFailed,
    StepStarted,
    StepSucceeded,
    StreamClosedLocally,
    StreamEnded,
    StreamReset,
    TargetParsed,
    TlsAlert,
    TlsCertificateRequested,
    TlsEstablished,
    TlsPeerCertificates,
    TlsStarted,
    TlsVerificationFailed,
)
from wsinspect.options import ConnectOptions
from wsinspect.session.closure import CloseFrame, Closure
from wsinspect.session.exchange import Exchange
from wsinspect.session.heartbeat import Heartbeat
from wsinspect.session.ladder import AddressRecord, AddressStatus, Ladder, StepRecord, StepStatus
from wsinspect.session.pauses import Pause
from wsinspect.session.tls_facts import TlsFacts
from wsinspect.wire.opcode import Opcode

# An attempt that never reaches HTTP is told of sooner without what reads handshakes and frames.
if TYPE_CHECKING:
    from wsinspect.wire.frame_batch import FrameBatch, PendingFrame
    from wsinspect.wire.handshake import HandshakeCheck
    from wsinspect.wire.inflate import DeflateParams

_HEAD_KEPT = 4096
_MANY = 100
"""Control frames of one batch from which on it pays to tell apart which are only counted."""


class Attempt:
    """What is known of one attempt. Times are nanoseconds since the session began."""

    def __init__(self, started: AttemptStarted, first_frame: int) -> None:
        self.started = started
        self.number = started.attempt
        self.events: list[Event] = []
        """All events but the chunks of the WEBSOCKET layer, which live in the frame log."""
        self.target: TargetParsed | None = None
        self.resolved: NameResolved | None = None
        self.proxy: ProxyChosen | None = None
        self.proxy_bypassed: ProxyBypassed | None = None
        self.ladder = Ladder()
        self.proxy_exchange = Exchange()
        self.tls = TlsFacts()
        self.handshake = Exchange()
        self.closure = Closure()
        self.heartbeat = Heartbeat()
        self.ready_state = ReadyState.CONNECTING
        self.ready_states: list[ReadyStateChanged] = []
        self.limits: list[LimitReached] = []
        self.pauses: list[Pause] = []
        self.reconnect: ReconnectScheduled | None = None
        self.reconnect_given_up: ReconnectGivenUp | None = None
        self.opened_ns: int | None = None
        self.ended_ns: int | None = None
        self.first_frame = first_frame
        self.end_frame = first_frame
        """One past the newest frame."""
        self.broken: PendingFrame | None = None
        """The frame that is arriving, if it broke a rule already; it is not in the frame log yet."""
        self.websocket_head = bytearray()
        """The first 4 KiB after the 101's head, as received."""
        self.websocket_bytes_sent = 0
        self.websocket_bytes_received = 0
        self.last_sent_ns: int | None = None
        """When bytes last went out above TLS, the handshake included."""
        self.last_received_ns: int | None = None

    @property
    def options(self) -> ConnectOptions:
        """What this attempt was made with."""
        return self.started.options

    @property
    def secure(self) -> bool:
        """Whether TLS is meant to be used."""
        return self.target.secure if self.target is not None else False

    @property
    def failure(self) -> StepFailed | None:
        """The step that failed, if one did."""
        failed = self.ladder.failed()
        return failed.failure if failed is not None else None

    @property
    def ended(self) -> bool:
        """Whether every socket of the attempt is gone."""
        return self.ended_ns is not None

    @property
    def frame_count(self) -> int:
        """Frames of this attempt, both directions."""
        return self.end_frame - self.first_frame

    def rungs(self) -> list[StepRecord]:
        """Return the whole ladder, rungs that were not begun included."""
        return self.ladder.rungs(proxied=self.proxy is not None, secure=self.secure)

    @property
    def checks(self) -> tuple[HandshakeCheck, ...]:
        """Every check of RFC 6455 section 4.1 once the response head is complete; empty before."""
        return self._checks if self.handshake.head is not None else ()

    @cached_property
    def _checks(self) -> tuple[HandshakeCheck, ...]:
        from wsinspect.wire.handshake import check_response

        assert self.handshake.head is not None
        return check_response(self.handshake.request_head, self.handshake.head)

    @property
    def deflate(self) -> DeflateParams | None:
        """The negotiated permessage-deflate, or None."""
        if self.handshake.head is None:
            return None
        from wsinspect.wire.handshake import negotiated_deflate

        return negotiated_deflate(self.handshake.request_head, self.handshake.head)

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that the server chose, or None."""
        if self.handshake.head is None:
            return None
        from wsinspect.wire.handshake import negotiated_subprotocol

        return negotiated_subprotocol(self.handshake.head)

    def absorb(self, event: Event) -> None:
        """Derive what follows from one more event of this attempt."""
        match event:
            case BytesSent() | BytesReceived():
                self._bytes(event)
            case StepStarted():
                self.ladder.steps[event.step] = StepRecord(
                    event.step, StepStatus.RUNNING, event.at_ns, None, event.timeout_s, None, event.seq
                )
            case StepSucceeded():
                self._step_over(event.step, StepStatus.SUCCEEDED, event)
            case StepFailed():
                self._step_over(event.step, StepStatus.FAILED, event)
                self.ladder.steps[event.step].failure = event
                self.closure.timed_out |= event.kind is FailureKind.TIMED_OUT
            case AddressAttempted() | AddressConnected() | AddressFailed():
                self._address(event)
            case ReadyStateChanged():
                self.ready_state = event.new
                self.ready_states.append(event)
                if event.new is ReadyState.OPEN:
                    self.opened_ns = event.at_ns
                    self.closure.opened = True
            case _:
                self._fact(event)

    def _fact(self, event: Event) -> None:
        match event:
            case TargetParsed():
                self.target = event
            case NameResolved():
                self.resolved = event
            case ProxyChosen():
                self.proxy = event
            case ProxyBypassed():
                self.proxy_bypassed = event
            case TlsStarted():
                self.tls.started = event
            case TlsAlert():
                self._alert(event)
            case TlsCertificateRequested():
                self.tls.certificate_requested = event
            case TlsPeerCertificates():
                self.tls.certificates = event
            case TlsEstablished():
                self.tls.established = event
            case TlsVerificationFailed():
                self.tls.verification = event
            case StreamEnded() | StreamReset():
                self.closure.stream_end = event
            case StreamClosedLocally():
                self.closure.closed_locally = event
            case LocallyEnded():
                self.closure.locally_ended = event
            case KeepaliveExpired():
                self.closure.keepalive_expired = event
                self.closure.timed_out = True
            case LimitReached():
                self.limits.append(event)
            case MachineSlept() | ProgramStoodStill():
                self.pauses.append(event)
            case ReconnectScheduled():
                self.reconnect = event
            case ReconnectGivenUp():
                self.reconnect_given_up = event
            case AttemptEnded():
                self.ended_ns = event.at_ns
                self.closure.ended_ns = event.at_ns
            case _:
                pass

    def _step_over(self, step: Step, status: StepStatus, event: Event) -> None:
        record = self.ladder.steps.setdefault(step, StepRecord(step, status, event.at_ns))
        record.status, record.ended_ns, record.seq = status, event.at_ns, event.seq

    def _address(self, event: AddressAttempted | AddressConnected | AddressFailed) -> None:
        if isinstance(event, AddressAttempted):
            self.ladder.addresses.append(AddressRecord(event.address, event.at_ns, event.seq))
            return
        record = self._pending_address(event.address)
        if record is None:
            return
        record.ended_ns, record.seq = event.at_ns, event.seq
        if isinstance(event, AddressConnected):
            record.status, record.local = AddressStatus.CONNECTED, event.local
        else:
            record.status, record.kind, record.message = AddressStatus.FAILED, event.kind, event.message

    def _pending_address(self, address: Address) -> AddressRecord | None:
        for record in reversed(self.ladder.addresses):
            if record.address == address and record.status is AddressStatus.PENDING:
                return record
        return None

    def _alert(self, event: TlsAlert) -> None:
        self.tls.alerts.append(event)
        if event.direction is Direction.RECEIVED:
            if event.code == 0:
                self.closure.close_notify = event
            elif event.code != 90:
                self.closure.fatal_alert = event

    def _bytes(self, event: BytesSent | BytesReceived) -> None:
        direction = Direction.SENT if isinstance(event, BytesSent) else Direction.RECEIVED
        if event.layer is Layer.TLS:
            self.tls.keep(direction, event.data, event.at_ns, event.seq)
            return
        if event.layer is Layer.WEBSOCKET:
            self._websocket_bytes(direction, event)
        else:
            exchange = self.handshake if event.layer is Layer.HTTP else self.proxy_exchange
            add = exchange.sent if direction is Direction.SENT else exchange.received
            add(event.data, event.at_ns, event.seq)
        if direction is Direction.SENT:
            self.last_sent_ns = event.at_ns
        else:
            self.last_received_ns = event.at_ns

    def _websocket_bytes(self, direction: Direction, event: BytesSent | BytesReceived) -> None:
        size = len(event.data)
        if direction is Direction.SENT:
            self.websocket_bytes_sent += size
            return
        self.websocket_bytes_received += size
        if len(self.websocket_head) < _HEAD_KEPT:
            self.websocket_head += event.data[: _HEAD_KEPT - len(self.websocket_head)]

    def frames_added(self, direction: Direction, at_ns: int, first: int, end: int, batch: FrameBatch) -> None:
        """Derive what follows from the control frames of a batch that became frames `first` to `end`."""
        self.end_frame = end
        controls = batch.controls
        if len(controls) > _MANY:
            # A flood of the kind that is only counted: what else is among it is looked at one by one.
            counted = Opcode.PING if direction is Direction.RECEIVED else Opcode.PONG
            controls = [control for control in controls if control[1] != counted]
            self.heartbeat.count(direction, len(batch.controls) - len(controls))
        for index, opcode, payload in controls:
            when_ns = at_ns if batch.times is None else batch.times[index]
            self._control(direction, when_ns, first + index, opcode, payload)

    def frames_exchanged(self, order: bytes, first: int, batch: FrameBatch) -> None:
        """Do so for frames of both directions from `first` on; `order` is the direction of each."""
        self.end_frame = first + len(order)
        times = batch.times or ()
        for index, opcode, payload in batch.controls:
            self._control(Direction(order[index]), times[index], first + index, opcode, payload)

    def _control(self, direction: Direction, at_ns: int, number: int, opcode: int, payload: bytes) -> None:
        if opcode == Opcode.CLOSE:
            from wsinspect.wire.close import parse_close

            close = CloseFrame(number, at_ns, parse_close(payload))
            if direction is Direction.SENT:
                self.closure.close_sent = self.closure.close_sent or close
            else:
                self.closure.close_received = self.closure.close_received or close
        elif opcode == (Opcode.PING if direction is Direction.RECEIVED else Opcode.PONG):
            self.heartbeat.count(direction, 1)
        elif opcode == Opcode.PING:
            self.heartbeat.ping_sent(payload, at_ns)
        elif opcode == Opcode.PONG:
            self.heartbeat.pong_received(payload, at_ns)
