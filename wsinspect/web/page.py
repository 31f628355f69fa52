"""The process behind one page: `python -m wsinspect.web.page`, begun by the server."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from wsinspect.check.crash import tell_crash
from wsinspect.check.output import complain
from wsinspect.errors import WsinspectError
from wsinspect.tui.run import run_app
from wsinspect.web.begun import VARIABLE, begun


def main() -> int:
    """Run the UI for one page and return the exit code."""
    wanted = begun(os.environ.pop(VARIABLE, "{}"))
    try:
        return run_app(
            options=wanted.options,
            profile=wanted.profile,
            recording=Path(wanted.recording) if wanted.recording is not None else None,
            show_secrets=wanted.show_secrets,
            in_browser=True,
        )
    except WsinspectError as error:
        complain(str(error))
        return 2
    except Exception as error:  # noqa: BLE001 - the last resort: the server prints what it says on its own terminal
        return tell_crash(error)


if __name__ == "__main__":
    sys.exit(main())
