"""The dialog that asks for the name under which something is saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from wsinspect.errors import WsinspectError
from wsinspect.safe_text import visible
from wsinspect.tui.actions import Scope, bindings
from wsinspect.tui.key_hints import dialog_keys
from wsinspect.tui.panes.key_footer import KeyFooter
from wsinspect.tui.panes.text_field import LineField
from wsinspect.tui.wording import FAILED_SIGN

Save = Callable[[str], Path | str]


class SaveProfileScreen(ModalScreen[Path | str | None]):
    """Asks for a name. Dismissed with what `save` returned, or None. `save` writes it and refuses with a WsinspectError, said in place."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.DIALOG)]

    def __init__(
        self,
        save: Save,
        suggestion: str,
        *,
        title: str = "Save as profile",
        does: str = "saves",
        of: str = "name",
    ) -> None:
        super().__init__()
        self._title = title
        self._save = save
        self._suggestion = suggestion
        self._does = does
        self._of = of
        """What is asked for, said where nothing is written."""

    def compose(self) -> ComposeResult:
        """A name and what is wrong with it."""
        with Vertical(id="save-box"):
            yield LineField(value=self._suggestion, placeholder=self._of, id="save-name")
            yield Static("", id="save-error", markup=False)
        yield KeyFooter()

    def on_mount(self) -> None:
        """Name the box."""
        box = self.query_one("#save-box")
        box.border_title = Content(visible(self._title))
        box.border_subtitle = Content(dialog_keys(f"Enter {self._does}"))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        try:
            path = self._save(event.value.strip())
        except WsinspectError as error:
            self.query_one("#save-error", Static).update(Content(visible(f"{FAILED_SIGN} {error}")))
        else:
            self.dismiss(path)

    def action_dismiss_dialog(self) -> None:
        """Close without saving."""
        self.dismiss(None)
