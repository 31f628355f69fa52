"""The connections of a HAR as a recording: what it says becomes events, and what it does not say is not made up.

Three things have to stand in for what a HAR lacks, and each attempt's notes name them: frames are made of messages, one
a message, sent ones masked with zeros; fields of a handshake that worked but was saved without them are filled in; steps
without a time of their own take none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from wsinspect.connection.har_bytes import HarHandshake, frame_bytes
from wsinspect.connection.har_entry import Har, HarEntry, read_har
from wsinspect.connection.har_errors import Failure, failure_of
from wsinspect.connection.url import Target, parse_url
from wsinspect.errors import UsageError
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
    Layer,
    NameResolved,
    ReadyState,
    ReadyStateChanged,
    Step,
    StepFailed,
    StepStarted,
    StepSucceeded,
    TargetParsed,
)
from wsinspect.events.codec import encode_event, encode_header

_CLOCKS_BEGIN_NS = 10**18
"""September 2001: a time before it is no time of a WebSocket."""


def har_recording(data: bytes, name: str) -> bytes:
    """Return a recording with an attempt for each WebSocket of the HAR.

    Raises:
        UsageError: it is no HAR, or there is no WebSocket in it.
    """
    har = read_har(data, name)
    # Chromium gives an attempt that came to nothing a time of its other clock, which counts from its start.
    known = [entry.started_ns for entry in har.entries if entry.started_ns >= _CLOCKS_BEGIN_NS]
    began = min(known, default=0)
    lines = [encode_header(datetime.fromtimestamp(began / 1e9, tz=UTC))]
    seq, now = 0, 0
    for number, entry in enumerate(har.entries, 1):
        start = entry.started_ns - began if entry.started_ns in known else now
        for event in _Attempt(har, entry, number, start, began + start, seq).events():
            seq, now = event.seq, event.at_ns
            lines.append(encode_event(event))
    return b"".join(lines)


class _Attempt:
    """Tells one entry as events."""

    def __init__(self, har: Har, entry: HarEntry, number: int, start_ns: int, wall_ns: int, seq: int) -> None:
        self._har = har
        self._entry = entry
        self._number = number
        self._seq = seq
        self._now = self._start = start_ns
        self._wall = wall_ns

    def events(self) -> Iterator[Event]:
        """Yield the attempt from its first event to the last that the HAR knows of."""
        entry = self._entry
        reason = AttemptReason.FIRST if self._number == 1 else AttemptReason.BY_USER
        yield self._event(AttemptStarted, wall_time_ns=self._wall, options=entry.options(), reason=reason)
        yield self._event(StepStarted, step=Step.URL)
        try:
            target = parse_url(entry.request.url)
        except UsageError as error:
            yield from self._failed(Step.URL, FailureKind.INVALID_URL, str(error))
            return
        handshake = HarHandshake(entry, self._said(), opened=self._opened())
        request, response = handshake.request(target), handshake.response()
        yield self._event(
            TargetParsed,
            url=target.url,
            secure=target.secure,
            host=target.host,
            port=target.port,
            request_target=target.request_target,
            unix_path=target.unix_path,
            notes=(*target.notes, *self._notes(), *handshake.notes()),
        )
        failed = self._failure()
        at = failed[0] if failed is not None else None
        if failed is not None and at is Step.URL:
            yield from self._failed(*failed)
            return
        yield self._event(StepSucceeded, step=Step.URL)
        for step in (Step.RESOLVE, Step.TCP, Step.PROXY, Step.TLS):
            # That there was a proxy is known only from its failure.
            if (step is Step.PROXY and at is not step) or (step is Step.TLS and not target.secure):
                continue
            yield from self._step(step, target, failed)
            if at is step:
                return
        yield from self._upgrade(request, response, failed)

    def _event(self, make: Callable[..., Event], /, **fields: Any) -> Event:
        self._seq += 1
        return make(seq=self._seq, at_ns=self._now, attempt=self._number, **fields)

    def _took_ns(self, phase: str) -> int | None:
        # Where the beginning is of another clock, `wait` is what lies between the two.
        return self._entry.took_ns(phase) if self._wall == self._entry.started_ns else None

    def _pass(self, *phases: str) -> None:
        self._now += sum(self._took_ns(phase) or 0 for phase in phases)

    def _notes(self) -> Iterator[str]:
        creator = f" of {self._har.creator}" if self._har.creator else ""
        yield f"read from a HAR{creator}" + (
            ", which does not say how the connection ended" if self._opened() else ""
        )
        if any(message.type in ("send", "receive") for message in self._entry.messages or ()):
            yield "frames are made of its messages: masks, fragments and compression are not known"
        elif self._entry.messages is None and self._opened():
            yield "it holds no messages: Firefox, for one, writes none"
        if all(self._took_ns(phase) is None for phase in ("dns", "connect")):
            yield "the HAR has no times for resolve, tcp and tls"

    # The ladder

    def _failure(self) -> Failure | None:
        """Return the step that failed, if what the browser says tells."""
        entry = self._entry
        if self._opened():
            return None
        said = self._said()
        if entry.failure is not None:
            return Failure(entry.failure.step, entry.failure.kind, said or str(entry.failure.kind))
        status = int(entry.response.status)
        if status:
            kind = FailureKind.HANDSHAKE_INVALID if status == 101 else FailureKind.HTTP_REFUSED
            return Failure(Step.UPGRADE, kind, said or f"the server answered {status}")
        return failure_of(said) if said else None

    def _said(self) -> str:
        """Return what the browser said of a failure, or nothing."""
        errors = [m.data for m in self._entry.messages or () if m.type == "error" and m.data]
        return self._entry.response.error or next(iter(errors), "")

    def _opened(self) -> bool:
        """Whether the browser took the handshake: without it there are no messages."""
        entry = self._entry
        errors = entry.response.error or any(m.type == "error" for m in entry.messages or ())
        moved = any(m.type in ("send", "receive") for m in entry.messages or ())
        return moved or (entry.response.status == 101 and not errors)

    def _step(self, step: Step, target: Target, failed: Failure | None) -> Iterator[Event]:
        address = self._address(target)
        yield self._event(StepStarted, step=step)
        if step is Step.RESOLVE:
            self._pass("blocked", "dns")
        elif step is Step.TCP:
            if address is not None:
                yield self._event(AddressAttempted, address=address)
            # HAR 1.2: `connect` includes `ssl`; Firefox's does not.
            whole, tls = self._took_ns("connect") or 0, self._took_ns("ssl") or 0
            self._now += whole if self._har.creator.startswith("Firefox") else max(0, whole - tls)
        elif step is Step.TLS:
            self._pass("ssl")
        if failed is not None and failed[0] is step:
            yield from self._failed(*failed)
            return
        if address is not None and step is Step.RESOLVE:
            yield self._event(
                NameResolved, host=target.host, port=target.port, source="HAR", addresses=(address,)
            )
        elif address is not None and step is Step.TCP:
            yield self._event(AddressConnected, address=address, local="")
        yield self._event(StepSucceeded, step=step)

    def _address(self, target: Target) -> Address | None:
        text = (self._entry.server_ip_address or "").strip("[]")
        try:
            version = ip_address(text).version
        except ValueError:
            return None
        return Address(f"ipv{version}", text, target.port)

    def _upgrade(self, request: bytes, response: bytes, failed: Failure | None) -> Iterator[Event]:
        yield self._event(StepStarted, step=Step.UPGRADE)
        if request:
            self._pass("send")
            yield self._event(BytesSent, layer=Layer.HTTP, data=request)
        self._pass("wait")
        if response:
            yield self._event(BytesReceived, layer=Layer.HTTP, data=response)
        if failed is not None:
            yield from self._failed(*failed)
            return
        if not self._opened():
            return
        yield self._event(StepSucceeded, step=Step.UPGRADE)
        yield self._event(
            ReadyStateChanged,
            old=ReadyState.CONNECTING,
            new=ReadyState.OPEN,
            reason="the browser opened it",
        )
        yield self._event(StepStarted, step=Step.OPEN)
        yield from self._messages()

    def _failed(self, step: Step, kind: FailureKind, message: str) -> Iterator[Event]:
        yield self._event(StepFailed, step=step, kind=kind, message=message)
        yield self._event(
            ReadyStateChanged, old=ReadyState.CONNECTING, new=ReadyState.CLOSED, reason="it failed"
        )
        yield self._event(AttemptEnded)

    # The messages

    def _messages(self) -> Iterator[Event]:
        for message in self._entry.messages or ():
            at_s = message.time_s
            if at_s is not None:
                # A message is never earlier than what came before it, whatever the browser's two clocks say.
                self._now = max(self._now, self._start + round(at_s * 1e9) - self._wall)
            opcode = int(message.opcode) if message.opcode is not None else -1
            if message.type == "error":
                yield self._event(
                    StepFailed, step=Step.OPEN, kind=FailureKind.OS_ERROR, message=message.data or "error"
                )
                return
            if not 0 <= opcode <= 15:
                continue
            sent = message.type == "send"
            data = frame_bytes(opcode, message.payload, masked=sent)
            yield self._event(BytesSent if sent else BytesReceived, layer=Layer.WEBSOCKET, data=data)
