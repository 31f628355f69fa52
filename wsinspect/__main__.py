"""`python -m wsinspect` is the console script."""

from __future__ import annotations

import gc
import sys

_COLLECT_AFTER = 50_000
_INTERRUPTED = 130


def main() -> None:
    """Run the program and exit."""
    # Starting makes some 50,000 objects and no garbage: with Python's own threshold of 700, looking for some takes a
    # tenth of the time until the first line is printed.
    gc.set_threshold(_COLLECT_AFTER, 20, 20)
    try:
        if sys.getfilesystemencoding() != "utf-8" and any(map(_was_not_read, sys.argv)):
            _again_in_utf_8()
        from wsinspect.cli import main as run

        run()
    except KeyboardInterrupt:  # while it was being loaded
        sys.exit(_INTERRUPTED)
    finally:
        # What is left dies with the process; nobody needs to go through it once more.
        gc.freeze()


def _was_not_read(argument: str) -> bool:
    """Say whether an argument holds bytes that the locale's encoding has no characters for (PEP 383)."""
    return any("\ud800" <= character <= "\udfff" for character in argument)


def _again_in_utf_8() -> None:
    """Become this program once more, reading arguments, file names and the terminal as UTF-8.

    The locale says otherwise, such as ASCII, but what was typed proves it wrong.
    """
    import os

    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


if __name__ == "__main__":
    main()
