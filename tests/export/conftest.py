"""What several exports are tried on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.diagnosis.story import (
    MASK,
    close,
    fin,
    happened,
    idle,
    opened,
    ping,
    received,
    sent,
    sent_pong,
    sent_text,
    text,
)
from tests.export.devtools import SWITCH
from tests.peers.chromium import Chromium, chromium_browser
from wsinspect.events import ProxyBypassed, ServerLogged
from wsinspect.lab import frames
from wsinspect.session.record import SessionRecord

TOKEN = "correct-horse-battery-staple"
"""A secret that stands in the URL, and crosses in messages too."""
NASTY = "\x1b]0;title\x07 <b>*bold*</b> `tick` \u202e| \x9b31m\x7f"
"""What a terminal, a Markdown renderer or a reader would be fooled by."""


def talk() -> SessionRecord:
    """Play a session with every kind of frame, fragments, a secret cut in two, and signs that mean something elsewhere."""
    story = (
        opened(
            f"ws://echo.example/chat?token={TOKEN}&room=1",
            headers=(("X-Note", '<b>*bold*</b> `tick` ``` | \x9b31m it\'s "$HOME"'),),
            cookies=("sid=0123456789abcdef",),
            origin="https://app.example",
        )
        + happened(ProxyBypassed, variable="http_proxy", rule="echo.example")
        + text("hello")
        + sent_text("hi \u2603")
        + received(frames.frame(frames.BINARY, b"\x00\xff\x01"))
        + received(frames.text("one ", fin=False))
        + ping(b"x")
        + sent_pong(b"x")
        + idle(s=0.5)
        + received(frames.frame(frames.CONTINUATION, b"two ", fin=False))
        + received(frames.frame(frames.CONTINUATION, b"three"))
        + text(NASTY)
        + sent(frames.frame(frames.TEXT, f"token {TOKEN[:9]}".encode(), fin=False, mask=MASK))
        + sent(frames.frame(frames.CONTINUATION, f"{TOKEN[9:]} end".encode(), mask=MASK))
        + received(frames.frame(frames.TEXT, b"\xff\xfe not UTF-8"))
        + received(frames.frame(frames.BINARY, bytes(range(256)) * 300))
        + close(1001, "bye \x1b[31m")
        + fin()
    )
    return story.record()


def logged(text: str, at_ms: float, stated_ms: float | None = None, **fields: Any) -> ServerLogged:
    """Return a line of the server's log that was read at, and states, so many milliseconds: the latter since 1970."""
    stated = None if stated_ms is None else int(stated_ms * 1e6)
    return ServerLogged(seq=0, at_ns=int(at_ms * 1e6), attempt=0, text=text, wall_time_ns=stated, **fields)


@pytest.fixture(scope="package")
def devtools_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A Chromium whose DevTools front end can be opened."""
    with chromium_browser(tmp_path_factory.mktemp("devtools"), SWITCH) as browser:
        yield browser


@pytest.fixture
def session() -> Iterator[SessionRecord]:
    """The session of `talk`."""
    record = talk()
    yield record
    record.close()
