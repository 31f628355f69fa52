"""Recorded, saved, read back: the same events, to the last frame."""

from __future__ import annotations

import asyncio
import io
import os
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from tests.connection.peer import (
    Seen,
    accept,
    close_frame,
    manager_for,
    opened,
    peer,
    read_frame,
    request_of,
    run_against,
    server_frame,
    switching,
)
from wsinspect.connection.decoding import broken_frame
from wsinspect.connection.manager import ConnectionManager
from wsinspect.connection.recorder import Recorder
from wsinspect.connection.replay import read_recording, replay, replay_timed
from wsinspect.errors import UsageError
from wsinspect.events import (
    AttemptStarted,
    BytesReceived,
    BytesSent,
    Event,
    Layer,
    StreamClosedLocally,
    StreamEnded,
)
from wsinspect.options import ConnectOptions
from wsinspect.wire.decoder import FrameDecoder
from wsinspect.wire.opcode import Direction
from wsinspect.wire.violations import ViolationKind

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter


async def compressed(reader: Reader, writer: Writer) -> None:
    """Echoes what we compressed after interim responses, then cuts a frame off."""
    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    await accept(reader, writer, "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover")
    for _ in range(3):
        writer.write(server_frame(*await read_frame(reader)))
    writer.write(server_frame(0x81, b"\xff") + b"\x82\x7e")
    await read_frame(reader)


async def refused(reader: Reader, writer: Writer) -> None:
    await request_of(reader)
    writer.write(b"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno")


async def invalid(reader: Reader, writer: Writer) -> None:
    reply = switching(await request_of(reader)).replace(b"Connection: Upgrade", b"Connection: close")
    writer.write(reply + b"\x81\x02hi\x81")


async def unfinished(reader: Reader, writer: Writer) -> None:
    """Begins a frame that is longer than any may be, and waits."""
    await accept(reader, writer)
    writer.write(HUGE)
    await reader.read()


HUGE = b"\x82\x7f" + b"\xff" * 8 + b"and so on"


def talk(manager: ConnectionManager) -> None:
    manager.send_text("compressed " * 20, fragments=2)
    manager.send_text("twice " * 20)


STORIES: dict[str, Callable[[Reader, Writer], Awaitable[None]]] = {
    "compressed": compressed,
    "refused": refused,
    "invalid": invalid,
    "plain": opened(server_frame(0x81, b"a") * 3 + close_frame(1001, b"bye"), then="fin"),
    "reset": opened(b"\x82\x05a", then="rst"),
    "unfinished": unfinished,
}


