"""A pasted HAR entry is a target: its fields become the options of the same meaning."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from wsinspect.errors import UsageError
from wsinspect.profiles.target import Recording, Target, read_target

DATA = Path(__file__).parent / "data"


def entries_of(name: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((DATA / name).read_text())["log"]["entries"]
    return entries


def target_of(text: str) -> Target:
    found = read_target(text)
    assert isinstance(found, Target)
    return found


def test_firefoxs_entry_is_understood() -> None:
    options = target_of(json.dumps(entries_of("firefox.har")[1])).options
    assert options.url == "wss://app.example/socket?room=1"
    assert options.origin == "https://app.example"
    assert options.subprotocols == ("chat", "superchat")
    assert options.cookies == ("sid=0123456789abcdef", "theme=dark")
    assert options.compression
    assert options.user_agent is not None
    assert options.user_agent.endswith("Firefox/140.0")
    assert [name for name, _ in options.headers] == ["Accept", "Accept-Language", "Pragma", "Cache-Control"]


@pytest.mark.parametrize("indent", [None, 2])
def test_chromes_entry_is_understood_however_it_is_spaced(indent: int | None) -> None:
    options = target_of(json.dumps(entries_of("chromium.har")[1], indent=indent)).options
    assert options.url.endswith("/chat?token=abcdefgh12345678")
    assert options.subprotocols == ("chat",)


def test_a_whole_har_with_one_websocket_is_that_one() -> None:
    assert target_of((DATA / "firefox.har").read_text()).options.url.startswith("wss://app.example/")


def test_a_har_with_several_is_refused() -> None:
    with pytest.raises(UsageError, match="HAR: holds 3 different WebSockets; allowed: one; copy one entry"):
        read_target((DATA / "chromium.har").read_text())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{", "^this is no HAR: "),
        ("{}", "^this is no HAR: "),
        ('{"request": {"url": "https://a.example/"}}', "holds no WebSocket among 1 entry"),
    ],
)
def test_what_is_no_entry_is_refused(text: str, line: str) -> None:
    with pytest.raises(UsageError, match=line):
        read_target(text)


def test_cookies_stand_in_for_a_field_that_is_not_there() -> None:
    entry = {
        "request": {
            "url": "ws://echo.example/",
            "headers": [{"name": ":authority", "value": "x"}, {"name": "Authorization", "value": "Bearer t"}],
            "cookies": [{"name": "a", "value": "1"}],
        }
    }
    options = target_of(json.dumps(entry)).options
    assert options.cookies == ("a=1",)
    assert options.headers == (("Authorization", "Bearer t"),)
    assert not options.compression


def test_a_whole_har_on_standard_input_is_a_recording() -> None:
    stdin = io.TextIOWrapper(io.BytesIO((DATA / "firefox.har").read_bytes()))
    found = read_target("-", stdin=stdin)
    assert isinstance(found, Recording)
    assert found.path.read_bytes() == (DATA / "firefox.har").read_bytes()
