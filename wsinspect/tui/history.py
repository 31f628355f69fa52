"""What was sent before, to be fetched back: nothing that is being typed is lost on the way."""

from __future__ import annotations

import json
import os
from pathlib import Path

from wsinspect.atomic_file import write_atomically
from wsinspect.errors import UsageError

_KEPT = 500
_LONGEST = 16_384
"""Characters of an entry that is written down; a longer one is fetched back while the program runs."""
_READ_BYTES = 16 * 1024 * 1024


class History:
    """Entries from old to new, and a position in them; the draft stands after the newest."""

    def __init__(self, entries: list[str] | None = None) -> None:
        self._entries: list[str] = entries or []
        self._position = len(self._entries)
        self._draft = ""

    def load(self, older: list[str]) -> None:
        """Put what earlier runs sent before everything; nobody's position is disturbed."""
        self._entries[:0] = older
        self._position += len(older)

    def add(self, entry: str) -> bool:
        """Remember what was sent, and say whether it is new; the position is after it again."""
        new = bool(entry) and (not self._entries or self._entries[-1] != entry)
        if new:
            self._entries.append(entry)
            del self._entries[:-_KEPT]
        self._position, self._draft = len(self._entries), ""
        return new

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

    def newest_first(self) -> list[str]:
        """Return every entry once, the newest first."""
        return list(dict.fromkeys(reversed(self._entries)))


def read_history(path: Path) -> list[str]:
    """Return the entries of a history file from old to new; lines that are none, such as one cut off, are left out."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _READ_BYTES))
            lines = file.read().splitlines()
    except OSError:
        return []
    entries = []
    for line in lines[-_KEPT * 2 :]:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, str) and entry:
            entries.append(entry)
    return entries[-_KEPT:]


def append_history(path: Path, entry: str) -> None:
    """Add an entry to the file, 0600, with one write, so that two programs don't tear each other's lines. A file twice
    as long as what is kept is shortened, whole or not at all.

    Raises:
        UsageError: the file can't be written.
    """
    if len(entry) > _LONGEST:
        return
    line = json.dumps(entry).encode() + b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line)
        finally:
            os.close(handle)
        with path.open("rb") as file:
            count = sum(1 for _ in file)
    except OSError as error:
        raise UsageError(f"can't be written: {error.strerror}", where=str(path)) from error
    if count > _KEPT * 2:
        kept = read_history(path)
        write_atomically(path, (json.dumps(one).encode() + b"\n" for one in kept))
