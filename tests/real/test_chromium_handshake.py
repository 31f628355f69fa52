"""Our opening handshake beside a real Chromium's: what a server decides by has to look the same (RFC 6455 section 4.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.peers.process import HOST
from tests.peers.raw import RawSink
from wsinspect.check.run import CheckPlan, run_check
from wsinspect.connection.request import request_fields
from wsinspect.connection.url import parse_url
from wsinspect.options import ConnectOptions
from wsinspect.profiles.presets import CHROME, as_browser
from wsinspect.session.record import SessionRecord

if TYPE_CHECKING:
    from tests.peers.chromium import Chromium

PATH = "/chat?room=1"
PROTOCOLS = ("chat", "superchat")

SAME_VALUE = {
    "Upgrade",
    "Connection",
    "Sec-WebSocket-Version",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Protocol",
}
SAME_FORM = {
    "Host": rf"{re.escape(HOST)}:\d+",
    "Sec-WebSocket-Key": r"[A-Za-z0-9+/]{22}==",
    "Origin": rf"http://{re.escape(HOST)}(:\d+)?",
    "User-Agent": r"[\w.]+/[\w.]+( .*)?",
}
ONLY_CHROMIUM = {"Pragma", "Cache-Control", "Accept-Encoding", "Accept-Language"}
"""What a browser says about caches, encodings and the reader's languages; no server's handshake depends on it."""


def fields_of(head: bytes) -> tuple[str, dict[str, str]]:
    """Return the request line and the fields, names as written; a name twice fails."""
    request_line, *lines = head.decode("ascii").removesuffix("\r\n\r\n").split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines)
    assert len(fields) == len(lines), lines
    return request_line, fields


async def our_opening_handshake(origin: str | None) -> bytes:
    record = SessionRecord()
    try:
        async with RawSink() as sink:
            url = f"ws://{HOST}:{sink.port}{PATH}"
            options = ConnectOptions(url=url, proxy="", subprotocols=PROTOCOLS, origin=origin)
            await run_check(options, CheckPlan(), record)
            return await sink.request_head()
    finally:
        record.close()


async def test_the_handshake_is_a_browsers(chromium: Chromium) -> None:
    their_line, theirs = fields_of(await chromium.opening_handshake(path=PATH, protocols=PROTOCOLS))
    our_line, ours = fields_of(await our_opening_handshake(origin=theirs["Origin"]))

    assert our_line == their_line == f"GET {PATH} HTTP/1.1"
    assert {name: ours[name] for name in SAME_VALUE} == {name: theirs[name] for name in SAME_VALUE}
    for name, form in SAME_FORM.items():
        assert re.fullmatch(form, ours[name]), f"{name}: {ours[name]}"
        assert re.fullmatch(form, theirs[name]), f"{name}: {theirs[name]}"
    assert set(theirs) - set(ours) == ONLY_CHROMIUM
    assert set(ours) <= set(theirs)


async def test_only_origin_is_left_out_unless_asked_for() -> None:
    _, with_origin = fields_of(await our_opening_handshake(origin=f"http://{HOST}"))
    _, without = fields_of(await our_opening_handshake(origin=None))
    assert set(with_origin) - set(without) == {"Origin"}


async def test_as_chrome_is_what_chromium_sends(chromium: Chromium) -> None:
    _, theirs = fields_of(await chromium.opening_handshake(path=PATH, protocols=PROTOCOLS))
    options = ConnectOptions(
        url=f"ws://{HOST}{PATH}", proxy="", subprotocols=PROTOCOLS, origin=theirs["Origin"]
    )
    ours = dict(request_fields(as_browser(options, CHROME), parse_url(options.url), "key"))
    assert list(ours) == list(theirs)
    told_by_the_machine = {"Host", "Sec-WebSocket-Key", "User-Agent", "Accept-Language"}
    assert {name: value for name, value in ours.items() if name not in told_by_the_machine} == {
        name: value for name, value in theirs.items() if name not in told_by_the_machine
    }
