"""tornado, and what stands on it: Jupyter and Streamlit."""

from __future__ import annotations

import re

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause, describe
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.no_upgrade_seen import no_upgrade_seen
from wsinspect.diagnosis.on_reply import on_reply
from wsinspect.diagnosis.quoting import known, quote_body, quote_field, quote_status
from wsinspect.diagnosis.replies import KnownReply, reply_of

_NGINX = (
    "In nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
    'proxy_set_header Connection "upgrade"; proxy_set_header Host $host;'
)

_STREAMLIT_ORIGIN = (
    "The upgrade arrived and was refused, most likely over its Origin, {origin}: open the page under the address that "
    "Streamlit knows, or name it in config.toml: [server] corsAllowedOrigins = ['{origin}']"
)

describe(
    id="tornado-origin",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.CERTAIN,
    headline="tornado refused the Origin: '{said}'{behind}",
    explanation="""tornado compares the Origin with the Host of the request and takes only the same site. Behind a proxy that sets
    another Host both differ though the user did nothing wrong; Jupyter, Streamlit and Bokeh inherit the check.""",
    fix=(
        "Behind a proxy pass the Host on; in nginx: proxy_set_header Host $host;",
        "Allow the origin in the handler:\ndef check_origin(self, origin):\n    return origin == 'https://app.example'",
        "In Jupyter: c.ServerApp.allow_origin = 'https://app.example'; in Bokeh: --allow-websocket-origin=app.example",
    ),
    next_test="wsinspect check '{url}' --origin http://{host}:{port}",
    sources=(
        "https://www.tornadoweb.org/en/stable/websocket.html#tornado.websocket.WebSocketHandler.check_origin",
        "https://github.com/jupyter/nb2kg/pull/22",
    ),
    supersedes=("origin-rejected", "http-403"),
    console=(r"Blocking Cross Origin WebSocket Attempt", r"Cross origin websockets not allowed"),
    check=on_reply("tornado-origin", shows=("Origin", "Host")),
)


def _upgrade_lost(facts: Facts, told: KnownReply) -> bool:
    return bool(told.said) and no_upgrade_seen(facts) is not None


describe(
    id="tornado-upgrade-stripped",
    stage=Stage.FRAMEWORK,
    side=Side.PROXY,
    certainty=Certainty.CERTAIN,
    headline="tornado saw no usable Upgrade in our request{behind}: {said}",
    explanation="""tornado (and with it Jupyter, Streamlit or Bokeh) found the WebSocket route, but the request it got lacks what we
    sent. A proxy in front took Upgrade or Connection away; the second sentence, about Connection, means that it sets
    Upgrade and forgets Connection.""",
    fix=(_NGINX, "In Apache: ProxyPass /api/kernels/ http://127.0.0.1:8888/api/kernels/ upgrade=websocket"),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:127.0.0.1:8888 (on the server itself)",
    sources=(
        "https://github.com/jupyter/notebook/issues/6154",
        "https://github.com/streamlit/streamlit/issues/737",
    ),
    supersedes=("upgrade-stripped", "http-400-generic", "http-426"),
    check=on_reply("tornado-no-upgrade", when=_upgrade_lost, shows=("Upgrade", "Connection")),
)


