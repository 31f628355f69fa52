"""The most repeated mistake of all, in front of one product after the other: nginx that does not pass Upgrade on."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from tests.real.case import Case, hold_to

if TYPE_CHECKING:
    from tests.peers.nginx_stripping import NginxStripping, StrippedBackend

LIBRARY = frozenset({"websockets-lib-reject"})
KNOB = r"proxy_set_header Upgrade \$http_upgrade"


def lost(site: StrippedBackend, path: str) -> Case:
    """The backend says in its own words that it saw no upgrade, so it was nginx."""
    cause = "nginx-upgrade-headers-missing"
    return Case(site=site, path=path, cause=cause, fix=KNOB, also=frozenset({"upgrade-stripped"}))


CASES = (
    lost("aiohttp", "/ws"),
    lost("fastapi", "/ws"),
    lost("graphql", "/graphql"),
    lost("hypercorn", "/ws"),
    lost("socketio", "/socket.io/?EIO=4&transport=websocket"),
    lost("tornado", "/ws"),
    # nginx 1.22 asks its backends in HTTP/1.0 unless told otherwise, and this one insists on HTTP/1.1.
    Case(site="websockets", cause="hs-http10-upstream", fix="proxy_http_version 1.1", also=LIBRARY),
    # The same page comes from a Django that is deployed as WSGI, and the same words from any bad request to Werkzeug.
    Case(
        site="daphne",
        path="/ws/echo/",
        cause="django-wsgi-404",
        names=frozenset({"nginx-upgrade-headers-missing"}),
        fix=KNOB,
    ),
    Case(site="flask", path="/ws", cause="flask-no-route", names=frozenset({"upgrade-stripped"}), fix=KNOB),
    # vite answers a plain GET with its page.
    Case(site="vite", cause="http-200-not-websocket", fix="Upgrade"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_nginx_stripping(case: Case, nginx_stripping: NginxStripping) -> None:
    await hold_to(case, nginx_stripping.url(cast("StrippedBackend", case.site), case.path))
