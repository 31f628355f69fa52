"""The composer: typed, sent, refused in place, fetched back; nothing that was typed is lost."""

from __future__ import annotations

import pytest
from textual import events

from tests.diagnosis.story import opened
from tests.tui.stage import Stage, staged
from wsinspect.tui.panes.composer import ComposerInput


async def _compose(stage: Stage, typed: str) -> ComposerInput:
    await stage.press("i")
    field = stage.app.inspector.composer.field
    assert stage.app.focused is field
    await stage.type(typed)
    return field


async def test_enter_sends_and_empties_the_field() -> None:
    async with staged(opened()) as stage:
        field = await _compose(stage, "hello")
        await stage.press("enter")
        assert stage.connection.calls == [("text", "hello")]
        assert field.text == ""


@pytest.mark.parametrize(
    ("typed", "call"),
    [
        ("/ping hi", ("ping", b"hi")),
        ("/pong", ("pong", b"")),
        ("/hex 00ff", ("binary", b"\x00\xff")),
        ("/close 1000 bye", ("close", 1000, "bye")),
    ],
)
async def test_commands_send_other_frames(typed: str, call: tuple[object, ...]) -> None:
    async with staged(opened()) as stage:
        await _compose(stage, typed)
        await stage.press("enter")
        assert stage.connection.calls == [call]


async def test_single_letter_keys_type_letters() -> None:
    async with staged(opened()) as stage:
        field = await _compose(stage, "qrxypzso12i?t")
        assert field.text == "qrxypzso12i?t"
        assert stage.connection.calls == []


async def test_a_mistake_is_said_in_place_and_nothing_is_lost() -> None:
    async with staged(opened()) as stage:
        field = await _compose(stage, "/hex 0g")
        await stage.press("enter")
        assert field.text == "/hex 0g"
        assert "'g' at column 2 is not a hex digit" in stage.screen_text()
        assert stage.connection.calls == []


async def test_what_the_connection_refuses_stays_typed() -> None:
    async with staged(opened()) as stage:
        stage.connection.refuse = "can't send: the ready state is CLOSED"
        field = await _compose(stage, "hello")
        await stage.press("enter")
        assert field.text == "hello"
        assert "the ready state is CLOSED" in stage.screen_text()


async def test_what_enter_does_is_said_while_typing() -> None:
    async with staged(opened()) as stage:
        await _compose(stage, "/close 4001 bye")
        assert "closes with 4001" in stage.screen_text()
        assert "CLOSE ›" in stage.screen_text()


async def test_a_command_that_is_still_typed_is_no_mistake() -> None:
    async with staged(opened()) as stage:
        await _compose(stage, "/p")
        assert "/ping  /pong" in stage.screen_text()
        assert not stage.app.inspector.composer.has_class("-error")
        await stage.type("x")
        assert stage.app.inspector.composer.has_class("-error")


async def test_kinds_are_switched_by_key() -> None:
    async with staged(opened()) as stage:
        await _compose(stage, "00ff")
        await stage.press("ctrl+t")
        assert "BINARY ›" in stage.screen_text()
        await stage.press("enter")
        assert stage.connection.calls == [("binary", b"\x00\xff")]


async def test_history_keeps_the_draft() -> None:
    async with staged(opened()) as stage:
        field = await _compose(stage, "one")
        await stage.press("enter")
        await stage.type("two")
        await stage.press("enter")
        await stage.type("draft")
        await stage.press("up", "up")
        assert field.text == "one"
        await stage.press("down", "down")
        assert field.text == "draft"


async def test_several_lines_are_one_message() -> None:
    async with staged(opened()) as stage:
        field = await _compose(stage, "one")
        await stage.press("ctrl+n")
        await stage.type("two")
        assert field.text == "one\ntwo"
        await stage.press("enter")
        assert stage.connection.calls == [("text", "one\ntwo")]


async def test_leaving_keeps_what_is_typed() -> None:
    async with staged(opened()) as stage:
        field = await _compose(stage, "half")
        await stage.press("escape")
        assert stage.app.focused is not field
        assert field.text == "half"


async def test_pasted_control_characters_are_shown_as_signs_and_sent_as_they_are() -> None:
    async with staged(opened()) as stage:
        await stage.press("i")
        stage.app.post_message(events.Paste("a\x1b]0;t\x07\x9b\u202eb"))
        await stage.settle()
        shown = stage.screen_text()
        assert "a␛]0;t␇��b" in shown
        await stage.press("enter")
        assert stage.connection.calls == [("text", "a\x1b]0;t\x07\x9b\u202eb")]


async def test_nothing_typed_sends_nothing() -> None:
    async with staged(opened()) as stage:
        await stage.press("i", "enter")
        assert stage.connection.calls == []
        assert "nothing is typed" in stage.screen_text()
