"""One line about the whole session: state, target, time open, RTT, counts, recording, what was dropped."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.widgets import Static

from wsinspect.events import ReadyState
from wsinspect.safe_text import shortened
from wsinspect.session.attempt import Attempt
from wsinspect.session.record import SessionRecord
from wsinspect.tui.panes.timeline_rows import STATE_SIGNS
from wsinspect.tui.rows import MUTED, Part, text
from wsinspect.tui.wording import RECEIVED_SIGN, SENT_SIGN, amount, clock, counted, duration, size

_STATE_STYLES = {
    ReadyState.CONNECTING: "bold $text-warning",
    ReadyState.OPEN: "bold $text-success",
    ReadyState.CLOSING: "bold $text-warning",
    ReadyState.CLOSED: "bold $text-error",
}


@dataclass(frozen=True, slots=True)
class About:
    """What the line tells beyond the record."""

    recording: str = ""
    """Name of the file that is written, empty for none."""
    recording_ended: bool = False
    """Whether nothing more could be written."""
    recording_lacks: int = 0
    """Events that came after that."""
    replayed: str = ""
    """Name of the recording that is shown, empty for a live session."""
    scenario: str = ""
    retry_at_ns: int | None = None
    """When another attempt begins by itself, if one is to."""
    reconnects: bool = False
    """Whether one would, after a failure."""
    profile: str = ""
    playback: str = ""
    """What is being done with the recording that is shown, empty for nothing."""
    work: str = ""
    """What is done beside everything else, and how far it has come; empty for nothing."""
    secrets_shown: bool = False
    """Whether secrets stand on the screen unmasked."""


def status_content(record: SessionRecord, attempt: Attempt, about: About, now_ns: int, width: int) -> Content:
    """Return the line in `width` cells: the target gives way first."""
    state = attempt.ready_state
    left: list[Part] = [(f" {STATE_SIGNS[state]} {state.value} ", _STATE_STYLES[state])]
    right: list[Part] = []
    if attempt.opened_ns is not None:
        until = attempt.ended_ns if attempt.ended_ns is not None else now_ns
        right.append((f" {clock(max(0, until - attempt.opened_ns))}", "bold"))
    if attempt.heartbeat.last_rtt_ns is not None:
        right.append(f"  RTT {duration(attempt.heartbeat.last_rtt_ns)}")
    frames = record.frames
    right.append((f"  {SENT_SIGN}", MUTED))
    right.append(f"{amount(frames.sent)} {size(frames.bytes_sent)}")
    right.append((f"  {RECEIVED_SIGN}", MUTED))
    right.append(f"{amount(frames.received)} {size(frames.bytes_received)}")
    if about.reconnects:
        right.append(("  ↻ auto", MUTED))
    if about.retry_at_ns is not None:
        left_s = max(0, about.retry_at_ns - now_ns) / 1e9
        right.append((f"  retry in {left_s:.1f} s", "bold $text-warning"))
    if about.secrets_shown:
        right.append(("  SECRETS SHOWN", "bold $text-error"))
    if about.recording:
        ended = about.recording_ended
        right.append(("  ✗ REC STOPPED " if ended else "  ● REC ", "bold $text-error"))
        right.append(shortened(about.recording, 20))
        if about.recording_lacks:
            right.append((f" lacks {counted(about.recording_lacks, 'event')}", "bold $text-error"))
    if about.work:
        right.append((f"  {about.work}", "bold $text-accent"))
    if about.playback:
        right.append((f"  {about.playback} ", "bold $text-accent"))
    elif about.replayed:
        right.append(("  ▷ REPLAY ", "bold $text-accent"))
    if about.replayed:
        right.append(shortened(about.replayed, 24))
    dropped = frames.dropped_bytes
    if dropped or record.dropped_events:
        right.append((f"  dropped {size(dropped)}", "bold $text-warning"))
        if record.dropped_events:
            right.append((f", {amount(record.dropped_events)} events", "bold $text-warning"))
    right.append(" ")
    head, tail = text(*left), text(*right)
    room = width - head.cell_length - tail.cell_length - 1
    name = about.profile or (f"lab {about.scenario}" if about.scenario else "")
    target = attempt.target.url if attempt.target is not None else attempt.options.url
    middle = text((f"{name}  " if name else "", "bold $text-accent"), target)
    if middle.cell_length > room:
        middle = middle.truncate(max(0, room), ellipsis=True)
    gap = " " * max(0, room - middle.cell_length)
    return Content.assemble(head, " ", middle, gap, tail)


class StatusLine(Static):
    """Shows the status; told by its owner when to look again."""

    DEFAULT_CSS = "StatusLine { height: 1; width: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__("", id=id, markup=False)
        self._content = Content("")

    def tell(self, content: Content) -> None:
        """Show another line; the same one costs nothing."""
        if content.plain != self._content.plain or content.spans != self._content.spans:
            self._content = content
            self.update(content, layout=False)
