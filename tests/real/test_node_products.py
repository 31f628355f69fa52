"""socket.io, graphql-ws, vite, and what people do with node's `ws`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from tests.peers.node_products import vite_token
from tests.real.case import Case, healthy, hold_to
from wsinspect.check.outcome import ExitCode
from wsinspect.check.run import CheckPlan

if TYPE_CHECKING:
    from tests.peers.node_products import NodeProducts, NodeProductSite

EARLY = ExitCode.ENDED_EARLY
SOCKET_IO = "/socket.io/?EIO=4&transport=websocket"
GRAPHQL = {"subprotocols": ("graphql-transport-ws",)}

CASES = (
    healthy("socketio", path=SOCKET_IO),
    Case(site="socketio", path="/socket.io", tries=4, cause="engineio-wrong-path", fix="/socket.io/"),
    Case(site="socketio", path="/chat", tries=4, cause="engineio-wrong-path", fix="/socket.io/"),
    Case(
        site="socketio",
        path=SOCKET_IO.replace("4", "3"),
        cause="engineio-version-mismatch",
        code=EARLY,
        fix="allowEIO3",
    ),
    Case(site="socketio", path=f"{SOCKET_IO}&sid=zzz", cause="engineio-sid-unknown", fix="sticky"),
    Case(site="socketio", path="/socket.io/", cause="engineio-transport-unknown", fix="transport=websocket"),
    Case(site="socketio_polling", path=SOCKET_IO, cause="engineio-transport-unknown", fix="transports"),
    Case(site="socketio_forbidden", path=SOCKET_IO, cause="engineio-forbidden", fix="allowRequest"),
    Case(site="two_handlers", path="/a", cause="http-bytes-after-101", code=EARLY, fix="noServer"),
    Case(site="destroys", cause="upgrade-empty-reply", fix=r"socket\.destroy"),
    Case(site="terminates", cause="open-then-fin", code=EARLY, fix="log|terminate"),
    Case(
        site="closes",
        path="/4401/token%20expired",
        cause="close-1008-or-44xx-auth",
        code=EARLY,
        fix="token|credential",
    ),
    Case(site="closes", path="/1001/", cause="close-1001-or-1012-restart", code=EARLY, fix="Reconnect"),
    Case(site="closes", path="/1012/", cause="close-1001-or-1012-restart", code=EARLY, fix="Reconnect"),
    Case(site="closes", path="/1013/", cause="close-1013-overload", code=EARLY, fix="later|capacity|pause"),
    Case(site="closes", path="/1011/oops", cause="close-1011", code=EARLY, fix="log"),
    Case(site="closes", path="/1003/", cause="unsupported-data", code=EARLY, fix="text"),
    Case(site="closes", path="/1000/bye", cause="close-1000-immediately", code=EARLY, fix="."),
    Case(
        site="heartbeat",
        options={"auto_pong": False},
        cause="keepalive-ping-timeout",
        code=EARLY,
        fix="pong|ping",
    ),
    healthy("heartbeat", plan=CheckPlan(hold_s=1.5)),
    healthy(
        "graphql",
        path="/graphql",
        options=GRAPHQL,
        plan=CheckPlan(hold_s=0.3, send=('{"type":"connection_init"}',)),
    ),
    Case(
        site="graphql",
        path="/graphql",
        cause="graphql-ws-subprotocol",
        code=EARLY,
        fix="graphql-transport-ws",
    ),
    Case(
        site="graphql",
        path="/graphql",
        options={"subprotocols": ("graphql-ws",)},
        cause="graphql-ws-subprotocol",
        code=EARLY,
        fix="graphql-transport-ws",
    ),
    Case(
        site="graphql",
        path="/graphql",
        options=GRAPHQL,
        plan=CheckPlan(hold_s=5.0, send=('{"type":"nonsense"}',)),
        cause="close-of-product",
        code=EARLY,
        fix="message",
    ),
    Case(
        site="graphql",
        path="/graphql",
        options=GRAPHQL,
        plan=CheckPlan(hold_s=5.0, send=('{"id":"1","type":"subscribe","payload":{"query":"{ hello }"}}',)),
        cause="close-of-product",
        code=EARLY,
        fix="connection_init",
    ),
    Case(
        site="graphql",
        path="/graphql",
        options=GRAPHQL,
        cause="close-of-product",
        code=EARLY,
        fix="connection_init",
    ),
    Case(site="graphql", path="/other", cause="node-ws-path-mismatch", fix="path"),
    Case(
        site="vite",
        path="/?token=wrong",
        options={"subprotocols": ("vite-hmr",), "origin": "http://evil.example"},
        cause="vite-hmr",
        fix="allowedHosts|hmr",
    ),
    healthy("webpack", path="/ws", options={"origin": "http://127.0.0.1"}),
    Case(
        site="webpack",
        path="/ws",
        options={"origin": "http://evil.example"},
        cause="webpack-dev-server-host",
        code=EARLY,
        fix="allowedHosts",
    ),
    Case(site="webpack", path="/other", options={"upgrade_timeout_s": 1.5}, cause="upgrade-hang", fix="path"),
    Case(site="vite", options={"upgrade_timeout_s": 1.5}, cause="upgrade-hang", fix="handler|upgrade"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_node_products(case: Case, node_products: NodeProducts) -> None:
    await hold_to(case, node_products.url(cast("NodeProductSite", case.site), case.path))


async def test_vites_own_page_connects(node_products: NodeProducts) -> None:
    case = healthy("vite", options={"subprotocols": ("vite-hmr",)})
    await hold_to(case, node_products.url("vite", f"/?token={vite_token(node_products)}"))
