"""The form of the next attempt: filled, completed, checked in place, sent; secrets covered until they are changed."""

from __future__ import annotations

from tests.diagnosis.story import opened
from tests.tui.stage import URL, Stage, staged
from wsinspect.options import ConnectOptions
from wsinspect.profiles.presets import CHROME
from wsinspect.tui.opening import Opening
from wsinspect.tui.screens.options_form import FieldInput, OptionsForm


async def _form(stage: Stage) -> OptionsForm:
    await stage.press("e")
    form = stage.app.screen
    assert isinstance(form, OptionsForm)
    return form


def _line(form: OptionsForm, key: str, number: int = 0) -> FieldInput:
    return [one for one in form.query(FieldInput) if one.field.key == key][number]


def _made(stage: Stage) -> ConnectOptions:
    assert stage.connection.calls[-1][0] == "reconnect"
    made: ConnectOptions = stage.connection.calls[-1][1]
    return made


async def test_what_is_written_is_connected_with() -> None:
    async with staged(opened()) as stage:
        form = await _form(stage)
        _line(form, "headers").focus()
        await stage.type("X-A: 1")
        await stage.press("tab")
        await stage.type("X-B: 2")
        _line(form, "origin").value = "https://example.com"
        _line(form, "min_tls").value = "1.2"
        _line(form, "ping_interval_s").value = "500ms"
        _line(form, "reconnect.attempts").value = "3"
        await stage.press("enter")
        made = _made(stage)
        assert made.headers == (("X-A", "1"), ("X-B", "2"))
        assert made.origin == "https://example.com"
        assert made.min_tls == "1.2"
        assert made.ping_interval_s == 0.5
        assert made.reconnect.attempts == 3
        assert made.url == URL


async def test_nothing_changed_changes_nothing() -> None:
    async with staged(opened()) as stage:
        await _form(stage)
        await stage.press("enter")
        assert _made(stage) == ConnectOptions(url=URL)


async def test_a_mistake_is_said_and_nothing_is_lost() -> None:
    async with staged(opened()) as stage:
        form = await _form(stage)
        _line(form, "max_tls").focus()
        await stage.type("1.9")
        assert "allowed: 1.0, 1.1, 1.2, 1.3" in stage.screen_text()
        await stage.press("enter")
        assert stage.app.screen is form
        assert stage.connection.calls == []
        await stage.press("backspace")
        await stage.type("3")
        await stage.press("enter")
        assert _made(stage).max_tls == "1.3"


async def test_names_and_values_are_completed() -> None:
    async with staged(opened()) as stage:
        form = await _form(stage)
        header = _line(form, "headers")
        header.focus()
        await stage.type("auth")
        await stage.press("right")
        assert header.value == "authorization: "
        await stage.type("b")
        await stage.press("right")
        assert header.value == "authorization: bearer ${TOKEN}"
        protocols = _line(form, "subprotocols")
        protocols.focus()
        await stage.type("mqtt, graphql-t")
        await stage.press("right")
        assert protocols.value == "mqtt, graphql-transport-ws"


async def test_a_secret_is_covered_until_it_is_changed() -> None:
    secret = ConnectOptions(
        url=URL, headers=(("Authorization", "Bearer hunter2hunter2"),), bearer="t0psecret"
    )
    async with staged(opened(), opening=Opening(options=secret)) as stage:
        form = await _form(stage)
        assert "hunter2" not in stage.screen_text()
        _line(form, "bearer").focus()
        await stage.settle()
        assert "t0psecret" in stage.screen_text()
        _line(form, "origin").focus()
        await stage.settle()
        assert "t0psecret" not in stage.screen_text()
        await stage.press("enter")
        assert _made(stage) == secret


async def test_a_browser_is_imitated_and_left_again() -> None:
    async with staged(opened()) as stage:
        form = await _form(stage)
        await stage.press("ctrl+b")
        assert "captured from Firefox 153" in stage.screen_text()
        await stage.press("enter")
        assert _line(form, "user_agent").value == CHROME.user_agent
        await stage.press("ctrl+b")
        await stage.type("wsinspect")
        await stage.press("enter")
        assert _line(form, "user_agent").value == ""
        await stage.press("ctrl+b", "enter", "enter")
        assert _made(stage).field_order == CHROME.order
        assert _made(stage).origin == "http://echo.example"


async def test_escape_leaves_everything_as_it_was() -> None:
    async with staged(opened()) as stage:
        form = await _form(stage)
        _line(form, "origin").value = "https://other"
        await stage.press("escape")
        assert stage.connection.calls == []
        assert stage.app.screen is stage.app.inspector


async def test_the_settings_of_reconnecting_are_at_hand() -> None:
    async with staged(opened()) as stage:
        await stage.press("ctrl+e")
        focused = stage.app.focused
        assert isinstance(focused, FieldInput)
        assert focused.field.key == "reconnect.attempts"
