"""What was sent before, to be fetched back: nothing that is being typed is lost on the way."""

from __future__ import annotations

_KEPT = 500


class History:
    """Entries from old to new, and a position in them; the draft stands after the newest."""

    def __init__(self) -> None:
        self._entries: list[str] = []
        self._position = 0
        self._draft = ""

    def add(self, entry: str) -> None:
        """Remember what was sent; the position is after it again."""
        if entry and (not self._entries or self._entries[-1] != entry):
            self._entries.append(entry)
            del self._entries[:-_KEPT]
        self._position, self._draft = len(self._entries), ""

    def back(self, present: str) -> str | None:
        """Return the entry before this one, None at the oldest; `present` is kept if it is the draft."""
        if self._position == 0:
            return None
        if self._position == len(self._entries):
            self._draft = present
        self._position -= 1
        return self._entries[self._position]

    def on(self) -> str | None:
        """Return the entry after this one, the draft after the newest, None beyond it."""
        if self._position == len(self._entries):
            return None
        self._position += 1
        return self._draft if self._position == len(self._entries) else self._entries[self._position]
