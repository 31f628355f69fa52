"""Reconnecting by itself: switched by a key, shown while it waits, stopped by the one that ends things."""

from __future__ import annotations

from tests.diagnosis.story import Story, answered, asked, fin, happened, opened
from tests.tui.stage import staged
from wsinspect.events import AttemptEnded, ReconnectGivenUp, ReconnectScheduled
from wsinspect.options import ReconnectPolicy
from wsinspect.tui.screens.connecting import AUTO


def _waiting() -> Story:
    scheduled = happened(ReconnectScheduled, delay_s=5.0, why="the stream ended", number=2, attempts=9)
    return opened() + fin() + scheduled + happened(AttemptEnded)


async def test_a_key_switches_it_on_and_off() -> None:
    async with staged(opened()) as stage:
        await stage.press("R")
        assert stage.connection.calls == [("policy", AUTO)]
        assert "up to 20 attempts" in stage.told()
        assert "↻ auto" in stage.screen_text()
        await stage.press("R")
        assert stage.connection.calls[1:] == [("policy", ReconnectPolicy())]
        assert "↻ auto" not in stage.screen_text()


async def test_the_wait_is_on_the_timeline_and_counted_down() -> None:
    async with staged(_waiting()) as stage:
        stage.connection.scheduled = True
        stage.now_ns += 2_000_000_000
        await stage.settle()
        assert "Reconnect 2 of 9 in 5.0 s" in stage.app.inspector.rows_of("timeline").as_text()
        assert "retry in 3.0 s" in stage.screen_text()
        stage.now_ns += 1_500_000_000
        await stage.settle()
        assert "retry in 1.5 s" in stage.screen_text()
        await stage.press("x")
        assert stage.connection.calls == [("abort",)]
        assert "no other attempt follows" in stage.told()


async def test_giving_up_is_on_the_timeline() -> None:
    refused = asked() + answered("HTTP/1.1 404 Not Found\nContent-Length: 0")
    given_up = happened(ReconnectGivenUp, why="it would end in the same way")
    async with staged(refused + given_up) as stage:
        told = stage.app.inspector.rows_of("timeline").as_text()
        assert "No reconnect: it would end in the same way" in told


async def test_the_session_knows_what_is_pointless() -> None:
    refused = asked() + answered("HTTP/1.1 403 Forbidden\nContent-Length: {length}", "no\n")
    async with staged(refused) as stage:
        assert stage.connection.pointless().startswith("it would end in the same way")
    async with staged(opened() + fin()) as stage:
        assert stage.connection.pointless() == ""


async def test_switched_on_after_the_end_it_says_what_makes_an_attempt() -> None:
    async with staged(opened() + fin() + happened(AttemptEnded)) as stage:
        await stage.press("R")
        assert "by itself is on" in stage.told()
        assert stage.told().endswith("; r makes the first")
    async with staged(opened()) as stage:
        await stage.press("R")
        assert "by itself is on" in stage.told()
        assert "r makes" not in stage.told()
