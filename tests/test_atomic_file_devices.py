"""What is written into a pipe or a device goes through it, and it stays what it is."""

from __future__ import annotations

import os
from pathlib import Path

from wsinspect.atomic_file import write_atomically


def test_a_pipe_is_written_into_and_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomically(path, b"through it")
        assert os.read(reader, 100) == b"through it"
    finally:
        os.close(reader)
    assert path.is_fifo()
    assert list(tmp_path.iterdir()) == [path]
