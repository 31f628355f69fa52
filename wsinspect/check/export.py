"""`wsinspect export`: a recording in, another format out."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from wsinspect.atomic_file import write_atomically
from wsinspect.check.output import drop_stdout, say
from wsinspect.connection.replay import read_recording, restored
from wsinspect.errors import UsageError
from wsinspect.export.formats import FORMATS, export_session
from wsinspect.session.record import SessionRecord

if TYPE_CHECKING:
    from pathlib import Path

    from wsinspect.export.raw import Selection


def export_recording(
    path: Path, to: str, output: Path | None, *, show_secrets: bool, selection: Selection
) -> None:
    """Write the recording at `path` in the format `to` to `output` (0600, whole or not at all), or to stdout.

    Raises:
        UsageError: the recording can't be read, holds nothing for this format, or the output can't be written.
    """
    if output is None and FORMATS[to].binary and sys.stdout is not None and sys.stdout.isatty():
        raise UsageError(
            f"{to} is nothing for a terminal", where="export", hint="add -o FILE, or redirect the output"
        )
    if output is not None and not output.parent.is_dir():
        raise UsageError(
            "can't be written: its folder does not exist", where=str(output), hint="choose another file"
        )
    record = SessionRecord()
    try:
        recording = read_recording(path)
        for event in restored(recording):
            record.append(event)
        if recording.truncated:
            say(f"{path}: the last line is cut off; what stands before it is exported")
        pieces = export_session(record, to, show_secrets=show_secrets, selection=selection)
        if output is not None:
            write_atomically(output, pieces)
        else:
            _to_stdout(pieces)
        if record.frames.dropped_bytes:
            say(f"{record.frames.dropped_bytes} bytes of payload were not kept and are left out")
    finally:
        record.close()


def _to_stdout(pieces: Iterable[bytes]) -> None:
    if sys.stdout is None:
        return
    try:
        sys.stdout.buffer.writelines(pieces)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        drop_stdout()
    except OSError as error:
        drop_stdout()
        raise UsageError(f"can't be written: {error.strerror}", where="standard output") from error