@pytest.mark.parametrize("story", STORIES)
async def test_a_recording_replays_to_the_same_events(story: str, tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    recorder, live = Recorder(path), Seen()

    def sink(event: Event) -> None:
        recorder(event)
        live(event)

    async with peer(STORIES[story]) as port, asyncio.timeout(60):
        manager = manager_for(port, sink, close_timeout_s=0.2)
        if await manager.open() and story == "compressed":
            talk(manager)
        await manager.wait_closed()
        manager.reconnect()
        await manager.shutdown()
    recorder.close()
    again: list[Event] = []
    replay(read_recording(path), again.append)
    assert again == [without_messages(event) for event in live]
    left = [event.frames is not None for event in again if isinstance(event, StreamClosedLocally)]
    assert any(left) == (story == "unfinished")
    if story != "refused":
        frames = [
            event.frames
            for event in again
            if isinstance(event, BytesReceived | BytesSent) and event.layer is Layer.WEBSOCKET
        ]
        assert frames
        assert all(batch is not None for batch in frames)


@pytest.mark.parametrize("size", [1, 3, 10, 12, len(HUGE)])
def test_a_frame_that_we_leave_because_it_broke_a_rule_is_the_same_in_any_chunks(size: int) -> None:
    decoder = FrameDecoder(Direction.RECEIVED)
    for at in range(0, len(HUGE), size):
        assert len(decoder.feed(HUGE[at : at + size])) == 0
    batch = broken_frame(decoder)
    assert batch is not None
    assert (list(batch.lengths), list(batch.starts)) == ([9], [0])
    kinds = [violation.kind for _, violation in batch.violations]
    assert kinds == [ViolationKind.LENGTH_TOO_LARGE, ViolationKind.CUT_OFF]


@pytest.mark.parametrize("begun", [b"", b"\x82", b"\x82\x7e\x01\x00abc", b"\x88\x02\x03\xe8\x81\x05late"])
def test_a_frame_that_is_only_late_is_not_taken_for_one_that_was_cut_off(begun: bytes) -> None:
    decoder = FrameDecoder(Direction.RECEIVED)
    decoder.feed(begun)
    assert broken_frame(decoder) is None


def without_messages(event: Event) -> Event:
    """Whole messages are collected live only, and only where somebody listens."""
    if isinstance(event, BytesReceived) and event.frames is not None:
        assert not event.frames.messages
    return event


async def sample() -> list[Event]:
    return list(await run_against(opened(close_frame(), then="fin")))


def saved(path: Path, events: list[Event]) -> Path:
    recorder = Recorder(path)
    for event in events:
        recorder(event)
    recorder.close()
    return path


async def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.touch(0o644)
    events = await sample()
    saved(path, events)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(read_recording(path)) == [unframed(event) for event in events]


def unframed(event: Event) -> Event:
    if isinstance(event, BytesReceived | BytesSent | StreamEnded):
        return msgspec.structs.replace(event, frames=None)
    return event


async def test_every_event_is_in_the_file_at_once(tmp_path: Path) -> None:
    events = await sample()
    recorder = Recorder(tmp_path / "a.jsonl")
    for count, event in enumerate(events, start=1):
        recorder(event)
        assert len(list(read_recording(recorder.path))) == count
    recorder.close()
    recorder.close()
    recorder(events[0])
    assert recorder.dropped_events == 1


async def test_a_full_disk_ends_the_recording_and_not_the_session(tmp_path: Path) -> None:
    events = await sample()
    full = Recorder("/dev/full")
    for event in events:
        full(event)
        assert full.problem is not None
        assert "No space left" in full.problem
    full.close()
    assert full.dropped_events == len(events)


async def test_after_a_failed_write_the_file_is_still_a_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = await sample()
    recorder = Recorder(tmp_path / "a.jsonl")
    recorder(events[0])
    real, room = os.write, [50]

    def nearly_full(fd: int, data: memoryview) -> int:
        if not room[0]:
            raise OSError(28, "No space left on device")
        taken = real(fd, data[: room[0]])
        room[0] -= taken
        return taken

    monkeypatch.setattr(os, "write", nearly_full)
    recorder(events[1])
    recorder(events[2])
    monkeypatch.undo()
    recorder.close()
    assert recorder.problem is not None
    assert recorder.dropped_events == 2
    reading = read_recording(recorder.path)
    assert list(reading) == events[:1]
    assert not reading.truncated


def test_a_file_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file or directory"):
        Recorder(tmp_path / "missing" / "a.jsonl")


async def test_a_cut_off_last_line_is_tolerated_and_said(tmp_path: Path) -> None:
    events = await sample()
    path = saved(tmp_path / "a.jsonl", events)
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    reading = read_recording(path)
    assert len(list(reading)) == len(events) - 1
    assert reading.truncated
    path.write_bytes(whole[:-1])
    reading = read_recording(path)
    assert len(list(reading)) == len(events)
    assert not reading.truncated


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: [b"{}\n", *lines[1:]], "line 1: not a wsinspect recording"),
        (lambda lines: [], "line 1: not a wsinspect recording"),
        (lambda lines: [lines[0], lines[1], b"{broken\n", *lines[2:]], "line 3: not an event"),
        (lambda lines: [*lines[:3], b"\n", *lines[3:]], "line 4: not an event"),
        (lambda lines: [lines[0], lines[1], lines[1]], "line 3: event number 1 after 1"),
        (lambda lines: [lines[0], lines[2]], "line 2: attempt 1 has not begun"),
        (
            lambda lines: [lines[0], lines[1], lines[1].replace(b'"seq":1', b'"seq":2')],
            "line 3: attempt 1 begins twice",
        ),
    ],
)
async def test_a_bad_line_names_file_and_line(
    change: Callable[[list[bytes]], list[bytes]], said: str, tmp_path: Path
) -> None:
    path = saved(tmp_path / "a.jsonl", await sample())
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(UsageError) as caught:
        list(read_recording(path))
    assert str(caught.value).startswith(f"{path}: {said}")
    assert "allowed" in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(UsageError, match="can't be read"):
            read_recording(path)


async def test_a_recording_can_come_from_a_stream(tmp_path: Path) -> None:
    events = await sample()
    data = saved(tmp_path / "a.jsonl", events).read_bytes()
    assert len(list(read_recording(io.BytesIO(data)))) == len(events)


async def test_timed_replay_keeps_the_order_and_the_pace() -> None:
    options = ConnectOptions(url="ws://x/")
    first = (await sample())[0]
    assert isinstance(first, AttemptStarted)
    assert first.options.url != options.url
    events: list[Event] = [
        msgspec.structs.replace(event, at_ns=position * 10_000_000)
        for position, event in enumerate(await sample())
    ]
    seen = Seen()
    loop = asyncio.get_running_loop()
    began = loop.time()
    await replay_timed([unframed(event) for event in events], seen, speed=2)
    took = loop.time() - began
    assert list(seen) == events
    assert took >= (len(events) - 1) * 0.005
    with pytest.raises(UsageError):
        await replay_timed([], seen, speed=0)
