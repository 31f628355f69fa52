"""What is told of a mistake of our own: one line, and a file with the details, secrets masked."""

from __future__ import annotations

import os
from collections.abc import Sequence

from wsinspect.check.output import complain
from wsinspect.export.crash_file import ASK, CrashedError, crash_note

EXIT_CODE = 70
"""EX_SOFTWARE of sysexits.h: no code of `check` means this."""


def tell_crash(error: BaseException, arguments: Sequence[str] | None = None) -> int:
    """Say in one line that something unexpected happened and where the details are; return the exit code.

    The details are a file that its owner alone can read. `arguments` are those of the command line.
    """
    if os.environ.get(ASK):
        import traceback

        traceback.print_exception(error.mistake if isinstance(error, CrashedError) else error)
    else:
        complain(crash_note(error, arguments=arguments))
    return EXIT_CODE
