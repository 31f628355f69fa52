"""What the inspector shows: pulled from the session on a timer, diagnosed, and given room."""

from __future__ import annotations

from dataclasses import replace

from textual import on
from textual.widgets import Static

from wsinspect.diagnosis.engine import diagnose
from wsinspect.diagnosis.finding import Diagnosis
from wsinspect.events import ReadyState
from wsinspect.session.attempt import Attempt
from wsinspect.tui.idle_actions import idle_actions
from wsinspect.tui.key_hints import hint
from wsinspect.tui.masked import ScreenMask, masked_content, masked_rows
from wsinspect.tui.pace import Pace
from wsinspect.tui.panes.diagnosis_rows import diagnosis_rows, verdict
from wsinspect.tui.panes.event_detail import detail_rows
from wsinspect.tui.panes.frame_state import progress_bar
from wsinspect.tui.panes.handshake_rows import handshake_rows
from wsinspect.tui.panes.key_footer import KeyFooter
from wsinspect.tui.panes.playback_state import playback_told
from wsinspect.tui.panes.rows_view import RowsView
from wsinspect.tui.panes.status_line import About, StatusLine, status_content
from wsinspect.tui.panes.timeline_pane import TimelineRows
from wsinspect.tui.panes.timeline_rows import timeline_rows
from wsinspect.tui.rows import text
from wsinspect.tui.screens.connecting import ConnectingScreen
from wsinspect.tui.session import Recorder, Session
from wsinspect.tui.work import Work

_TICK_S = 0.04
_WAITING_NS = 100_000_000
_OPEN_NS = 1_000_000_000
"""How often the screen is filled and the diagnosis asked again while nothing but time has changed: a connection that is open and
silent for hours must not keep a machine busy."""
_FEW_FRAMES = 5
"""So many leave their room to what was found."""


