"""The line at the bottom: the keys that work now, as many as there is room for, help and palette always among them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.content import Content
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from wsinspect.safe_text import visible
from wsinspect.tui.actions import ALWAYS_SHOWN, place_of
from wsinspect.tui.key_names import UNBOUND

_GAP = 2


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A key, what it does, and the cells where it stands."""

    key: str
    """In Textual's spelling, to be pressed when it is clicked."""
    id: str
    shown: str
    title: str
    tooltip: str
    start: int = 0

    @property
    def width(self) -> int:
        """Cells that it takes."""
        return len(self.shown) + 1 + len(self.title)


class KeyFooter(Widget, can_focus=False):
    """Shows what is bound where the focus is. A click presses the key."""

    DEFAULT_CSS = """
    KeyFooter { dock: bottom; height: 1; width: 1fr; background: $footer-background; color: $footer-description-foreground; }
    KeyFooter > .footer--key { color: $footer-key-foreground; text-style: bold; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"footer--key"}
    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[ShownKey] = []
        self._idle: Collection[str] = ()

    @property
    def keys(self) -> list[ShownKey]:
        """What is shown, from left to right."""
        return self._keys

    def on_mount(self) -> None:
        """Be told when other keys work."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)
        self._fill()

    def on_unmount(self) -> None:
        """Be told no longer."""
        self.screen.bindings_updated_signal.unsubscribe(self)

    def leave_out(self, names: Collection[str]) -> None:
        """Show none of these actions, by their ids: they would do nothing now, and say so where their keys are pressed."""
        if names != self._idle:
            self._idle = names
            self._fill()

    def on_resize(self, _event: events.Resize) -> None:
        """More room, or less."""
        self._fill()

    def _bindings_changed(self, _screen: Screen[object]) -> None:
        self._fill()

    def _fill(self) -> None:
        if not self.is_attached or self.size.width <= 0:
            return
        keys = fitting(self._bound(), self.size.width - 2)
        if keys != self._keys:
            self._keys = keys
            self.refresh()

    def _bound(self) -> list[ShownKey]:
        # Not in the order of the bindings: one of the application's that goes before all others would bring its other ones along.
        around = (self.screen.focused or self.screen).ancestors_with_self
        depth: dict[object, int] = {node: at for at, node in enumerate(around)}
        shown_bindings = []
        for node, binding, _enabled, _tooltip in self.screen.active_bindings.values():
            nearness = depth.get(node, len(depth))
            if binding.show and binding.key != UNBOUND and binding.id not in self._idle:
                # A keymap puts what it moves to another key last: the table says what comes first.
                shown_bindings.append((nearness, place_of(binding.id), binding))
        found: dict[str, ShownKey] = {}
        for _, _, binding in sorted(shown_bindings, key=lambda one: one[:2]):
            name = binding.id or binding.action
            shown = self.app.get_key_display(binding)
            key = ShownKey(binding.key, name, visible(shown), visible(binding.description), binding.tooltip)
            found.setdefault(name, key)
        return list(found.values())

    def render_line(self, y: int) -> Strip:
        """Return the line."""
        base = self.visual_style
        key_style = self.get_visual_style("footer--key")
        content = Content(" ")
        for key in self._keys:
            content += Content(" " * (key.start + 1 - content.cell_length))
            content += Content(key.shown).stylize(key_style) + Content(f" {key.title}")
        strip = Strip(content.render_segments(base))
        return strip.adjust_cell_length(self.size.width, base.rich_style)

    def _at(self, x: int) -> ShownKey | None:
        return next((key for key in self._keys if key.start <= x - 1 < key.start + key.width), None)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Say what the key under the mouse does."""
        key = self._at(event.x)
        self.tooltip = key.tooltip if key is not None else None

    def on_click(self, event: events.Click) -> None:
        """Press the key."""
        key = self._at(event.x)
        if key is not None:
            self.app.simulate_key(key.key)


def fitting(keys: list[ShownKey], room: int) -> list[ShownKey]:
    """Return the keys that `room` cells hold, with their places: the first ones, and always help and palette, at the end.

    The order is that of the table of actions, what is nearest to the focus first.
    """
    always = [key for key in keys if key.id in ALWAYS_SHOWN]
    others = [key for key in keys if key.id not in ALWAYS_SHOWN]

    def width(chosen: list[ShownKey], gap: int) -> int:
        return sum(key.width for key in chosen) + gap * (len(chosen) - 1)

    while others and width([*others, *always], _GAP) > room:
        if width([*others, *always], 1) <= room:
            break
        others.pop()
    chosen = [*others, *always]
    gap = _GAP if width(chosen, _GAP) <= room else 1
    placed, start = [], 0
    for key in chosen:
        placed.append(ShownKey(key.key, key.id, key.shown, key.title, key.tooltip, start))
        start += key.width + gap
    return placed
