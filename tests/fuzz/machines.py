"""State machines: a session as it grows, in any order of events, looked at from every side at any moment."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.fuzz.corpus import OPEN, answers
from tests.fuzz.properties import REQUEST, outputs, told
from tests.fuzz.stack import LIMITS
from wsinspect.connection.replay import FrameRestorer, read_recording, replay
from wsinspect.diagnosis.engine import diagnose
from wsinspect.events import (
    AttemptEnded,
    AttemptReason,
    AttemptStarted,
    BytesReceived,
    BytesSent,
    Event,
    FailureKind,
    Layer,
    LocalEnd,
    LocallyEnded,
    ReadyState,
    ReadyStateChanged,
    Step,
    StepFailed,
    StepStarted,
    StepSucceeded,
    StreamClosedLocally,
    StreamEnded,
    StreamReset,
)
from wsinspect.events.codec import decode_event, encode_event, encode_header
from wsinspect.events.server_log import ServerLogged
from wsinspect.export.formats import FORMATS, export_session
from wsinspect.options import ConnectOptions
from wsinspect.session.query import FilterScan, compile_filter
from wsinspect.session.record import SessionRecord

chunks = st.one_of(
    st.sampled_from([OPEN[0][:40], OPEN[0][40:], OPEN[2], REQUEST, b"\x81\x05hello", b"\x81", b"\x88\x02\x03\xe8", b"\xc1\x03abc"]),
    answers,
)  # fmt: skip
SCAN = compile_filter("text or violations or hel")


class GrowingSession(RuleBasedStateMachine):
    """Events in any order, as a recording that somebody edited may hold them; a live one is a part of these."""

    tried = 0
    """How many sessions were begun, for whoever counts."""

    def __init__(self) -> None:
        super().__init__()
        type(self).tried += 1
        self.record = SessionRecord(LIMITS)
        self.saved: list[Event] = []
        self.restorer = FrameRestorer()
        self.seq = self.at_ns = self.attempt = 0
        self.frames = 0
        self.scan: FilterScan | None = None

    def happen(self, make: Callable[..., Event], **fields: Any) -> None:
        self.seq += 1
        event = make(seq=self.seq, at_ns=self.at_ns, attempt=self.attempt, **fields)
        assert decode_event(encode_event(event)) == event
        self.saved.append(event)
        self.record.append(self.restorer.restore(event))

    @initialize()
    def begin_first(self) -> None:
        """Nothing can happen before an attempt."""
        self.begin()

    @rule()
    def begin(self) -> None:
        """Another attempt, whether or not the one before is over."""
        self.attempt += 1
        self.happen(
            AttemptStarted,
            wall_time_ns=1_700_000_000_000_000_000 + self.at_ns,
            options=ConnectOptions(url="ws://127.0.0.1:1234/chat?token=kanarienvogel", limits=LIMITS),
            reason=AttemptReason.FIRST if self.attempt == 1 else AttemptReason.RECONNECT,
        )

    @rule(ns=st.one_of(st.integers(0, 10**6), st.integers(0, 10**14)))
    def wait(self, ns: int) -> None:
        self.at_ns += ns

    @rule(step=st.sampled_from(Step), how=st.sampled_from([StepStarted, StepSucceeded]))
    def step(self, step: Step, how: type[Event]) -> None:
        self.happen(how, step=step)

    @rule(step=st.sampled_from(Step), kind=st.sampled_from(FailureKind), message=st.text(max_size=20))
    def fail(self, step: Step, kind: FailureKind, message: str) -> None:
        self.happen(StepFailed, step=step, kind=kind, message=message)

    @rule()
    def open(self) -> None:
        """What every connection that opens begins with."""
        self.happen(StepStarted, step=Step.UPGRADE)
        self.happen(BytesSent, layer=Layer.HTTP, data=REQUEST)
        self.happen(BytesReceived, layer=Layer.HTTP, data=OPEN[0].partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
        self.happen(StepSucceeded, step=Step.UPGRADE)
        self.happen(ReadyStateChanged, old=ReadyState.CONNECTING, new=ReadyState.OPEN, reason="101")

    @rule(sent=st.booleans(), layer=st.sampled_from(Layer), data=chunks)
    def bytes(self, sent: bool, layer: Layer, data: bytes) -> None:
        self.happen(BytesSent if sent else BytesReceived, layer=layer, data=data)

    @rule(how=st.sampled_from([StreamEnded, StreamReset, StreamClosedLocally]))
    def end_stream(self, how: type[Event]) -> None:
        self.happen(how)

    @rule(why=st.sampled_from(LocalEnd))
    def end_locally(self, why: LocalEnd) -> None:
        self.happen(LocallyEnded, why=why)

    @rule(new=st.sampled_from(ReadyState))
    def change(self, new: ReadyState) -> None:
        assert self.record.current is not None
        self.happen(ReadyStateChanged, old=self.record.current.ready_state, new=new, reason="so")

    @rule()
    def end(self) -> None:
        self.happen(AttemptEnded)

    @rule(text=st.text(max_size=30), wall_ns=st.one_of(st.none(), st.integers(0, 2**63)))
    def log(self, text: str, wall_ns: int | None) -> None:
        self.record.append(ServerLogged(seq=0, at_ns=self.at_ns, attempt=0, text=text, wall_time_ns=wall_ns))

    @rule(to=st.sampled_from([name for name in FORMATS if name != "raw"]))
    def export(self, to: str) -> None:
        assert b"kanarienvogel" not in b"".join(export_session(self.record, to))

    @rule(attempt=st.integers(0, 100), later_ns=st.integers(0, 10**11))
    def look(self, attempt: int, later_ns: int) -> None:
        shown = self.record.attempts[attempt % len(self.record.attempts)]
        diagnose(self.record, shown, self.at_ns + later_ns)
        assert "kanarienvogel" not in outputs(self.record)

    @precondition(lambda self: self.record.frame_count)
    @rule(data=st.data())
    def read(self, data: st.DataObject) -> None:
        """A frame is the same whichever way it is read."""
        log = self.record.frames
        number = data.draw(st.integers(0, len(log) - 1))
        frame = log.frame(number)
        assert frame.application_data.startswith(log.application_data(number, 3))
        assert log.preview(number, 5) == log.application_data(number)[:5] or log.dropped_bytes
        if self.scan is None:
            self.scan = FilterScan(log, SCAN, attempts=self.record.attempts)
        self.scan.step(0.0)

    @invariant()
    def frames_stay(self) -> None:
        assert self.record.frame_count >= self.frames
        self.frames = self.record.frame_count
        assert (
            self.record.last_ns == self.at_ns or not self.record.events or self.at_ns >= self.record.last_ns
        )

    def teardown(self) -> None:
        """The recording of it opens as the same session; a scan that went along found what a late one finds."""
        if not self.saved:
            return
        if self.scan is not None:
            while not self.scan.step(60.0).done:
                pass
            late = FilterScan(self.record.frames, SCAN, attempts=self.record.attempts)
            while not late.step(60.0).done:
                pass
            assert self.scan.numbers == late.numbers
        if not self.record.current or not self.record.current.ended:
            self.happen(AttemptEnded)
        text = encode_header(datetime(2025, 1, 2, tzinfo=UTC)) + b"".join(map(encode_event, self.saved))
        again = SessionRecord(LIMITS)
        replay(read_recording(io.BytesIO(text)), again.append)
        assert told(again) == told(self.record)
        again.close()
        self.record.close()


MACHINES: dict[str, type[GrowingSession]] = {"growing_session": GrowingSession}
