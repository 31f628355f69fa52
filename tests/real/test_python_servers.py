"""Python's servers and frameworks beside uvicorn with Starlette."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from tests.peers.socketio_app import ALLOWED_ORIGIN
from tests.real.case import Case, healthy, hold_to
from wsinspect.check.outcome import ExitCode
from wsinspect.check.run import CheckPlan

if TYPE_CHECKING:
    from tests.peers.python_servers import PythonProduct, PythonServers

EVIL = {"origin": "https://evil.example"}
BIG = CheckPlan(hold_s=5.0, send=("x" * 5000,))
SAY = CheckPlan(hold_s=5.0, send=("hello",))
OLD_VERSION = {"headers": (("Sec-WebSocket-Version", "12"),)}
EARLY = ExitCode.ENDED_EARLY
SOCKET_IO = "/socket.io/?EIO=4&transport=websocket"

CASES = (
    healthy("fastapi", path="/ws"),
    healthy("fastapi", path="/rooms/7"),
    healthy("fastapi", path="/token?token=right"),
    Case(site="fastapi", path="/nope", cause="uvicorn-reject-403", fix="route|path"),
    Case(site="fastapi", path="/rooms/abc", cause="uvicorn-reject-403", fix="parameter|Query|dependenc"),
    Case(site="fastapi", path="/token", cause="uvicorn-reject-403", fix="parameter|Query|dependenc"),
    Case(site="fastapi", path="/websocket-exception", cause="uvicorn-reject-403", fix=r"accept\(\)"),
    Case(site="fastapi", path="/page", cause="uvicorn-reject-403", fix="route|path"),
    Case(site="fastapi", path="/http-exception", cause="http-401", fix="token|--bearer|Authorization"),
    healthy("daphne", path="/ws/echo/"),
    healthy("daphne", path="/ws/own-origin/", options={"origin": "http://127.0.0.1"}),
    Case(site="daphne", path="/ws/denied/", cause="channels-reject-403", fix="accept|connect"),
    Case(
        site="daphne",
        path="/ws/own-origin/",
        cause="channels-reject-403",
        names=frozenset({"origin-required"}),
        fix="--origin|Origin",
    ),
    Case(
        site="daphne",
        path="/ws/own-origin/",
        options=EVIL,
        cause="channels-reject-403",
        names=frozenset({"origin-rejected"}),
        fix="ALLOWED_HOSTS",
    ),
    Case(site="daphne", path="/ws/echo", cause="channels-no-route-500", fix="slash|route"),
    Case(site="daphne", path="/ws/raises/", plan=SAY, cause="close-1011", code=EARLY, fix="log"),
    Case(
        site="daphne",
        path="/ws/subprotocol/",
        options={"upgrade_timeout_s": 1.5},
        # Nothing arrives that could tell daphne from any other server that stays silent.
        cause="upgrade-hang",
        fix="subprotocol",
    ),
    Case(site="gunicorn", path="/ws/echo/", cause="django-wsgi-404", fix="ASGI|daphne|uvicorn"),
    healthy("aiohttp", path="/ws"),
    Case(site="aiohttp", path="/nope", cause="http-404", fix="path|route"),
    Case(site="aiohttp", path="/page", cause="http-200-not-websocket", fix="path"),
    Case(site="aiohttp", path="/raises", cause="http-500", fix="log"),
    Case(site="aiohttp", path="/ws", options=OLD_VERSION, cause="ws-version-unsupported", fix="13"),
    Case(site="aiohttp", path="/ws", plan=BIG, cause="message-too-big", code=EARLY, fix="max_msg_size"),
    healthy("tornado", path="/ws"),
    Case(site="tornado", path="/ws", options=EVIL, cause="tornado-origin", fix="check_origin"),
    Case(site="tornado", path="/nope", cause="http-404", fix="path|route"),
    Case(site="tornado", path="/ws", options=OLD_VERSION, cause="ws-version-unsupported", fix="13"),
    Case(
        site="tornado",
        path="/ws",
        plan=BIG,
        cause="message-too-big",
        code=EARLY,
        fix="websocket_max_message_size",
    ),
    healthy("flask", path="/ws"),
    Case(site="flask", path="/page", cause="flask-no-route", fix="flask_sock"),
    Case(site="flask", path="/nope", cause="flask-no-route", fix="flask_sock"),
    healthy("hypercorn", path="/ws"),
    Case(site="hypercorn", path="/nope", cause="uvicorn-reject-403", fix="route|path"),
    Case(site="hypercorn", path="/raise-before-accept", cause="asgi-exception-500", fix="log"),
    Case(site="hypercorn", path="/raise-after-accept", cause="close-1011", code=EARLY, fix="log"),
    Case(site="hypercorn", path="/close-1008", cause="close-1008-or-44xx-auth", code=EARLY, fix="token"),
    Case(site="hypercorn", path="/unrequested-subprotocol", cause="upgrade-empty-reply", fix="subprotocol"),
    healthy("socketio", path=SOCKET_IO, options={"origin": ALLOWED_ORIGIN}),
    Case(
        site="socketio",
        path=SOCKET_IO,
        options=EVIL,
        cause="python-socketio-403",
        fix="cors_allowed_origins",
    ),
    Case(
        site="socketio",
        path=SOCKET_IO.replace("4", "3"),
        cause="python-socketio-403",
        fix="client of Socket.IO",
    ),
    Case(site="socketio", path=f"{SOCKET_IO}&sid=zzz", cause="python-socketio-403", fix="sid|session|worker"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_python_servers(case: Case, python_servers: PythonServers) -> None:
    url = python_servers(cast("PythonProduct", case.site)).url("http", case.path)
    await hold_to(case, url)
