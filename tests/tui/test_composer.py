"""The composer: typed, sent, refused in place, fetched back; nothing that was typed is lost."""

from __future__ import annotations

import pytest
from textual import events
from textual.widgets import Static

from tests.diagnosis.story import Story, opened
from tests.tui.stage import Stage, over, staged, told
from wsinspect.profiles.locations import history_file
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
        await stage.press("ctrl+t", "ctrl+t")
        assert "HEX ›" in stage.screen_text()
        await stage.press("enter")
        assert stage.connection.calls == [("binary", b"\x00\xff")]


async def test_a_letter_does_not_lay_the_screen_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with staged(opened()) as stage:
        await _compose(stage, "a")
        laid_out: list[str] = []
        monkeypatch.setattr(Static, "update", lambda self, *_, **__: laid_out.append(self.id))
        await stage.type("b")
        assert "kind" not in laid_out
        await stage.press("ctrl+t")
        assert "kind" in laid_out


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


async def test_json_is_checked_while_it_is_typed_and_laid_out_by_a_key() -> None:
    async with staged(opened()) as stage:
        field = await _compose(stage, "")
        stage.app.post_message(events.Paste('{"n":1e2, "id":${counter}}'))
        await stage.settle()
        await stage.press("ctrl+t")
        assert "JSON ›" in stage.screen_text()
        assert "variables filled in" in stage.screen_text()
        await stage.press("ctrl+l")
        assert field.text == '{\n  "n": 1e2,\n  "id": ${counter}\n}'
        await stage.press("ctrl+l")
        assert field.text == '{"n":1e2,"id":${counter}}'
        await stage.press("enter")
        assert stage.connection.calls == [("text", '{"n":1e2,"id":1}')]
        await stage.press("up", "backspace")
        assert "not JSON at line 1" in stage.screen_text()


async def test_text_that_looks_like_json_is_told_and_sent_all_the_same() -> None:
    async with staged(opened()) as stage:
        await _compose(stage, "")
        stage.app.post_message(events.Paste("[1,"))
        await stage.settle()
        assert "not JSON at line 1" in stage.screen_text()
        await stage.press("enter")
        assert stage.connection.calls == [("text", "[1,")]


async def test_fragments_and_the_counter() -> None:
    async with staged(opened()) as stage:
        await stage.press("i")
        for _ in range(2):
            stage.app.post_message(events.Paste("/fragments 2 n${counter}"))
            await stage.settle()
            assert "in 2 frames" in stage.screen_text()
            await stage.press("enter")
        assert stage.connection.calls == [("text", "n1", 2), ("text", "n2", 2)]


async def test_an_unknown_variable_is_a_mistake_in_place() -> None:
    async with staged(opened()) as stage:
        field = await _compose(stage, "")
        stage.app.post_message(events.Paste("${countr}"))
        await stage.settle()
        await stage.press("enter")
        assert "did you mean 'counter'?" in stage.screen_text()
        assert field.text == "${countr}"
        assert stage.connection.calls == []


async def test_history_is_searched_and_outlives_the_program() -> None:
    async with staged(opened()) as stage:
        await _compose(stage, "alpha one")
        await stage.press("enter")
        await stage.type("beta two")
        await stage.press("enter")
        await stage.app.workers.wait_for_complete()
    file = history_file()
    assert file.stat().st_mode & 0o777 == 0o600
    async with staged(opened()) as stage:
        await stage.app.workers.wait_for_complete()
        field = await _compose(stage, "")
        await stage.press("ctrl+r")
        assert "alpha one" in stage.screen_text()
        await stage.type("alp")
        assert "beta two" not in stage.screen_text()
        await stage.press("enter")
        assert field.text == "alpha one"
        assert stage.app.focused is field


async def test_closing_the_search_keeps_the_draft() -> None:
    async with staged(opened()) as stage:
        field = await _compose(stage, "draft")
        await stage.press("ctrl+r")
        assert "nothing was sent yet" in stage.screen_text()
        await stage.press("enter", "escape")
        assert field.text == "draft"


