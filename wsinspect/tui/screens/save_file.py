"""The dialog that asks where to save a file. Nothing is written over without a question."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from wsinspect.atomic_file import write_atomically
from wsinspect.errors import UsageError, WsinspectError
from wsinspect.safe_text import visible
from wsinspect.tui.actions import Scope, bindings
from wsinspect.tui.panes.key_footer import KeyFooter
from wsinspect.tui.panes.text_field import LineField
from wsinspect.tui.rows import MUTED, row
from wsinspect.tui.screens.confirm import ConfirmScreen
from wsinspect.tui.wording import FAILED_SIGN


def proposed_name(what: str, host: str, suffix: str) -> str:
    """Return a file name such as `wsinspect-report-echo.example-20250131-120500.md`."""
    safe = re.sub(r"[^A-Za-z0-9.-]+", "-", host).strip("-.")[:60]
    now = time.strftime("%Y%m%d-%H%M%S")
    return "-".join(part for part in ("wsinspect", what, safe, now) if part) + suffix


class SaveFileScreen(ModalScreen[Path | None]):
    """Asks for a path, and writes there for its owner alone. Dismissed with the whole path, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.DIALOG)]

    def __init__(self, suggestion: str, content: bytes, *, title: str) -> None:
        super().__init__()
        self._suggestion = suggestion
        self._content = content
        self._title = title

    def compose(self) -> ComposeResult:
        """A path and what is wrong with it."""
        with Vertical(id="save-box"):
            yield LineField(value=self._suggestion, placeholder="file", id="save-name", select_on_focus=False)
            yield Static("", id="save-error", markup=False)
        yield KeyFooter()

    def on_mount(self) -> None:
        """Name the box."""
        box = self.query_one("#save-box")
        box.border_title = Content(visible(self._title))
        box.border_subtitle = Content("Enter saves, Esc closes")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        try:
            path = _checked(event.value.strip())
        except WsinspectError as error:
            self._refuse(error)
            return
        if not path.exists():
            self._write(path)
            return

        def answered(wanted: bool | None) -> None:
            if wanted:
                self._write(path)

        there = [
            row(f"{path.name} is there already with {path.stat().st_size} bytes."),
            row((f"in {path.parent}", MUTED)),
        ]
        self.app.push_screen(ConfirmScreen("Write over a file", there, "Write over it?"), answered)

    def _write(self, path: Path) -> None:
        try:
            write_atomically(path, self._content)
        except WsinspectError as error:
            self._refuse(error)
        else:
            self.dismiss(path)

    def _refuse(self, error: WsinspectError) -> None:
        self.query_one("#save-error", Static).update(Content(visible(f"{FAILED_SIGN} {error}")))

    def action_dismiss_dialog(self) -> None:
        """Close without saving."""
        self.dismiss(None)


def _checked(typed: str) -> Path:
    if not typed:
        raise UsageError("no file is named")
    try:
        path = Path(typed).expanduser().absolute()
        if path.is_dir():
            raise UsageError("is a folder", where=str(path), hint="add a file's name")
        if not path.parent.is_dir():
            raise UsageError("there is no such folder", where=str(path.parent))
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(f"can't be a file's name: {error}") from error
    return path
