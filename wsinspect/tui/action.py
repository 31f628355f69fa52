"""An action: something that a key does, with its words. The tables of them are in `actions` and the files it joins."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding

from wsinspect.tui.key_names import UNBOUND


class Scope(StrEnum):
    """Where an action works."""

    APP = "everywhere"
    INSPECTOR = "on this screen"
    ROWS = "in a pane"
    FRAMES = "in the frames"
    FRAMES_PANE = "with the frames"
    FRAME_BAR = "while a filter or search is typed"
    DETAIL = "in a frame's details"
    COMPOSER = "in the composer"
    CONNECT = "on the connect screen"
    DIALOG = "in a dialog"
    PICKER = "in a list to choose from"
    CONFIRM = "in a question"
    FORM = "in a form"
    PROFILES = "in the list of profiles"
    BUG_REPORT = "in the bug report"
    READING = "in a dialog of text"
    COPYING = "in every dialog"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that a key does. Its handler is the method `action_<handler>` of the scope's owner."""

    id: str
    """Kebab-case and stable: what a keymap names."""
    key: str
    """Keys, separated by commas, in Textual's spelling."""
    title: str
    """A word or two for the footer and the palette."""
    tooltip: str
    scope: Scope
    handler: str
    show: bool = False
    """Whether the footer has room for it."""
    priority: bool = False
    """Works even while something is typed."""

    @property
    def name(self) -> str:
        """Return what the palette calls it."""
        return self.id.replace("-", " ").capitalize()

    @property
    def keys(self) -> tuple[str, ...]:
        """Its keys, unless a keymap says otherwise."""
        return tuple(key for key in self.key.split(",") if key != UNBOUND)

    def binding(self, handler: str = "") -> Binding:
        """Return it as Textual wants it, with another handler where it is bound in another place as well."""
        return Binding(
            self.key,
            handler or self.handler,
            self.title,
            show=self.show,
            priority=self.priority,
            tooltip=self.tooltip,
            id=self.id,
        )


def action(
    scope: Scope,
    id: str,  # noqa: A002 - the table's own word
    key: str,
    title: str,
    tooltip: str,
    handler: str,
    *,
    show: bool = False,
    priority: bool = False,
) -> Action:
    """Return a row of the table of actions; the parameters are the fields of `Action`, in the table's order."""
    return Action(
        id=id,
        key=key,
        title=title,
        tooltip=tooltip,
        scope=scope,
        handler=handler,
        show=show,
        priority=priority,
    )
