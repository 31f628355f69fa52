"""The server of Python's `websockets`: it names what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from tests.peers.websockets_app import ALLOWED_ORIGIN
from tests.real.case import Case, healthy, hold_to
from wsinspect.check.outcome import ExitCode
from wsinspect.check.run import CheckPlan

if TYPE_CHECKING:
    from tests.peers.python_servers import WebsocketsServers, WebsocketsSite

EARLY = ExitCode.ENDED_EARLY

CASES = (
    healthy("echo", plan=CheckPlan(hold_s=0.3, send=("hello",))),
    healthy("origins", options={"origin": ALLOWED_ORIGIN}),
    healthy("subprotocols", options={"subprotocols": ("chat.v1", "chat.v2")}),
    healthy("heartbeat", plan=CheckPlan(hold_s=1.5)),
    Case(
        site="origins",
        options={"origin": "https://evil.example"},
        cause="websockets-lib-reject",
        fix="origins=",
    ),
    Case(
        site="origins",
        cause="websockets-lib-reject",
        fix="--origin|origins=",
    ),
    Case(site="subprotocols", cause="websockets-lib-reject", fix="subprotocol"),
    Case(
        site="subprotocols",
        options={"subprotocols": ("chat.v1",)},
        cause="websockets-lib-reject",
        fix="subprotocol",
    ),
    Case(site="unauthorized", cause="websockets-lib-reject", fix="process_request|Authorization"),
    Case(
        site="echo",
        options={"headers": (("Sec-WebSocket-Version", "12"),)},
        cause="ws-version-unsupported",
        fix="13",
    ),
    Case(
        site="max_size",
        plan=CheckPlan(hold_s=5.0, send=("x" * 200,)),
        cause="message-too-big",
        code=EARLY,
        fix="max_size",
    ),
    Case(
        site="keepalive",
        options={"auto_pong": False},
        cause="keepalive-ping-timeout",
        code=EARLY,
        fix="ping",
    ),
    Case(
        site="raises",
        plan=CheckPlan(hold_s=5.0, send=("hello",)),
        cause="close-1011",
        code=EARLY,
        fix="log|trace",
    ),
    Case(site="returns", cause="close-1000-immediately", code=EARLY, fix="handler|return"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_websockets_library(case: Case, websockets_library: WebsocketsServers) -> None:
    await hold_to(case, websockets_library.url(cast("WebsocketsSite", case.site), case.path))
