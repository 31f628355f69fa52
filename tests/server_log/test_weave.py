"""A log is woven into a session: on its clock, into its record and into its recording."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.diagnosis.story import asked
from wsinspect.connection.recorder import Recorder
from wsinspect.connection.replay import read_recording, replay
from wsinspect.events import Event, ServerLogged
from wsinspect.server_log.weave import LogWeaver
from wsinspect.session.record import SessionRecord


class Woven:
    """A weaver that runs, and the session that it feeds."""

    def __init__(self, path: Path) -> None:
        self.events: list[Event] = []
        self.troubles: list[str] = []
        self.came = asyncio.Event()
        self.now_ns = 1_000
        self.weaver = LogWeaver(
            path,
            self.sink,
            changed=self.changed,
            clock=lambda: self.now_ns,
            wall_clock=lambda: 1_714_564_800_000_000_000,
        )
        self.task = asyncio.ensure_future(self.weaver.run())

    def changed(self, trouble: str) -> None:
        self.troubles.append(trouble)
        self.came.set()

    def sink(self, event: Event) -> None:
        self.events.append(event)
        self.weaver.saw(event)
        self.came.set()

    async def news(self) -> None:
        async with asyncio.timeout(60):
            await self.came.wait()
        self.came.clear()

    async def end(self) -> list[str]:
        self.weaver.stop()
        async with asyncio.timeout(60):
            await self.task
        return [event.text for event in self.events if isinstance(event, ServerLogged)]


async def test_lines_wait_for_the_session_to_begin(tmp_path: Path) -> None:
    woven = Woven(tmp_path / "server.log")
    await woven.news()
    assert woven.troubles == ["is not there yet"]
    woven.weaver.follower.path.write_text("before\n")
    await woven.news()
    assert (woven.troubles[-1], woven.events) == ("", [])
    first, *others = asked().record().events
    woven.sink(first)
    assert [type(event).__name__ for event in woven.events] == ["AttemptStarted", "ServerLogged"]
    woven.now_ns += 5_000_000
    with woven.weaver.follower.path.open("a") as file:
        file.write("refused\nhalf")
    woven.came.clear()
    await woven.news()
    for event in others:
        woven.sink(event)
    assert await woven.end() == ["before", "refused", "half"]
    refused = woven.events[2]
    assert refused.at_ns == 5_000_000 + first.at_ns


async def test_a_recording_keeps_the_lines_and_older_ones_have_none(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "session.jsonl")
    record = SessionRecord()
    first, *others = asked().record().events
    line = ServerLogged(seq=0, at_ns=9, attempt=0, text="\x1b[31m503", wall_time_ns=5, precision_ns=10**9)
    for event in (first, line, *others):
        recorder(event)
        record.append(event)
    recorder.close()
    again = SessionRecord()
    replay(read_recording(recorder.path), again.append)
    assert [one.event for one in again.server_log.lines] == [line]
    assert again.server_log.lines == record.server_log.lines
    assert [event.seq for event in again.events] == [event.seq for event in record.events]
