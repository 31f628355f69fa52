"""What the command palette offers: every action that makes sense now, with its key and its sentence."""

from __future__ import annotations

from collections.abc import Callable

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from wsinspect.tui.actions import place_of
from wsinspect.tui.actions_now import Possible, possible

_MOVES = (
    "row-",
    "frame-up",
    "frame-down",
    "frame-first",
    "frame-last",
    "frames-page",
    "pick-",
    "field-",
    "bar-",
)
"""Ids of what merely moves, and is on keys that everybody knows: it comes last."""


class ActionsProvider(Provider):
    """Offers the actions of the screen under the palette."""

    def _possible(self) -> list[Possible]:
        found = possible(self.screen)
        return sorted(
            found,
            key=lambda one: (
                one.action.id.startswith(_MOVES),
                bool(one.pane),
                not one.action.show,
                place_of(one.action.id),
            ),
        )

    async def discover(self) -> Hits:
        """Yield everything."""
        for one in self._possible():
            yield DiscoveryHit(
                self._shown(one, Content(one.action.name)), one.run, one.action.name, one.action.tooltip
            )

    async def search(self, query: str) -> Hits:
        """Yield what the words are found in: the name first, then the sentence."""
        matcher = self.matcher(query)
        words = query.lower().split()
        for one in self._possible():
            name, sentence = one.action.name, one.action.tooltip
            score = matcher.match(name)
            if score <= 0 and not all(word in f"{name} {sentence}".lower() for word in words):
                continue
            shown = matcher.highlight(name) if score > 0 else Content(name)
            yield Hit(max(score, 0.01), self._shown(one, shown), one.run, name, sentence)

    def _shown(self, one: Possible, name: Content) -> Content:
        keys_of: Callable[[str], str] = getattr(self.app, "keys_of", str)
        return name.append("  ").append(Content(keys_of(one.action.id)).stylize("bold $text-accent"))
