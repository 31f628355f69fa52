"""What can be wrong with a URL, as a closed list, and the error that says so in one line."""

from __future__ import annotations

from enum import StrEnum

from wsinspect.errors import UsageError
from wsinspect.safe_text import shortened, visible

_SHOWN_CHARACTERS = 60


class UrlProblem(StrEnum):
    """Why a URL is refused; the `code` of a failed URL step."""

    EMPTY = "empty"
    TOO_LONG = "too-long"
    WHITESPACE = "whitespace"
    CONTROL_CHARACTER = "control-character"
    """A control, bidirectional or otherwise invisible character."""
    PLACEHOLDER = "placeholder"
    """`undefined`, `${HOST}` and the like where the host or the scheme belongs."""
    SCHEME = "scheme"
    DOUBLED_SCHEME = "doubled-scheme"
    FRAGMENT = "fragment"
    HOST_MISSING = "host-missing"
    HOST_INVALID = "host-invalid"
    IDNA = "idna"
    PORT = "port"
    SOCKET_PATH = "socket-path"


class UrlError(UsageError):
    """A URL can't be connected to. Never quotes user-info, path or query, which may hold secrets."""

    def __init__(self, problem: UrlProblem, what: str, *, allowed: str = "", hint: str = "") -> None:
        super().__init__(what, where="URL", allowed=allowed, hint=hint)
        self.problem = problem


def shown(text: str) -> str:
    """Quote a piece of the URL for an error: printable characters only, at most 60."""
    printable = "".join(char if char.isprintable() else f"\\u{{{ord(char):04x}}}" for char in visible(text))
    return f"'{shortened(printable, _SHOWN_CHARACTERS)}'"
