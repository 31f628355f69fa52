"""A dialog that finds one of many: typed words narrow the list, Enter takes what is highlighted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from wsinspect.errors import WsinspectError
from wsinspect.safe_text import shortened, visible
from wsinspect.tui.actions import Scope, bindings
from wsinspect.tui.after_typing import after_typing
from wsinspect.tui.copying import CopyableDialog
from wsinspect.tui.key_hints import hint
from wsinspect.tui.panes.key_footer import KeyFooter
from wsinspect.tui.panes.text_field import LineField
from wsinspect.tui.rows import MUTED, NAME, text
from wsinspect.tui.wording import FAILED_SIGN

_MOST_SHOWN = 300
_TITLE_SHOWN, _DETAIL_SHOWN = 160, 160


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose."""

    id: str
    title: str
    detail: str = ""


class PickScreen(CopyableDialog[str | None]):
    """Dismissed with the chosen id, or None. With `remove`, the delete key removes one and `undo` brings it back while
    `can_undo` says so; both return the choices that there are then, and refuse with a WsinspectError, said in place."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.DIALOG), *bindings(Scope.PICKER)]
    AUTO_FOCUS = "#pick-words"
    of_highlighted: ClassVar[tuple[str, ...]] = ("take", "remove")
    """The actions that need something to be highlighted."""

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        *,
        nothing: str = "nothing here yet",
        remove: Callable[[str], Sequence[Choice]] | None = None,
        undo: Callable[[], Sequence[Choice]] | None = None,
        can_undo: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__()
        self._title = title
        self._choices = choices
        self._nothing = nothing
        self._remove = remove
        self._undo = undo
        self._can_undo = can_undo
        self._shown: list[Choice] = []
        self._words = ""

    def compose(self) -> ComposeResult:
        """Words, then the list."""
        with Vertical(id="pick-box", classes="dialog"):
            yield LineField(placeholder="words to look for", id="pick-words", compact=True)
            yield OptionList(id="pick-list", markup=False, compact=True)
            yield Static("", id="pick-note", markup=False)
        yield KeyFooter()

    def on_mount(self) -> None:
        """Show everything."""
        self.query_one("#pick-box").border_title = Content(visible(self._title))
        # The words keep the focus; the arrow keys move in the list all the same.
        self.query_one(OptionList).can_focus = False
        self._fill()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Removing exists only where it means something, and bringing back where something was removed."""
        if action == "remove" and self._remove is None:
            return False
        if action == "undo_remove" and not self._can_undo():
            return False
        return super().check_action(action, parameters)

    def _fill(self, highlighted: int = 0) -> None:
        self._words = self.query_one(Input).value
        words = self._words.lower().split()
        self._shown = [
            one for one in self._choices if all(word in f"{one.title} {one.detail}".lower() for word in words)
        ]
        widest = min(44, max((len(one.title) for one in self._shown if one.detail), default=0))
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(
            Option(
                text(
                    (f"{shortened(one.title, _TITLE_SHOWN):<{widest if one.detail else 0}}", NAME),
                    (f"  {shortened(one.detail, _DETAIL_SHOWN)}", MUTED),
                )
            )
            for one in self._shown[:_MOST_SHOWN]
        )
        if self._shown:
            options.highlighted = min(highlighted, len(self._shown[:_MOST_SHOWN]) - 1)
        more = len(self._shown) - _MOST_SHOWN
        note = self._nothing if not self._choices else "nothing matches" if not self._shown else ""
        self._note(f"and {more} more; another word narrows the list" if more > 0 else note)
        self.query_one(KeyFooter).leave_out(() if self._shown else self.of_highlighted)

    def _note(self, note: str) -> None:
        self.query_one("#pick-note", Static).update(Content(visible(note)))

    def refuse(self, why: str) -> None:
        """Say what is wrong, below the list."""
        self._note(f"{FAILED_SIGN} {why}")

    def all_text(self) -> str:
        """Return what is listed, a line each."""
        return "".join(f"{one.title}  {one.detail}".rstrip() + "\n" for one in self._shown)

    @property
    def highlighted(self) -> Choice | None:
        """What Enter would take."""
        at = self.query_one(OptionList).highlighted
        return self._shown[at] if at is not None and at < len(self._shown) else None

    @on(Input.Changed, "#pick-words")
    def _narrow(self) -> None:
        if self.query_one(Input).value != self._words:
            self._fill()

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.option_list.highlighted = event.option_index
        self.take()

    def action_take(self) -> None:
        """Take what is highlighted, once the list is of the words that were typed before."""
        after_typing(self, self._take_of_words)

    def _take_of_words(self) -> None:
        if self.is_current:
            if self.query_one(Input).value != self._words:
                self._fill()
            self.take()

    def take(self) -> None:
        """Take what is highlighted now."""
        chosen = self.highlighted
        if chosen is not None:
            self.dismiss(chosen.id)

    def action_move(self, by: int) -> None:
        """Move in the list."""
        options = self.query_one(OptionList)
        if options.option_count:
            at = (options.highlighted or 0) + by
            options.highlighted = max(0, min(at, options.option_count - 1))

    def action_remove(self) -> None:
        """Remove what is highlighted."""
        chosen = self.highlighted
        if chosen is not None and self._remove is not None:
            self.change(
                lambda: self._remove(chosen.id) if self._remove else (),
                f"removed {chosen.title}" + hint("; {undo-remove} undoes"),
            )

    def action_undo_remove(self) -> None:
        """Bring back what was removed last."""
        if self._undo is not None:
            self.change(self._undo, "brought back")

    def change(self, change: Callable[[], Sequence[Choice]], told: str) -> None:
        """Change the choices and say what was done."""
        try:
            self._choices = change()
        except WsinspectError as error:
            self.refuse(str(error))
            return
        self._fill(self.query_one(OptionList).highlighted or 0)
        self._note(told)
        self.refresh_bindings()

    def action_dismiss_dialog(self) -> None:
        """Choose nothing."""
        self.dismiss(None)
