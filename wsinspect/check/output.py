"""The one owner of stdout and stderr in headless use: what is printed arrives, or one line says why not."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from wsinspect.errors import UsageError
from wsinspect.safe_text import visible


def colour_wanted() -> bool:
    """Say whether stdout may have colour: a terminal that is not dumb, and no NO_COLOR (no-color.org)."""
    return (
        sys.stdout is not None
        and sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
    )


def text_width() -> int:
    """Return the columns that text for people may take: the terminal's, from 40 to 110; 100 where there is none."""
    said = os.environ.get("COLUMNS", "")
    columns = int(said) if said.isdecimal() else 0
    if not columns:
        with suppress(AttributeError, OSError, ValueError):
            columns = os.get_terminal_size(sys.stdout.fileno()).columns
    return max(40, min(110, columns or 100))


def say(note: str) -> None:
    """Print one note for people on stderr; scripts that read stdout never see it."""
    if sys.stderr is not None and sys.stderr.isatty():
        print(f"wsinspect: {visible(note)}", file=sys.stderr, flush=True)


def complain(message: str) -> None:
    """Print one line on stderr about a mistake, whoever reads it."""
    if sys.stderr is not None:
        encoding = sys.stderr.encoding or "utf-8"
        line = f"wsinspect: {visible(message)}".encode(encoding, "backslashreplace").decode(encoding)
        print(line, file=sys.stderr, flush=True)


def write_out(text: str) -> None:
    """Write to stdout, what its encoding can't carry as escapes.

    A reader that went away (`| head -1`) is no mistake, and a stdout that was closed before we began is wanted so.

    Raises:
        UsageError: the text can't be written, e.g. on a full disk.
    """
    if sys.stdout is None:
        return
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        drop_stdout()
    except OSError as error:
        drop_stdout()
        raise UsageError(f"can't be written: {error.strerror}", where="standard output") from error


def drop_stdout() -> None:
    """Let what is still buffered go nowhere, so that Python does not complain of it at its end."""
    try:
        descriptor = sys.stdout.fileno()
    except (AttributeError, OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
