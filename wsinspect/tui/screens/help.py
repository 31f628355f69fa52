"""Help: what has the focus, its keys, its signs, what may be typed; made from the tables of actions and topics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.dom import DOMNode

from wsinspect.tui.actions import Action, Scope, bindings
from wsinspect.tui.copying import CopyableDialog
from wsinspect.tui.help_topics import ANYWHERE, TOPICS, Sign, Topic
from wsinspect.tui.key_hints import dialog_keys, sentences
from wsinspect.tui.panes.key_footer import KeyFooter
from wsinspect.tui.panes.rows_view import RowsView
from wsinspect.tui.rows import BLANK, MUTED, Row, heading, row, text

KeysOf = Callable[[str], str]
"""Returns an action's keys as people read them, by its id."""
_COLUMN = 16


def topic_of(nodes: Sequence[DOMNode]) -> Topic:
    """Return what is known of the first of `nodes`, the nearest first, that anything is known of."""
    for node in nodes:
        names = (node.id or "", *(kind.__name__ for kind in type(node).__mro__))
        found = next((TOPICS[name] for name in names if name in TOPICS), None)
        if found is not None:
            return found
    return ANYWHERE


def help_rows(topic: Topic, actions: Sequence[Action], keys_of: KeysOf) -> list[Row]:
    """Return the topic, the keys of `actions` by scope, signs, what may be typed, and causes where they belong."""
    rows = [heading(topic.title), row(sentences(topic.about)), BLANK]
    more = topic.more()
    if more:
        rows += [*(row(line) for line in more.rstrip().split("\n")), BLANK]
    rows += _sign_rows("Signs", topic.signs)
    scopes = dict.fromkeys(action.scope for action in actions)
    for scope in scopes:
        rows.append(heading(f"Keys {scope}"))
        rows += [_key_row(one, keys_of(one.id)) for one in actions if one.scope is scope]
        rows.append(BLANK)
    if topic is not ANYWHERE and Scope.INSPECTOR in scopes:
        rows += _sign_rows("Signs of the line at the top", ANYWHERE.signs)
    if topic.causes:
        rows += cause_rows()
    while rows[-1] is BLANK:
        rows.pop()
    return rows


def _key_row(action: Action, keys: str) -> Row:
    gutter = text((f"{keys or 'no key':<{_COLUMN}}", "$text-accent" if keys else MUTED))
    return row((action.title, "bold"), (f"  {action.tooltip}", MUTED), gutter=gutter)


def _sign_rows(title: str, signs: Sequence[Sign]) -> list[Row]:
    if not signs:
        return []
    rows = [row(sentences(meaning), gutter=text((f"{sign:<{_COLUMN}}", "bold"))) for sign, meaning in signs]
    return [heading(title), *rows, BLANK]


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
    """Shows rows that `help_rows` made. The key of help closes it again."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.DIALOG), *bindings(Scope.READING)]

    def __init__(self, rows: list[Row]) -> None:
        super().__init__()
        self.rows = rows
        """What is shown."""

    def compose(self) -> ComposeResult:
        """The rows in a box."""
        yield RowsView(id="help-rows")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Fill the box."""
        rows = self.query_one(RowsView)
        rows.border_title = Content("Help")
        rows.border_subtitle = Content(dialog_keys("{copy-dialog} copies"))
        rows.show(self.rows)
        rows.focus()

    def action_dismiss_dialog(self) -> None:
        """Close."""
        self.dismiss(None)
