"""Which actions make sense now: those of what has the focus, of what is around it, and of the panes beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from textual import actions
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

from wsinspect.tui.action import Action
from wsinspect.tui.actions import BY_ID
from wsinspect.tui.screens.inspector import InspectorScreen
from wsinspect.tui.screens.panes import PANES


@dataclass(frozen=True, slots=True)
class Possible:
    """An action and who does it."""

    action: Action
    handler: str
    owner: DOMNode
    pane: str = ""
    """The pane to go to first, empty where the focus is in the right place."""

    async def run(self) -> None:
        """Go there, and do it."""
        app = self.owner.app
        screen = app.screen
        if self.pane and isinstance(screen, InspectorScreen):
            if self.pane == _COMPOSER:
                screen.action_focus_composer()
            else:
                screen.action_go(self.pane)
        await app.run_action(self.handler, self.owner)


_COMPOSER = "composer"


def around_focus(screen: Screen[Any]) -> list[Possible]:
    """Return what keys can do now, the nearest to the focus first."""
    found: dict[str, Possible] = {}
    for node in (screen.focused or screen).ancestors_with_self:
        for action, handler in bound_by(node):
            if _allowed(node, handler):
                found.setdefault(action.id, Possible(action, handler, node))
        if node is screen and screen.is_modal:
            found |= {
                name: Possible(action, handler, screen.app)
                for action, handler in bound_by(screen.app)
                if (name := action.id) not in found
            }
            break
    return list(found.values())


def possible(screen: Screen[Any]) -> list[Possible]:
    """Return what can be done now from the palette: also what another pane would do."""
    found = {one.action.id: one for one in around_focus(screen)}
    if isinstance(screen, InspectorScreen):
        frames = screen.frames
        others: list[tuple[Widget, str]] = [
            (frames.frame_list, "frames"),
            (frames, "frames"),
            (screen.composer.field, _COMPOSER),
        ]
        if frames.detail.display:
            others.insert(0, (frames.detail, "frames"))
        if screen.focused is None or screen.focused.id not in PANES:
            others.append((screen.rows_of("diagnosis"), "diagnosis"))
        for owner, pane in others:
            for action, handler in bound_by(owner):
                if _allowed(owner, handler):
                    found.setdefault(action.id, Possible(action, handler, owner, pane))
    return [one for one in found.values() if one.action.id != "palette"]


def bound_by(node: DOMNode) -> Iterator[tuple[Action, str]]:
    """Yield the actions of the table that a node's class binds, with the handlers that they have there."""
    for kind in type(node).__mro__:
        for binding in kind.__dict__.get("BINDINGS", ()):
            if isinstance(binding, Binding) and binding.id in BY_ID:
                yield BY_ID[binding.id], binding.action


def _allowed(owner: DOMNode, handler: str) -> bool:
    _, name, parameters = actions.parse(handler)
    return owner.check_action(name, parameters) is not False