class ShowingScreen(ConnectingScreen):
    """Pulls from the session on a timer and shows it."""

    def __init__(self, session: Session, about: About, *, show_secrets: bool = False) -> None:
        super().__init__(session)
        self._mask = ScreenMask(show=show_secrets)
        self.about = about
        self._attempt_shown: int | None = None
        """Position of the attempt that is shown, None for the newest."""
        self._attempts_seen = 0
        self._finding_shown = 0
        self._cause_shown: tuple[int, str, int] | None = None
        self._answered: tuple[int, bool] = (0, False)
        self._diagnosis = Diagnosis(findings=())
        self._seen: tuple[object, ...] = ()
        self._diagnosed: tuple[object, ...] = ()
        self._handshake_seen: tuple[object, ...] = ()
        self.pace = Pace()
        """When the screen is filled again; to be told of keys."""
        self._events_shown = 0
        self._ended_recorder: Recorder | None = None
        self._was_open = False
        """The one whose end was told of."""
        self.work: Work | None = None
        """What is done beside everything else."""

    def on_mount(self) -> None:
        """Name the panes and start looking at the session."""
        self.name_panes()
        self.load_history()
        self.set_interval(_TICK_S, self._tick)
        self.look()

    def show_session(self, session: Session, about: About) -> None:
        """Show another session from its beginning."""
        self.stop_repeating()
        self._session = session
        self.about = about
        self._attempt_shown, self._finding_shown, self._chosen = None, 0, False
        self._seen = self._diagnosed = self._handshake_seen = ()
        self._attempts_seen = 0
        for view in self.query(RowsView):
            view.begin_anew()
        self.look()

    @on(TimelineRows.Resized)
    def _timeline_resized(self) -> None:
        self.look()

    def _tick(self) -> None:
        """Look, unless a flood of frames would leave no time for keys; what happened to the connection is shown at once."""
        events = len(self._session.record.events)
        if self.pace.begin(urgent=events != self._events_shown):
            self._events_shown = events
            self.look()
            self.call_after_refresh(self.pace.painted)

    @property
    def shown(self) -> Attempt | None:
        """The attempt that is shown."""
        attempts = self._session.record.attempts
        if not attempts:
            return None
        if self._attempt_shown is None or self._attempt_shown >= len(attempts):
            return attempts[-1]
        return attempts[self._attempt_shown]

    def look(self) -> None:
        """Pull what has changed since the last time."""
        record = self._session.record
        idle = idle_actions(self._session, paused=self.frames.frame_list.paused, zooms=self.zooms)
        self.query_one(KeyFooter).leave_out(idle)
        self._hold_what_is_read(len(record.attempts))
        attempt = self.shown
        if attempt is None:
            self._show_nothing()
            return
        now_ns = self._session.now_ns()
        retry_at_ns = self._session.retry_at_ns
        playback, work = self.told_of_playback(), self.told_of_work()
        waiting = not attempt.ended or retry_at_ns is not None
        beat = now_ns // self._period_ns(attempt) if waiting else 0
        width = self.rows_of("timeline").scrollable_content_region.width
        seen = (
            record.version,
            beat,
            retry_at_ns,
            self.reconnects,
            attempt.number,
            self.size,
            self._zoomed,
            width,
            tuple(self.timeline.opened),
            playback,
            work,
        )
        self.frames.refresh_badge()
        if seen == self._seen:
            return
        self._seen = seen
        is_open = attempt.ready_state is ReadyState.OPEN
        if is_open and not self._was_open:
            self.composer.opened()
        self._was_open = is_open
        self._diagnose(attempt, now_ns)
        self.frames.pull(record)
        self.frames.tell_empty(_no_frames(attempt))
        redact = self._mask.of(record)
        rows = timeline_rows(record, attempt, now_ns, width, self.timeline.opened, redact)
        self.rows_of("timeline").show(masked_rows(rows, redact))
        self.show_moment()
        self._show_handshake(attempt)
        self._show_diagnosis(attempt, now_ns)
        about = replace(
            self.about,
            retry_at_ns=retry_at_ns,
            reconnects=self.reconnects,
            playback=playback,
            work=work,
            secrets_shown=self._mask.shows,
        )
        recorder = self._session.recorder
        if recorder is not None and recorder.problem is not None:
            about = replace(about, recording_ended=True, recording_lacks=recorder.dropped_events)
            if recorder is not self._ended_recorder:
                self._ended_recorder = recorder
                self.post_message(
                    self.Notice(
                        recorder.problem + hint("; {save-recording} records into another file"), bad=True
                    )
                )
        status = status_content(record, attempt, about, now_ns, self.size.width)
        self.query_one(StatusLine).tell(masked_content(status, redact))
        self._adapt(attempt, now_ns)

    def show_moment(self) -> None:
        """Show the details of the moment under the timeline's cursor."""
        timeline, attempt, record = self.rows_of("timeline"), self.shown, self._session.record
        if attempt is not None and 0 <= timeline.cursor < len(timeline.rows):
            redact = self._mask.of(record)
            rows = detail_rows(record, attempt, timeline.rows[timeline.cursor].place, redact)
            self.timeline.show_details(masked_rows(rows, redact))
        else:
            self.timeline.show_details([])

    def _hold_what_is_read(self, attempts: int) -> None:
        """An attempt that begins by itself does not take from under somebody's eyes what they have moved to."""
        seen, self._attempts_seen = self._attempts_seen, attempts
        reads = any(self.rows_of(pane).moved for pane in ("handshake", "diagnosis"))
        if attempts > seen > 0 and self._attempt_shown is None and reads:
            self._attempt_shown = seen - 1
            self.post_message(self.Notice(f"attempt {attempts} begins" + hint("; {next-attempt} shows it")))

    def forget_what_is_read(self) -> None:
        """Somebody wants to see something else."""
        for pane in ("handshake", "diagnosis"):
            self.rows_of(pane).moved = False

    def _show_nothing(self) -> None:
        told = self.told_of_playback() or "nothing recorded yet"
        self.query_one("#answer", Static).update("")
        self.query_one(StatusLine).tell(text((" ◌ ", "$text-muted"), (told, "$text-muted")))

    def told_of_playback(self) -> str:
        """Say what is being done with the recording that is shown."""
        playback = self._session.playback
        if self._session.converting:
            return "▷ READING THE HAR …"
        return "" if playback is None else playback_told(playback)

    def told_of_work(self) -> str:
        """Say what is done beside everything else."""
        work = self.work
        if work is None:
            return ""
        done = progress_bar(work.fraction()) if work.fraction is not None else "…"
        return f"{work.title} {done}" + hint("  {stop-work} stops")

    def _period_ns(self, attempt: Attempt) -> int:
        counts_down = self._session.retry_at_ns is not None
        return _OPEN_NS if attempt.ready_state is ReadyState.OPEN and not counts_down else _WAITING_NS

    def _diagnose(self, attempt: Attempt, now_ns: int) -> None:
        """Ask the engine when a fact is new, and now and then while only time passes."""
        record = self._session.record
        period = self._period_ns(attempt)
        key = (
            attempt.number,
            len(attempt.events),
            attempt.ready_state,
            record.frames.violation_count,
            len(record.attempts),
        )
        beat = now_ns // period if not attempt.ended else 0
        if (*key, beat) != self._diagnosed:
            self._diagnosed = (*key, beat)
            self._diagnosis = diagnose(record, attempt, now_ns)

    def _show_diagnosis(self, attempt: Attempt, now_ns: int) -> None:
        view = self.rows_of("diagnosis")
        live, playback = self._session.live, self._session.playback
        over = not live and playback is not None and playback.over
        rows = diagnosis_rows(attempt, self._diagnosis, now_ns, self._finding_shown, live=live, over=over)
        view.show(masked_rows(rows, self._mask.of(self._session.record)))
        answer = self._diagnosis.answer
        cause = (attempt.number, answer.cause if answer is not None else "", self._finding_shown)
        if cause != self._cause_shown:
            # Another finding about the same is no reason to move what somebody reads.
            same = self._cause_shown is not None and cause[::2] == self._cause_shown[::2]
            self._cause_shown = cause
            if not (same and view.moved):
                view.point_at_first_place()

    def _show_handshake(self, attempt: Attempt) -> None:
        exchange, proxy = attempt.handshake, attempt.proxy_exchange
        key = (
            attempt.number,
            len(exchange.request),
            len(exchange.response),
            len(proxy.response),
            len(proxy.request),
            len(attempt.tls.alerts),
            attempt.tls.certificates,
            attempt.tls.established,
            attempt.tls.verification,
            attempt.ended,
        )
        if key != self._handshake_seen:
            self._handshake_seen = key
            view = self.rows_of("handshake")
            view.show(masked_rows(handshake_rows(attempt), self._mask.of(self._session.record)))
            answered = (attempt.number, attempt.handshake.head is not None)
            if answered != self._answered:
                self._answered = answered
                if answered[1] and not view.has_focus and not view.moved:
                    self._show_answer()

    def _show_answer(self) -> None:
        """The answer is what matters in the handshake; the request is above it."""
        view = self.rows_of("handshake")
        response = next((at for at, one in enumerate(view.rows) if one.body.plain.startswith("Response")), 0)
        view.scroll_to_row(response)

    def _adapt(self, attempt: Attempt, now_ns: int) -> None:
        """Give room to what matters now, and say the answer in one line where the diagnosis is out of sight."""
        right = self.query_one("#right")
        quiet = not self._diagnosis.findings and attempt.opened_ns is not None
        frames = len(self._session.record.frames)
        right.update_classes(
            {
                "-quiet": quiet,
                "-no-frames": not frames,
                "-found": bool(self._diagnosis.findings),
                "-few-frames": frames <= _FEW_FRAMES,
            }
        )
        if not self.one_pane:
            return
        said = verdict(attempt, self._diagnosis, now_ns)
        answer = self.query_one("#answer", Static)
        answer.update(text(f"{said.sign} {self._mask.of(self._session.record)(said.text)}"))
        found = bool(self._diagnosis.findings)
        answer.set_class(found, "-bad")
        answer.set_class(quiet and not found, "-good")
        if not self._chosen and not self._zoomed and not self._reads:
            telling = "diagnosis" if found else "frames" if attempt.opened_ns is not None else "timeline"
            if telling != self._pane:
                self._show_pane(telling, focus=self._in_pane or self.focused is None)

    @property
    def _reads(self) -> bool:
        """Whether somebody has moved about in the pane that is shown, or types into it."""
        if self._pane != "frames":
            return self.rows_of(self._pane).moved
        frames = self.frames
        typing = self._in_pane and self.focused is not frames.frame_list
        return typing or frames.detail.display or not frames.frame_list.following


def _no_frames(attempt: Attempt) -> str:
    """Say why there are no frames."""
    if attempt.opened_ns is not None:
        return "no frame yet" if not attempt.ended else "no frame ever crossed this connection"
    return "none: the connection never opened" if attempt.ended else "none yet: the connection is not open"
