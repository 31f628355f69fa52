"""Node's `ws` and express."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from tests.real.case import Case, healthy, hold_to
from wsinspect.check.outcome import ExitCode
from wsinspect.check.run import CheckPlan

if TYPE_CHECKING:
    from tests.peers.node_servers import NodeServers, NodeSite

CASES = (
    healthy("echo"),
    healthy("echo", plan=CheckPlan(hold_s=0.3, send=("hello", "x" * 100_000))),
    healthy("deflate", plan=CheckPlan(hold_s=0.3, send=("hello " * 1000,))),
    healthy("deflate", options={"compression": False}),
    healthy("path", path="/ws"),
    healthy("max_payload", plan=CheckPlan(hold_s=0.3, send=("sixteen bytes ok",))),
    Case(site="path", path="/ws/", cause="node-ws-path-mismatch", fix="path"),
    Case(site="path", path="/wrong", cause="node-ws-path-mismatch", fix="path"),
    Case(site="verify_rejects", cause="node-ws-verifyclient", fix="verifyClient"),
    Case(
        site="max_payload",
        plan=CheckPlan(hold_s=5.0, send=("more than sixteen bytes of text",)),
        cause="message-too-big",
        code=ExitCode.ENDED_EARLY,
        fix="maxPayload",
    ),
    Case(
        site="express", path="/ws", cause="node-http-no-upgrade-listener", fix=r"WebSocketServer\(\{ server"
    ),
    Case(site="express", cause="node-http-no-upgrade-listener", fix=r"WebSocketServer\(\{ server"),
    Case(site="upgrade_ignored", options={"upgrade_timeout_s": 1.5}, cause="upgrade-hang", fix="upgrade"),
    Case(
        site="echo",
        scheme="wss",
        cause="tls-plain-server-on-wss",
        code=ExitCode.NEVER_REACHED_HTTP,
        fix="ws://",
    ),
    Case(
        site="echo",
        options={"headers": (("Sec-WebSocket-Version", "7"),)},
        cause="ws-version-unsupported",
        fix="Sec-WebSocket-Version|13",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_node(case: Case, node: NodeServers) -> None:
    await hold_to(case, node.url(cast("NodeSite", case.site), case.path, scheme=case.scheme))
