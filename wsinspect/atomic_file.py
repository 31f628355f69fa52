"""Files that are whole or not there: written aside, flushed, renamed; readable by their owner alone."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable, Generator, Iterable
from functools import partial
from pathlib import Path

from wsinspect.errors import UsageError


def write_atomically(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write `content`, whole or piece by piece, to `path` with mode 0600; on any failure the old content stays.

    Raises:
        UsageError: the folder or the file can't be written; the message says why.
    """
    steps = writing_atomically(path, (content,) if isinstance(content, bytes) else content)
    try:
        for wait in steps:
            if wait is not None:
                wait()
    finally:
        # What was not finished is taken away.
        steps.close()


def writing_atomically(
    path: Path, pieces: Iterable[bytes]
) -> Generator[Callable[[], object] | None, None, None]:
    """Do what `write_atomically` does, yielding after each piece. Who goes no further and closes it leaves no file.

    What is yielded that is not None waits for the disk: it is to be called, in another thread if need be, before going on, and
    raises UsageError, too.

    Raises:
        UsageError: as there.
    """
    if _leads_elsewhere(path):
        yield from _written_into(path, pieces)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise UsageError(f"can't be written: {error.strerror}", where=str(path)) from error
    try:
        with os.fdopen(handle, "wb") as file:
            for piece in pieces:
                file.write(piece)
                yield None
            file.flush()
            yield partial(_wait_for_disk, file.fileno(), path)
        Path(name).replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        if isinstance(error, OSError):
            raise UsageError(f"can't be written: {error.strerror}", where=str(path)) from error
        raise


def _wait_for_disk(handle: int, path: Path) -> None:
    try:
        os.fsync(handle)
    except OSError as error:
        raise UsageError(f"can't be written: {error.strerror}", where=str(path)) from error


def _leads_elsewhere(path: Path) -> bool:
    """Whether it is a device or a pipe, in whose place no file may be put."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISBLK(mode) or stat.S_ISFIFO(mode)


def _written_into(path: Path, pieces: Iterable[bytes]) -> Generator[None, None, None]:
    try:
        with path.open("wb") as file:
            for piece in pieces:
                file.write(piece)
                yield None
    except OSError as error:
        raise UsageError(f"can't be written: {error.strerror}", where=str(path)) from error
