"""How the peer ended the byte stream: recorded once, and turned into the failure of the step it happened in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsinspect.connection.emitter import Emitter
from wsinspect.connection.step import StepError
from wsinspect.connection.stream import StreamResetError
from wsinspect.events import FailureKind, StreamEnded, StreamReset

if TYPE_CHECKING:
    from wsinspect.wire.decoder import FrameBatch, FrameDecoder


class PeerEnd:
    """Whether and how the peer ended the stream of one attempt."""

    def __init__(self, emit: Emitter) -> None:
        self._emit = emit
        self.seen = False
        """FIN, RST or a fatal TLS alert arrived: there is nothing left to say goodbye to, or nobody."""
        self.was_reset = False
        self.decoder: FrameDecoder | None = None
        """Of the received direction once there is one: it knows the frame that the end cut off."""

    def fin(self, message: str, code: str = "") -> StepError:
        """Record the peer's FIN; returns the failure that it means for a step that needed more."""
        if not self.seen:
            self.seen = True
            self._emit(StreamEnded(*self._emit.stamp(), frames=self._cut_off()))
        return StepError(FailureKind.STREAM_ENDED, message, code=code)

    def reset(self, error: StreamResetError, *, code: str = "") -> StepError:
        """Record a reset; returns the failure that it means. A fatal TLS alert is no RST and stays itself."""
        # Imported here because a plain connection never loads the TLS machinery.
        from wsinspect.connection.tls import TlsFailedError
        from wsinspect.wire.tls_records import alert_name

        if isinstance(error, TlsFailedError):
            self.seen = self.was_reset = True
            if error.alert is None:
                return StepError(FailureKind.TLS_ERROR, error.message, code=code)
            return StepError(FailureKind.TLS_ALERT, error.message, code=alert_name(error.alert))
        self._reset(error.errno, error.message)
        return StepError(FailureKind.RESET, error.message, code=code, errno=error.errno)

    def told_by_step(self, error: StepError) -> None:
        """Record the end that a lower step met and reported as its own failure."""
        if error.kind is FailureKind.STREAM_ENDED:
            self.fin(error.message)
        elif error.kind is FailureKind.RESET:
            self._reset(error.errno, error.message)

    def _reset(self, errno: int | None, message: str) -> None:
        # StreamEnded never follows StreamReset, but a reset may follow a FIN.
        if not self.was_reset:
            self.seen = self.was_reset = True
            frames = self._cut_off()
            self._emit(StreamReset(*self._emit.stamp(), frames=frames, errno=errno, message=message))

    def left_by_us(self) -> FrameBatch | None:
        """Return the frame that we leave unread because it broke a rule, if there is one."""
        if self.decoder is None:
            return None
        from wsinspect.connection.decoding import broken_frame

        return broken_frame(self.decoder)

    def _cut_off(self) -> FrameBatch | None:
        if self.decoder is None:
            return None
        from wsinspect.connection.decoding import cut_off_frame

        return cut_off_frame(self.decoder)
