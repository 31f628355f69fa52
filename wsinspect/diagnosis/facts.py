"""What causes ask: facts of one attempt, worked out once."""

from __future__ import annotations

from functools import cached_property

from wsinspect.events import FailureKind, Step, StreamEnded, StreamReset, TargetParsed
from wsinspect.session.attempt import Attempt
from wsinspect.session.record import SessionRecord
from wsinspect.wire.http import ResponseHead


class Facts:
    """One attempt seen by the diagnosis: no clock, no I/O. Times are nanoseconds since the session began."""

    def __init__(self, session: SessionRecord, attempt: Attempt, now_ns: int | None = None) -> None:
        self.session = session
        self.attempt = attempt
        self.now_ns = now_ns if now_ns is not None else session.last_ns

    @property
    def failed_step(self) -> Step | None:
        """The step that failed, or None."""
        failure = self.attempt.failure
        return failure.step if failure is not None else None

    @property
    def failure_kind(self) -> FailureKind | None:
        """Why that step failed, or None."""
        failure = self.attempt.failure
        return failure.kind if failure is not None else None

    def failed(self, step: Step, *kinds: FailureKind) -> bool:
        """Say whether `step` failed, for one of `kinds` if any are given."""
        failure = self.attempt.failure
        return failure is not None and failure.step is step and (not kinds or failure.kind in kinds)

    @property
    def failure_seq(self) -> int:
        """The StepFailed's number, 0 where nothing failed."""
        failure = self.attempt.failure
        return failure.seq if failure is not None else 0

    @property
    def head(self) -> ResponseHead | None:
        """The complete head of the answer to the upgrade request."""
        return self.attempt.handshake.head

    @property
    def status(self) -> int | None:
        """Its status code."""
        return self.head.status_code if self.head is not None else None

    def header(self, name: str) -> str:
        """Return the first value of a response field, empty where it is missing."""
        return (self.head.get(name) or "") if self.head is not None else ""

    def has_header(self, name: str) -> bool:
        """Say whether the response has the field at all."""
        return self.head is not None and self.head.get(name) is not None

    @cached_property
    def body(self) -> bytes:
        """The refusal's body, decoded."""
        return self.attempt.handshake.body

    @cached_property
    def body_text(self) -> str:
        """The refusal's body as text."""
        return self.attempt.handshake.body_text

    @property
    def opened(self) -> bool:
        """Whether the connection was ever OPEN."""
        return self.attempt.opened_ns is not None

    @property
    def ended_by_us(self) -> bool:
        """Whether our own decision came before anything that the peer did to end it."""
        locally = self.attempt.closure.locally_ended
        end = self.attempt.closure.stream_end
        close = self.attempt.closure.close_received
        return (
            locally is not None
            and (end is None or locally.seq < end.seq)
            and (close is None or locally.at_ns <= close.at_ns)
        )

    @property
    def end_ns(self) -> int | None:
        """When the peer's end of stream was seen, or None."""
        end = self.attempt.closure.stream_end
        return end.at_ns if end is not None else None

    @property
    def fin(self) -> StreamEnded | None:
        """The peer's FIN."""
        end = self.attempt.closure.stream_end
        return end if isinstance(end, StreamEnded) else None

    @property
    def rst(self) -> StreamReset | None:
        """The reset."""
        end = self.attempt.closure.stream_end
        return end if isinstance(end, StreamReset) else None

    @property
    def age_s(self) -> float | None:
        """Seconds from OPEN to the end of the stream, or None."""
        opened, end = self.attempt.opened_ns, self.end_ns
        return (end - opened) / 1e9 if opened is not None and end is not None else None

    @property
    def silence_s(self) -> float | None:
        """Seconds without a byte in either direction before the stream ended, or None."""
        end = self.end_ns
        if end is None:
            return None
        moments = [t for t in (self.attempt.last_sent_ns, self.attempt.last_received_ns) if t is not None]
        return (end - max(moments)) / 1e9 if moments else None

    @property
    def waited_for_answer_s(self) -> float | None:
        """Seconds from our upgrade request to the end of the stream without an answer, or None."""
        asked = self.attempt.handshake.request_ns
        end = self.end_ns
        return (end - asked) / 1e9 if asked is not None and end is not None else None

    @cached_property
    def values(self) -> dict[str, str]:
        """What texts may name in braces."""
        target = self.attempt.target
        values = {
            "url": self.attempt.options.url,
            "host": "",
            "port": "",
            "path": "",
            "status": "",
            "server": "",
        }
        if target is not None:
            values |= {
                "url": target.url,
                "host": target.host or (target.unix_path or ""),
                "port": str(target.port),
                "path": target.request_target,
                "scheme": "wss" if target.secure else "ws",
                "other_scheme": "ws" if target.secure else "wss",
                "other_url": _with_scheme(target.url, "ws" if target.secure else "wss"),
                "same_port_url": _on_port(target),
                "site": _with_scheme(target.url, "https" if target.secure else "http").removesuffix(
                    target.request_target
                ),
                "http_url": _with_scheme(target.url, "https" if target.secure else "http"),
            }
        if self.head is not None:
            values |= {
                "status": str(self.head.status_code or ""),
                "reason": self.head.reason_phrase,
                "server": self.header("Server"),
                "location": self.header("Location"),
            }
        return values


def _on_port(target: TargetParsed) -> str:
    """The same port under the other scheme: a default port belongs to one scheme alone, so it is written out."""
    scheme = "ws" if target.secure else "wss"
    if target.unix_path is not None:
        return _with_scheme(target.url, scheme)
    host = f"[{target.host}]" if ":" in target.host else target.host
    return f"{scheme}://{host}:{target.port}{target.request_target}"


def _with_scheme(url: str, scheme: str) -> str:
    return f"{scheme}://{url.partition('://')[2]}"
