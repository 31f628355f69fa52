"""Recordings played: at once, in their time, faster, step by step; the record grows as it did live."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.diagnosis.story import Story, asked, close, fin, idle, opened, received, sent_text, text
from tests.session.test_as_events import facts, file_of
from tests.tui.stage import staged
from wsinspect.connection.recording import read_recording
from wsinspect.events import BytesReceived, Event, Layer
from wsinspect.session.as_events import RecordAsEvents
from wsinspect.session.record import SessionRecord
from wsinspect.tui.opening import Opening
from wsinspect.tui.playback import Mode, Playback

STORY = (
    opened()
    + text("a")
    + received(b"\x81\x01b\x81\x01c\x81\x05hel")
    + received(b"lo")
    + sent_text("d")
    + idle(s=2)
    + close(1000)
    + fin()
)


def saved(story: Story, path: Path) -> Path:
    path.write_bytes(file_of(RecordAsEvents(story.record())))
    return path


class Watched(SessionRecord):
    """A record that can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.grew = asyncio.Event()

    def append(self, event: Event) -> None:
        super().append(event)
        self.grew.set()

    async def until_step(self, playback: Playback) -> None:
        """Take a step and wait until it is there."""
        self.grew.clear()
        playback.step()
        async with asyncio.timeout(60):
            await self.grew.wait()


@pytest.mark.parametrize("speed", [None, 100.0, 0.0])
async def test_however_it_is_played_the_record_is_the_same(speed: float | None, tmp_path: Path) -> None:
    record = Watched()
    playback = Playback(read_recording(saved(STORY, tmp_path / "a.jsonl")), record.append, speed=speed)
    doing = asyncio.create_task(playback.run())
    while speed == 0 and not playback.over:
        await record.until_step(playback)
        await asyncio.sleep(0)
        if record.attempts and record.attempts[-1].ended:
            break
    playback.to_end()
    await asyncio.wait_for(doing, 60)
    assert playback.mode is Mode.ENDED
    assert facts(record) == facts(STORY.record())


async def test_a_step_is_one_frame_or_one_event_that_is_seen(tmp_path: Path) -> None:
    record = Watched()
    playback = Playback(read_recording(saved(STORY, tmp_path / "a.jsonl")), record.append, speed=0.0)
    doing = asyncio.create_task(playback.run())
    async with asyncio.timeout(60):
        await record.grew.wait()
    grown = []
    while not record.attempts or not record.attempts[-1].ended:
        before = record.frame_count, len(record.events)
        await record.until_step(playback)
        await asyncio.sleep(0)
        frames, events = record.frame_count - before[0], len(record.events) - before[1]
        if frames or events:
            grown.append((frames, events))
    assert {frames for frames, _ in grown} == {0, 1}
    assert {events for _, events in grown} <= {0, 1}
    assert record.frame_count == STORY.record().frame_count
    playback.to_end()
    await asyncio.wait_for(doing, 60)


async def test_time_passes_as_fast_as_asked_and_stands_still_in_a_pause(tmp_path: Path) -> None:
    story = opened() + text("a") + idle(s=60) + close(1000) + fin()
    record = Watched()
    playback = Playback(read_recording(saved(story, tmp_path / "a.jsonl")), record.append, speed=1.0)
    assert playback.length_ns == story.record().last_ns
    doing = asyncio.create_task(playback.run())
    async with asyncio.timeout(30):
        while record.frame_count < 1:
            record.grew.clear()
            await record.grew.wait()
    # The idle time is next: it comes to an end sooner when it is played faster.
    playback.pause()
    held = playback.now_ns()
    await asyncio.sleep(0.02)
    assert playback.now_ns() == held
    assert not record.attempts[-1].ended
    loop = asyncio.get_running_loop()
    began = loop.time()
    playback.set_speed(1000)
    await asyncio.wait_for(doing, 30)
    assert loop.time() - began > 0.05
    assert record.attempts[-1].ended


async def test_reading_can_be_stopped_and_leaves_what_was_read(tmp_path: Path) -> None:
    story = opened()
    for number in range(50):
        story += text(str(number))
    path = saved(story, tmp_path / "a.jsonl")
    record = SessionRecord()
    playback: Playback

    def sink(event: Event) -> None:
        record.append(event)
        if isinstance(event, BytesReceived) and event.layer is Layer.WEBSOCKET:
            playback.stop()

    playback = Playback(read_recording(path), sink, speed=1000.0)
    await asyncio.wait_for(playback.run(), 60)
    assert playback.stopped
    assert record.frame_count == 1
    assert 0 < playback.fraction <= 1


async def test_it_is_played_with_keys(tmp_path: Path) -> None:
    path = saved(STORY, tmp_path / "a.jsonl")
    async with staged(opening=Opening(recording=path)) as stage:
        session = stage.app.session
        playback = session.playback
        assert playback is not None
        assert playback.over
        assert "REPLAY a.jsonl" in stage.screen_text()
        whole = facts(session.record)
        await stage.press("full_stop")
        assert len(session.record.events) == 1
        assert "‖ 1x 0.0" in stage.screen_text()
        await stage.press("full_stop", "full_stop")
        assert len(session.record.events) == 3
        await stage.press("greater_than_sign")
        assert "▶ 1x" in stage.screen_text()
        await stage.press("less_than_sign")
        assert "▶ 0.1x" in stage.screen_text()
        await stage.press("greater_than_sign", "greater_than_sign")
        assert "▶ 2x" in stage.screen_text()
        await stage.press("p")
        assert "‖ 2x" in stage.screen_text()
        await stage.press("right_curly_bracket")
        assert facts(session.record) == whole
        await stage.press("left_curly_bracket")
        assert len(session.record.events) == 1


@pytest.mark.parametrize(
    ("story", "said"),
    [(opened(), "Open after 101"), (asked(), "no byte back")],
    ids=["open", "connecting"],
)
async def test_nothing_is_offered_that_a_recording_has_not(story: Story, said: str, tmp_path: Path) -> None:
    async with staged(story) as stage:
        assert "Press " in stage.screen_text()
        assert said in stage.screen_text()
    path = saved(story, tmp_path / "a.jsonl")
    async with staged(opening=Opening(recording=path)) as stage:
        shown = stage.screen_text()
    assert said in shown
    assert "Press " not in shown
    assert "gives up" not in shown
    assert ("the recording ends here" in shown) is (said == "no byte back")


async def test_what_is_no_recording_is_not_played() -> None:
    async with staged(opened()) as stage:
        await stage.press("greater_than_sign")
        assert "this is no recording" in stage.told()
        await stage.press("right_curly_bracket")
        assert stage.app.session.record.attempts
