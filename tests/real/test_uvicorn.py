"""uvicorn with Starlette, by WebSocket implementation: they refuse alike and say it in different bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.real.case import Case, healthy, hold_to
from wsinspect.check.outcome import ExitCode

if TYPE_CHECKING:
    from tests.peers.uvicorn_server import UvicornImplementation, UvicornServers

IMPLEMENTATIONS: tuple[UvicornImplementation, ...] = ("websockets", "websockets-sansio", "wsproto")

CASES = (
    healthy("asgi", path="/ws"),
    Case(site="asgi", path="/no-such-route", cause="uvicorn-reject-403", fix="route|path"),
    Case(site="asgi", path="/close-before-accept", cause="uvicorn-reject-403", fix="accept"),
    Case(site="asgi", path="/raise-before-accept", cause="asgi-exception-500", fix="log|traceback"),
    Case(
        site="asgi",
        path="/raise-after-accept",
        cause="open-then-fin",
        code=ExitCode.ENDED_EARLY,
        fix="log",
    ),
    Case(
        site="asgi",
        path="/close-1008",
        cause="close-1008-or-44xx-auth",
        code=ExitCode.ENDED_EARLY,
        fix="token|credential",
    ),
)


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
@pytest.mark.parametrize("case", CASES, ids=str)
async def test_uvicorn(case: Case, implementation: UvicornImplementation, uvicorn: UvicornServers) -> None:
    await hold_to(case, uvicorn(implementation).url("asgi", case.path))


@pytest.mark.parametrize("implementation", ["websockets", "websockets-sansio"])
async def test_unrequested_subprotocol(
    implementation: UvicornImplementation, uvicorn: UvicornServers
) -> None:
    case = Case(site="asgi", path="/unrequested-subprotocol", cause="subproto-mismatch", fix="never-offered")
    await hold_to(case, uvicorn(implementation).url("asgi", case.path))


async def test_wsproto_drops_an_unrequested_subprotocol(uvicorn: UvicornServers) -> None:
    case = Case(site="asgi", path="/unrequested-subprotocol", cause="upgrade-empty-reply", fix="wsproto")
    await hold_to(case, uvicorn("wsproto").url("asgi", case.path))


@pytest.mark.parametrize("path", ["/ws", "/"])
async def test_without_a_websocket_library(path: str, uvicorn: UvicornServers) -> None:
    case = Case(site="asgi", path=path, cause="uvicorn-no-ws-library", fix=r"uvicorn\[standard\]")
    await hold_to(case, uvicorn("none").url("asgi", case.path))
