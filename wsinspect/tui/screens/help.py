"""Help: the keys of what has the focus, of the screen, and what the signs mean; made from the table of actions."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from wsinspect.tui.actions import Action, Scope, bindings, of
from wsinspect.tui.copying import CopyableDialog
from wsinspect.tui.panes.rows_view import RowsView
from wsinspect.tui.rows import BLANK, MUTED, Row, heading, row, text

_SIGNS = (
    ("✓ ✗ ■ ·", "succeeded, failed, stopped by us, never reached"),
    ("◐", "under way"),
    ("◌ ● ◍ ○", "CONNECTING, OPEN, CLOSING, CLOSED"),
    ("↑ ↓", "sent, received"),
    ("F123M", "a frame's FIN, RSV1 to RSV3 and MASK bits; · is a bit that is 0"),
    ("▌ ◆ ◈", "a frame that is selected, marked, both"),
    ("▾ ▸", "open, closed: Enter or Space changes it"),
    ("›", "Enter shows the event or frame that this stands on"),
)


def key_shown(action: Action) -> str:
    """Return an action's keys as people write them."""
    names = {
        "question_mark": "?",
        "slash": "/",
        "apostrophe": "'",
        "quotation_mark": '"',
        "minus": "-",
        "plus": "+",
        "equals_sign": "=",
        "left_square_bracket": "[",
        "right_square_bracket": "]",
        "pageup": "PgUp",
        "pagedown": "PgDn",
        "escape": "Esc",
        "enter": "Enter",
        "space": "Space",
        "up": "↑",
        "down": "↓",
        "home": "Home",
        "end": "End",
    }
    return " ".join(
        names.get(key, key.replace("ctrl+", "^").replace("shift+", "⇧")) for key in action.key.split(",")
    )


def help_rows(scopes: tuple[Scope, ...]) -> list[Row]:
    """Return keys by scope, then the signs."""
    rows: list[Row] = []
    for scope in scopes:
        rows += [heading(f"Keys {scope}")]
        rows += [
            row(
                (action.title, "bold"),
                (f"  {action.tooltip}", MUTED),
                gutter=text((f"{key_shown(action):<16}", "$text-accent")),
            )
            for action in of(scope)
        ]
        rows.append(BLANK)
    rows.append(
        row(
            ("all of them", "bold"),
            ("  the command palette", MUTED),
            gutter=text((f"{'^p':<16}", "$text-accent")),
        )
    )
    rows.append(
        row(
            ("panes", "bold"),
            ("  the next pane, the one before", MUTED),
            gutter=text((f"{'Tab Shift+Tab':<16}", "$text-accent")),
        )
    )
    rows += [BLANK, heading("Signs")]
    rows += [row(meaning, gutter=text((f"{sign:<16}", "bold"))) for sign, meaning in _SIGNS]
    return [*rows, BLANK, *cause_rows()]


def cause_rows() -> list[Row]:
    """Return the catalogue of causes by stage."""
    # Loaded here: only somebody who asks for help waits for the whole catalogue.
    from wsinspect.diagnosis.catalogue import by_stage, load
    from wsinspect.diagnosis.stand_ins import headline_in_general

    rows = [heading("Causes"), row(("`wsinspect explain ID` tells all of one", MUTED))]
    for stage, causes in by_stage(load().values()).items():
        rows += [BLANK, heading(str(stage))]
        rows += [row((cause.id, "bold"), (f"  {headline_in_general(cause)}", MUTED)) for cause in causes]
    return rows


class HelpScreen(CopyableDialog[None]):
    """Shows the keys of the given scopes."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.DIALOG), *bindings(Scope.READING)]

    def __init__(self, scopes: tuple[Scope, ...]) -> None:
        super().__init__()
        self._scopes = scopes

    def compose(self) -> ComposeResult:
        """The rows in a box."""
        yield RowsView(id="help-rows")

    def on_mount(self) -> None:
        """Fill the box."""
        rows = self.query_one(RowsView)
        rows.border_title = Content("Help")
        rows.border_subtitle = Content("y copies   Esc closes")
        rows.show(help_rows(self._scopes))
        rows.focus()

    def action_dismiss_dialog(self) -> None:
        """Close."""
        self.dismiss(None)