async def test_a_frame_that_breaks_a_rule_is_asked_for_twice() -> None:
    async with staged(opened()) as stage:
        await stage.press("escape", "B")
        assert "Break a rule" in stage.screen_text()
        await stage.type("unmasked")
        await stage.press("enter")
        field = stage.app.inspector.composer.field
        assert field.text == "/raw unmasked hello"
        await stage.press("enter")
        assert "the client did not mask this frame" in stage.screen_text()
        await stage.press("enter", "n")
        assert stage.connection.calls == []
        assert field.text == "/raw unmasked hello"
        await stage.press("enter", "y")
        assert stage.connection.calls == [("raw", True, 0, 1, False, b"hello")]
        assert field.text == ""


async def test_a_raw_frame_that_breaks_nothing_is_not_asked_about() -> None:
    async with staged(opened()) as stage:
        await _compose(stage, "/raw hello")
        await stage.press("enter")
        assert stage.connection.calls == [("raw", True, 0, 1, True, b"hello")]


async def test_a_repetition_goes_on_and_ends_by_itself() -> None:
    async with staged(opened()) as stage:
        stage.connection.enough = 3
        await _compose(stage, "/repeat 3 10ms hi")
        await stage.press("enter")
        await stage.connection.called_enough.wait()
        await stage.settle()
        assert stage.connection.calls == [("text", "hi")] * 3
        assert "repeating" not in stage.screen_text()


async def test_a_repetition_is_stopped_by_key() -> None:
    async with staged(opened()) as stage:
        await _compose(stage, "/repeat 30s hi")
        await stage.press("enter")
        assert "repeating 1, every 30 s" in stage.screen_text()
        await stage.press("ctrl+g")
        assert "repeating 1, every" not in stage.screen_text()
        assert "stopped repeating after 1" in stage.told()
        await stage.press("ctrl+g")
        assert "nothing is being repeated" in stage.told()


async def test_a_repetition_says_why_it_ended_early() -> None:
    async with staged(opened()) as stage:
        await _compose(stage, "/repeat 10ms hi")
        await stage.press("enter")
        stage.connection.refuse = "can't send: the stream has ended"
        await stage.connection.refused.wait()
        await stage.settle()
        assert "can't send: the stream has ended" in stage.told()


async def test_what_is_typed_outlives_the_connection_and_the_next_attempt() -> None:
    gone = Story(opened().moves + over().moves)
    async with staged(gone) as stage:
        field = await _compose(stage, "half of it")
        stage.connection.refuse = "can't send: the ready state is CLOSED"
        await stage.press("enter")
        assert "the ready state is CLOSED" in stage.screen_text()
        stage.connection.refuse = ""
        await stage.press("escape", "r", "i")
        assert stage.connection.calls[-1] == ("reconnect", stage.connection.options)
        assert field.text == "half of it"
        assert stage.app.focused is field


async def test_a_mistake_that_the_border_has_no_room_for_is_said_whole() -> None:
    async with staged(opened(), size=(80, 24)) as stage:
        await _compose(stage, "/close 1006")
        await stage.press("enter")
        said = " ".join(line.strip("┃ ") for line in stage.screen_text().splitlines())
        assert "/raw code=1006 sends it all the same" in said
        await stage.press("backspace")
        assert "code=1006" not in stage.screen_text()


async def test_a_message_that_was_too_early_is_not_refused_any_more_once_it_is_open() -> None:
    async with staged() as stage:
        stage.connection.refuse = "nothing is connected"
        field = await _compose(stage, "hello")
        await stage.press("enter")
        assert "nothing is connected" in stage.screen_text()
        for event in told(opened()):
            stage.connection.sink(event)
        await stage.settle()
        assert "nothing is connected" not in stage.screen_text()
        assert field.text == "hello"
