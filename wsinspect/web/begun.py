"""What every page begins with, handed from the server to the process behind a page."""

from __future__ import annotations

from msgspec import Struct, json

from wsinspect.options import ConnectOptions

VARIABLE = "WSINSPECT_SERVED"
"""The environment carries it: a command line, where every user of the machine may read it, would show its secrets."""


class Begun(Struct, frozen=True, kw_only=True):
    """A target as the command line gave it; nothing of it means the connect screen."""

    options: ConnectOptions | None = None
    profile: str | None = None
    recording: str | None = None
    """Path of a recording, absolute."""
    show_secrets: bool = False

    def encoded(self) -> str:
        """Return it as text for the environment."""
        return json.encode(self).decode()


def begun(text: str) -> Begun:
    """Return what `Begun.encoded` wrote. Raises msgspec.ValidationError for anything else."""
    return json.decode(text, type=Begun)