@cause(
    id="jupyter-websocket-403-404",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.LIKELY,
    headline="Jupyter answered {status} at {plain_path}: {meaning}",
    explanation="""The path is that of a Jupyter kernel or terminal. It answers 403 to a WebSocket without a login, whose cookie or
    token may get lost in a proxy, and 404 when the kernel of that id is gone: restarted, culled, or living on another
    server of the hub.""",
    fix=(
        "For 403, send the token: wsinspect check '{token_url}', and let the proxy pass Cookie and Host on.",
        "For 404, restart the kernel from the page, or open a new terminal, so that it gets a new id.",
        "Behind a sub-path, set c.ServerApp.base_url to the same prefix as the proxy.",
    ),
    next_test="curl -si '{kernels_url}' -H 'Authorization: token ...' (lists those that exist)",
    sources=(
        "https://github.com/jupyter/notebook/issues/1311",
        "https://jupyter-server.readthedocs.io/en/latest/operators/public-server.html",
    ),
    supersedes=("http-403", "http-404"),
    console=(r"/api/(?:kernels|terminals)/[^ ]*(?:channels|websocket)[^ ]* failed",),
)
def jupyter_403_404(facts: Facts) -> Match | None:
    path = facts.values["path"]
    if facts.status not in (403, 404) or not re.search(
        r"/api/kernels/[^/]+/channels|/terminals/websocket/|/api/events/subscribe", path
    ):
        return None
    told = reply_of(facts, "tornado-404")
    given = "token=" in path or facts.attempt.handshake.request_head.get("Authorization") is not None
    login = "it did not take the token in the request" if given else "there is no login in the request"
    meaning = login if facts.status == 403 else "it has no such kernel or terminal"
    wanted = "/api/terminals" if "/terminals/" in path else "/api/kernels"
    base = re.split(r"/api/|/terminals/", facts.values.get("http_url", ""), maxsplit=1)[0]
    return Match(
        evidence=known(quote_status(facts), quote_field(facts, "Server"), quote_body(facts)),
        certainty=Certainty.LIKELY if told is not None else Certainty.POSSIBLE,
        candidates=("tornado-origin",) if facts.status == 403 else (),
        values={
            "meaning": meaning,
            "plain_path": path.partition("?")[0],
            "kernels_url": f"{base}{wanted}",
            "token_url": f"{facts.values['url'].partition('?')[0]}?token=...",
        },
    )


@cause(
    id="streamlit-stream-failed",
    stage=Stage.FRAMEWORK,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Streamlit's /_stcore/stream did not open ({status}){how}",
    explanation="""A Streamlit page loads over plain HTTP and then needs this one WebSocket; without it it stays at "Please wait".
    Most likely the proxy or CDN in front serves the page and does not pass the upgrade, or adds a sub-path that
    Streamlit does not know; its own XSRF and CORS checks come next.""",
    fix=(
        "Pass the upgrade on for this path. " + _NGINX,
        "Under a sub-path: streamlit run app.py --server.baseUrlPath=/app",
        "Behind another host name, as a test: --server.enableCORS=false --server.enableXsrfProtection=false",
    ),
    next_test="curl -si {health_url} (200 there means that only the WebSocket fails)",
    sources=(
        "https://github.com/streamlit/streamlit/issues/6305",
        "https://github.com/streamlit/streamlit/issues/8188",
    ),
    supersedes=(
        *("http-403", "http-404", "http-400-generic", "http-200-not-websocket", "http-502"),
        "uvicorn-reject-403",
    ),
    console=(r"/_stcore/stream' failed",),
)
def streamlit_stream_failed(facts: Facts) -> Match | None:
    path = facts.values["path"]
    if "/_stcore/stream" not in path or facts.status is None or facts.status == 101:
        return None
    seen = no_upgrade_seen(facts)
    origin = facts.attempt.options.origin
    # uvicorn writes this to WebSockets alone: the upgrade did arrive.
    refused = reply_of(facts, "uvicorn-websockets-403", "uvicorn-wsproto-403", "uvicorn-403") is not None
    health = facts.values.get("http_url", "").replace("/_stcore/stream", "/_stcore/health")
    return Match(
        evidence=known(*(seen.evidence if seen is not None else ()), quote_status(facts), quote_body(facts)),
        values={
            "how": ": it saw no Upgrade, and we sent one" if seen is not None else "",
            "health_url": health,
            "origin": origin or "",
        },
        side=Side.APPLICATION if refused else None,
        first_fix=(_STREAMLIT_ORIGIN,) if refused and origin else (),
        candidates=()
        if seen is not None
        else ("origin-rejected",)
        if refused
        else ("upgrade-stripped", "origin-rejected"),
    )
