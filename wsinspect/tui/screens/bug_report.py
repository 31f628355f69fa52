"""The bug report before it leaves: what is masked, what is in it, and the whole of it, to be copied or saved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from wsinspect.atomic_file import write_atomically
from wsinspect.diagnosis.finding import Diagnosis
from wsinspect.errors import UsageError
from wsinspect.export.bug_report import Part, bug_report, frames_in_report, parts_present
from wsinspect.export.log_lines import lines_in_report
from wsinspect.export.masked_parts import ADDED, masked_parts
from wsinspect.export.redact import SHORTEST, Redactor
from wsinspect.session.attempt import Attempt
from wsinspect.session.record import SessionRecord
from wsinspect.tui.actions import Scope, bindings
from wsinspect.tui.copying import CopyWanted, selected_text
from wsinspect.tui.key_hints import hint
from wsinspect.tui.panes.key_footer import KeyFooter
from wsinspect.tui.panes.rows_view import RowsView
from wsinspect.tui.rows import BLANK, EMPTY, HEADING, MUTED, WARNING, FoldPlace, Row, heading, row, text
from wsinspect.tui.saving import Overwriting, chosen_path, proposed_name
from wsinspect.tui.screens.save_profile import SaveProfileScreen
from wsinspect.tui.wording import counted

_MASK_STYLE = f"bold reverse {WARNING}"
_MASK, _PART = "mask ", "part "


class BugReportScreen(Screen[None]):
    """Shows the report on one attempt. What stands in the preview is what is copied and saved, to the letter."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.BUG_REPORT)]
    AUTO_FOCUS = "#report-preview"

    def __init__(
        self, record: SessionRecord, attempt: Attempt, diagnosis: Diagnosis, *, show: bool = False
    ) -> None:
        super().__init__()
        self._record = record
        self._attempt = attempt
        self._diagnosis = diagnosis
        self._show = show
        self._also: list[str] = []
        self._without: set[Part] = set()
        self._text = ""
        self._forms: dict[str, tuple[str, ...]] = {}
        """How each mask may look in the text, by the mask."""

    def compose(self) -> ComposeResult:
        """What is masked and what is in it, beside the text."""
        yield Static("", id="report-title", markup=False)
        with Container(id="report-body"):
            yield RowsView(id="report-parts", classes="report-pane")
            yield RowsView(id="report-preview", classes="report-pane")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Make the report."""
        self._parts.border_title = Content("What is masked, and what is in it")
        self._preview.border_title = Content("The report, as it is copied and saved")
        self._make()
        self._parts.point_at_first_place()

    def on_resize(self) -> None:
        """Side by side where there is room."""
        self.set_class(self.size.width >= 120, "-wide")

    @property
    def _parts(self) -> RowsView:
        return self.query_one("#report-parts", RowsView)

    @property
    def _preview(self) -> RowsView:
        return self.query_one("#report-preview", RowsView)

    def _make(self) -> None:
        """Make the report anew, and show it."""
        redact = Redactor.for_session(self._record, show=self._show, also=self._also)
        self._text = bug_report(
            self._record, self._diagnosis, redact, attempt=self._attempt, without=self._without
        )
        self._forms = {forms[0]: forms for forms in redact.masks.values()}
        self._preview.show(
            _preview_rows(self._text, [form for forms in self._forms.values() for form in forms])
        )
        masked = self._mask_rows(redact)
        present = parts_present(self._record, self._diagnosis, redact, self._attempt)
        self._parts.show([*masked, BLANK, *self._part_rows(present)])
        self._tell_title()

    def _tell_title(self) -> None:
        number, count = self._attempt.number, len(self._record.attempts)
        which = f"attempt {number} of {count}" if count > 1 else "one attempt"
        shown = [
            forms for forms in self._forms.values() if any(form in _unescaped(self._text) for form in forms)
        ]
        said = (
            ("  SECRETS ARE IN IT", "bold $text-error")
            if self._show
            else (f"  {counted(len(shown), 'secret')} masked", f"bold {WARNING}" if shown else MUTED)
        )
        self.query_one("#report-title", Static).update(text((" Bug report ", "bold"), (which, MUTED), said))

    def _mask_rows(self, redact: Redactor) -> list[Row]:
        if self._show:
            masks = hint(", {show-secrets} in the panes masks them")
            return [
                heading("Masked"),
                row((f"nothing: secrets are shown now{masks}", "bold $text-error")),
            ]
        places: dict[str, list[str]] = {}
        kinds: dict[str, dict[str, None]] = {}
        lines, _ = lines_in_report(self._record, self._attempt)
        for part in masked_parts(self._record, redact, frames_in_report(self._attempt), lines):
            for shown in part.masks:
                places.setdefault(shown, []).append(part.where)
                kinds.setdefault(shown, {})[part.kind] = None
        for secret in self._also:
            (shown, *_) = redact.masks[secret]
            kinds.setdefault(shown, {})[ADDED] = None
            places.setdefault(shown, [])
        rows = [heading("Masked", hint("{row-choose} shows the next place") if kinds else "")]
        if not kinds:
            rows.append(
                row(
                    (
                        "no secret was found; payloads may hold some" + hint(": {report-mask} masks them"),
                        MUTED,
                    )
                )
            )
        for shown, found in kinds.items():
            times = sum(_unescaped(self._text).count(form) for form in self._forms.get(shown, (shown,)))
            rows.append(
                row(
                    (shown, _MASK_STYLE),
                    f"  {', '.join(found)}",
                    (
                        f"  {counted(times, 'time')}; in {', '.join(dict.fromkeys(places[shown]))}"
                        if places[shown]
                        else f"  {counted(times, 'time')}",
                        MUTED,
                    ),
                    place=FoldPlace(f"{_MASK}{shown}"),
                )
            )
        return rows

    def _part_rows(self, present: Sequence[Part]) -> list[Row]:
        rows = [heading("In the report", hint("{row-choose} leaves a part out, or takes it in again"))]
        for part in present:
            out = part in self._without
            rows.append(
                row(
                    ("[ ] " if out else "[x] ", "bold"),
                    (str(part), MUTED if out else ""),
                    place=FoldPlace(f"{_PART}{part}"),
                )
            )
        return rows

    @on(RowsView.Chosen)
    def _chosen(self, event: RowsView.Chosen) -> None:
        event.stop()
        if not isinstance(event.place, FoldPlace):
            return
        key = event.place.key
        if key.startswith(_PART):
            self._without ^= {Part(key.removeprefix(_PART))}
            self._make()
        else:
            self._show_next(key.removeprefix(_MASK))

    def _show_next(self, mask: str) -> None:
        """Move the preview to the next line that holds a mask, round the end."""
        forms = self._forms.get(mask, (mask,))
        lines = self._text.split("\n")
        holding = [at for at, line in enumerate(lines) if any(form in _unescaped(line) for form in forms)]
        if holding:
            after = [at for at in holding if at > self._preview.cursor]
            self._preview.reveal((after or holding)[0], to_top=True)

    def action_copy_report(self) -> None:
        """Copy the report, or what is selected of it."""
        selected = selected_text(self)
        self.post_message(CopyWanted(*(selected or (self._text, "the bug report"))))

    def action_save(self) -> None:
        """Save the report in a file."""
        from wsinspect.tui.screens.composing import ComposingScreen

        overwriting = Overwriting()

        def save(name: str) -> Path:
            path = chosen_path(name)
            overwriting.check(path)
            write_atomically(path, self._text.encode())
            return path.absolute()

        def saved(path: Path | str | None) -> None:
            if path is not None:
                note = "; its secrets are in it" if self._show else ""
                self.post_message(ComposingScreen.Notice(f"the bug report is saved in {path}{note}"))

        suggestion = proposed_name(self._record, ".md")
        self.app.push_screen(SaveProfileScreen(save, suggestion, title="Save the bug report"), saved)

    def action_mask_more(self) -> None:
        """Ask for another text to mask."""
        selected = selected_text(self)
        suggestion = selected[0].strip() if selected is not None else ""

        def take(wanted: str) -> str:
            if len(wanted) < SHORTEST:
                raise UsageError(f"{wanted!r} is too short", allowed=f"{SHORTEST} characters or more")
            if wanted not in _unescaped(self._text):
                raise UsageError("the report holds no such text", hint="letters count as they are written")
            return wanted

        def taken(wanted: Path | str | None) -> None:
            if wanted is not None:
                self._also.append(str(wanted))
                self._make()
                self._tell_what_is_left(str(wanted))

        screen = SaveProfileScreen(
            take,
            "" if "\n" in suggestion else suggestion,
            title="Mask wherever it stands",
            does="masks",
            of="text",
        )
        self.app.push_screen(screen, taken)

    def _tell_what_is_left(self, wanted: str) -> None:
        """Headings and the names of causes are the report's own."""
        from wsinspect.tui.screens.composing import ComposingScreen

        left = _unescaped(self._text).count(wanted)
        if left:
            told = f"{wanted!r} still stands {counted(left, 'time')} in words of the report's own"
            self.post_message(ComposingScreen.Notice(told, bad=True))

    def action_unmask(self) -> None:
        """Take back what was masked last by hand."""
        from wsinspect.tui.screens.composing import ComposingScreen

        if not self._also:
            self.post_message(ComposingScreen.Notice("nothing was masked by hand; secrets stay masked here"))
            return
        self._also.pop()
        self._make()

    def action_leave(self) -> None:
        """Back to the panes."""
        self.dismiss(None)


def _unescaped(markdown: str) -> str:
    """Return text as it reads: Markdown has a backslash before what it gives a meaning."""
    return re.sub(r"\\([\\`*_\[\]|~$])", r"\1", markdown)


def _preview_rows(report: str, masks: Sequence[str]) -> list[Row]:
    """Return the report's lines, headings told and every mask marked."""
    pattern = None
    if masks:
        # In a paragraph, Markdown has a backslash before each asterisk.
        ways = sorted(
            {way for mask in masks for way in (mask, mask.replace("*", r"\*"))}, key=len, reverse=True
        )
        pattern = re.compile("|".join(map(re.escape, ways)))
    return [Row(EMPTY, _marked(line, pattern)) for line in report.rstrip("\n").split("\n")]


def _marked(line: str, pattern: re.Pattern[str] | None) -> Content:
    if line.startswith("#"):
        content = text((line, HEADING))
    elif line.startswith("```"):
        content = text((line, MUTED))
    else:
        content = text(line)
    for found in pattern.finditer(content.plain) if pattern is not None else ():
        content = content.stylize(_MASK_STYLE, *found.span())
    return content
