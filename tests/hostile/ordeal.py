"""A run against a hostile peer, and what must hold after any of them: it ended, said why, and left nothing behind."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

from msgspec import Struct

from tests.connection.loopback import open_files, until
from tests.connection.peer import Script, peer
from wsinspect.connection.manager import ConnectionManager
from wsinspect.diagnosis.engine import diagnose
from wsinspect.diagnosis.finding import Diagnosis
from wsinspect.events import AttemptEnded, Event
from wsinspect.options import ConnectOptions
from wsinspect.session.attempt import Attempt
from wsinspect.session.record import SessionRecord

PATIENCE_S = 60.0


class Ordeal(Struct):
    """What is left of a run."""

    record: SessionRecord
    diagnosis: Diagnosis

    @property
    def attempt(self) -> Attempt:
        assert self.record.current is not None
        return self.record.current

    @property
    def limits(self) -> set[str]:
        """Which limits of `options.Limits` bit, by what the record says."""
        return {limit.limit for attempt in self.record.attempts for limit in attempt.limits}

    @property
    def failed(self) -> tuple[str, str] | None:
        """Step and kind of the failure, or None."""
        failure = self.attempt.failure
        return None if failure is None else (failure.step.value, failure.kind.value)


def left_in(folder: str) -> list[Path]:
    """Return what stands in a folder."""
    return list(Path(folder).iterdir())


@asynccontextmanager
async def nothing_left() -> AsyncIterator[None]:
    """Check that no descriptor, task, thread or temporary file outlives the block, nor the peer's side of it."""

    def there() -> tuple[int, set[asyncio.Task[Any]], set[threading.Thread]]:
        return open_files(), asyncio.all_tasks(), set(threading.enumerate())

    with tempfile.TemporaryDirectory() as folder, patch.object(tempfile, "tempdir", folder):
        before = there()
        yield

        def more_than_before() -> tuple[int, set[asyncio.Task[Any]], set[threading.Thread]]:
            # Fewer is well: what an earlier test left behind may go meanwhile.
            files, tasks, threads = there()
            return max(0, files - before[0]), tasks - before[1], threads - before[2]

        with suppress(TimeoutError):  # what is left is said below
            await until(lambda: more_than_before() == (0, set(), set()))
        assert more_than_before() == (0, set(), set())
        assert left_in(folder) == []


async def endure(url: str, *, close_after: int | None = None, **options: Any) -> Ordeal:
    """Connect to `url`, stay to the end, and diagnose; with `close_after` we close after that many frames.

    Short deadlines unless `options` has others, so that a peer that does nothing takes no time.
    """
    deadlines = {f"{step}_timeout_s": 2.0 for step in ("resolve", "tcp", "proxy", "tls", "upgrade")}
    chosen = ConnectOptions(url=url, **({**deadlines, "close_timeout_s": 0.2} | options))
    record = SessionRecord(chosen.limits)
    last: list[Event] = []

    def sink(event: Event) -> None:
        record.append(event)
        last[:] = [event]
        if close_after is not None and len(record.frames) >= close_after:
            manager.close()

    manager = ConnectionManager(chosen, sink, environ={})
    async with asyncio.timeout(PATIENCE_S):
        await manager.run()
    assert isinstance(last[0], AttemptEnded)
    return judged(record)


def judged(record: SessionRecord) -> Ordeal:
    """Check what a record says of its attempts: a failure always has a finding, and one with a name."""
    for attempt in record.attempts:
        assert attempt.ended
        found = diagnose(record, attempt)
        assert found.waiting is None
        if attempt.failure is not None:
            causes = [finding.cause for finding in found.findings]
            assert causes, f"no finding for {attempt.failure}"
            assert "unexplained" not in causes, f"no name for {attempt.failure}"
    ordeal = Ordeal(record, diagnose(record))
    record.close()
    return ordeal


async def against(script: Script, *, scheme: str = "ws", **options: Any) -> Ordeal:
    """Run against a scripted peer and check that nothing is left of it."""
    async with peer(script) as port, nothing_left():
        return await endure(f"{scheme}://127.0.0.1:{port}/", **options)
