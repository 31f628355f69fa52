"""Bytes by position: in memory, in the file, or counted as dropped."""

from __future__ import annotations

import errno
import os
import random
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wsinspect.session.spool import Spool

MIB = 1024 * 1024
LEAST_MEMORY = 48 * 1024
"""What a spool of no memory at all keeps there: a batch, one that arrives, and one on its way."""


def numbered(size: int, start: int = 0) -> bytes:
    """Bytes that tell where they belong."""
    return b"".join(number.to_bytes(8, "big") for number in range(start // 8, (start + size) // 8 + 1))[:size]


def test_small_pieces_are_gathered() -> None:
    spool = Spool(memory_bytes=MIB, file_bytes=MIB)
    for number in range(100_000):
        assert spool.append(b"abc") == 3 * number
    assert spool.size == 300_000
    assert spool.read(299_997, 100) == b"abc"
    spool.close()


@given(
    pieces=st.lists(st.sampled_from([0, 1, 7, 100, 70_000, 300_000]), max_size=40),
    memory=st.sampled_from([0, 1000, 200_000, 10 * MIB]),
    seed=st.integers(0, 1 << 16),
)
@settings(max_examples=60, deadline=None)
def test_what_was_appended_is_read_back_wherever_it_is(pieces: list[int], memory: int, seed: int) -> None:
    source = random.Random(seed)
    whole = source.randbytes(sum(pieces))
    spool = Spool(memory_bytes=memory, file_bytes=100 * MIB)
    position = 0
    for size in pieces:
        assert spool.append(whole[position : position + size]) == position
        position += size
    assert spool.size == len(whole)
    assert spool.read(0, len(whole) + 10) == whole
    for _ in range(10):
        start, size = source.randrange(len(whole) + 1), source.randrange(100_000)
        assert spool.read(start, size) == whole[start : start + size]
    assert (spool.dropped_bytes, spool.problem) == (0, None)
    spool.close()


def test_no_file_is_made_while_memory_suffices(tmp_path: Path) -> None:
    spool = Spool(memory_bytes=4 * MIB, file_bytes=MIB, folder=tmp_path / "missing")
    spool.append(bytes(3 * MIB))
    assert spool.problem is None
    spool.close()


def test_the_file_is_private_and_has_no_name(tmp_path: Path) -> None:
    spool = Spool(memory_bytes=0, file_bytes=MIB, folder=tmp_path)
    spool.append(numbered(200_000))
    assert spool.problem is None
    assert spool._file._descriptors
    for descriptor in spool._file._descriptors:
        assert stat.S_IMODE(os.fstat(descriptor).st_mode) == 0o600
    assert list(tmp_path.iterdir()) == []
    assert spool.read(80_000, 16) == numbered(16, 80_000)
    spool.close()


def test_memory_is_its_budget_and_three_quarters_of_it() -> None:
    spool = Spool(memory_bytes=2 * MIB, file_bytes=100 * MIB)
    data = numbered(6_000_000)
    for start in range(0, len(data), 100_000):
        spool.append(data[start : start + 100_000])
    # To ask waits for what is on its way to the file.
    assert spool.problem is None
    spool._file.close()
    assert spool._ring_bytes <= 2 * MIB * 7 / 4
    assert spool.read(len(data) - 2 * MIB, 2 * MIB) == data[-2 * MIB :]
    spool.close()


def test_beyond_the_limit_of_the_file_older_bytes_are_counted_as_dropped() -> None:
    spool = Spool(memory_bytes=0, file_bytes=250_000)
    data = numbered(1_000_000)
    for start in range(0, 1_000_000, 100_000):
        spool.append(data[start : start + 100_000])
    assert spool.size == 1_000_000
    assert spool.problem is not None
    assert "limit of 250000 bytes" in spool.problem
    assert spool.dropped_bytes == 750_000 - LEAST_MEMORY
    assert spool.read(249_000, 5000) == data[249_000:250_000]
    assert spool.read(300_000, 100) == b""
    assert spool.read(1_000_000 - LEAST_MEMORY, 10**6) == data[-LEAST_MEMORY:]
    spool.append(b"the newest")
    assert spool.read(1_000_000, 10) == b"the newest"
    spool.close()


def test_a_full_disk_is_said_and_nothing_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    real_pwrite = os.pwrite
    room = 250_000

    def pwrite(descriptor: int, data: memoryview, position: int) -> int:
        if position >= room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real_pwrite(descriptor, data[: room - position], position)

    monkeypatch.setattr("wsinspect.session.spool_file.os.pwrite", pwrite)
    spool = Spool(memory_bytes=0, file_bytes=100 * MIB)
    data = numbered(500_000)
    for start in range(0, 500_000, 100_000):
        spool.append(data[start : start + 100_000])
    assert spool.problem is not None
    assert "No space left" in spool.problem
    assert spool.dropped_bytes == 250_000 - LEAST_MEMORY
    assert spool.read(249_992, 100) == numbered(8, 249_992)
    assert spool.size == 500_000
    spool.close()


def test_a_flood_goes_past_the_cache_where_that_is_faster_and_is_read_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real_pwrite = os.pwrite
    used: list[int] = []

    def pwrite(descriptor: int, data: memoryview, position: int) -> int:
        used.append(descriptor)
        return real_pwrite(descriptor, data, position)

    monkeypatch.setattr("wsinspect.session.spool_file.os.pwrite", pwrite)
    spool = Spool(memory_bytes=MIB, file_bytes=100 * MIB)
    data = numbered(8 * MIB)
    # More at once than memory holds: it waits for the file all the time.
    spool.append(data)
    assert spool.problem is None
    assert len(set(used)) == len(spool._file._descriptors) == 2
    assert spool.read(0, 8 * MIB) == data
    spool.close()


def test_a_file_system_that_refuses_to_go_past_the_cache_costs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real_pwrite = os.pwrite
    refused: list[int] = []

    def pwrite(descriptor: int, data: memoryview, position: int) -> int:
        if descriptor != spool._file._descriptors[0]:
            refused.append(position)
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return real_pwrite(descriptor, data, position)

    monkeypatch.setattr("wsinspect.session.spool_file.os.pwrite", pwrite)
    spool = Spool(memory_bytes=MIB, file_bytes=100 * MIB)
    data = numbered(8 * MIB)
    spool.append(data)
    assert (spool.problem, spool.dropped_bytes, len(refused)) == (None, 0, 1)
    assert spool.read(0, 8 * MIB) == data
    spool.close()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    spool = Spool(memory_bytes=0, file_bytes=MIB, folder=tmp_path / "missing")
    spool.append(bytes(100_000))
    assert spool.problem is not None
    assert spool.dropped_bytes == 100_000 - LEAST_MEMORY
    spool.close()


@pytest.mark.parametrize("budget", [1 << 45, 1 << 80])
def test_a_budget_that_the_machine_does_not_have_is_made_smaller(budget: int) -> None:
    spool = Spool(memory_bytes=budget, file_bytes=MIB)
    spool.append(b"kept")
    assert spool.read(0, 10) == b"kept"
    spool.close()


def test_what_comes_after_close_is_read_and_what_came_before_is_not() -> None:
    spool = Spool(memory_bytes=MIB, file_bytes=MIB)
    spool.append(b"before")
    spool.close()
    assert spool.append(b"after") == 6
    assert (spool.read(0, 6), spool.read(6, 10)) == (b"", b"after")
    spool.close()


def test_after_close_there_is_nothing_and_no_descriptor() -> None:
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir()))
    spool = Spool(memory_bytes=0, file_bytes=MIB)
    spool.append(bytes(300_000))
    spool.close()
    spool.close()
    assert spool.read(0, 10) == b""
    assert spool.size == 300_000
    assert len(list(descriptors.iterdir())) == before
