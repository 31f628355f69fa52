"""The upgrade is answered as if it were a page view: a redirect, or a page (RFC 9110 section 15)."""

from __future__ import annotations

import re

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.http_lines import lines_for
from wsinspect.diagnosis.no_upgrade_seen import answered_like_a_page_of_node, asked_for_upgrade
from wsinspect.diagnosis.quoting import known, quote_body, quote_field, quote_status
from wsinspect.events import LocalEnd


@cause(
    id="http-redirect",
    stage=Stage.HTTP,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The server redirects the upgrade to {location} ({status}), and browsers don't follow one for a WebSocket",
    explanation="""The answer to the upgrade was a redirect. Browsers refuse to follow one for a WebSocket, so the page
    sees only a failed connection. The URL in your code is not the one that the server wants: compare the two, letter
    by letter.""",
    fix=(
        "Use the final URL in the client, with ws:// or wss:// in place of http:// or https://.",
        "Or let the server take the path as it is: exclude it from the redirect to HTTPS, to another host, "
        "to a login page, or to a path with a slash.",
    ),
    next_test="wsinspect check --location '{url}'",
    sources=("RFC 6455 section 4.1", "RFC 9110 section 15.4", "https://websockets.spec.whatwg.org/"),
    console=lines_for("30[12378]"),
)
def redirect(facts: Facts) -> Match | None:
    if facts.status not in (301, 302, 303, 307, 308) or not facts.header("Location"):
        return None
    ours = facts.attempt.closure.locally_ended
    followed = ours is not None and ours.why is LocalEnd.REDIRECTED
    location, target = facts.header("Location"), facts.attempt.target
    first: tuple[str, ...] = ()
    if target is not None:
        here = f"{target.host}{target.request_target}"
        there = re.sub(r"^(?:https?|wss?)://([^/:]*)(?::\d+)?", r"\1", location)
        secure = location.startswith(("https://", "wss://"))
        websocket = re.sub(r"^http", "ws", location)
        if location.startswith("/"):
            there = target.host + location
            websocket = f"{'wss' if target.secure else 'ws'}://{target.host}:{target.port}{location}"
        if there == here and secure and not target.secure:
            first = (f"Only the scheme differs: use {websocket}",)
        elif there.rstrip("/") == here.rstrip("/"):
            first = (f"Only the slash at the end differs: use {websocket}",)
        elif re.search(r"log-?in|sign-?in|auth|sso|oauth", location, re.IGNORECASE):
            first = ("The redirect leads to a login: send the session's cookie or a token with the upgrade.",)
        else:
            first = (f"Try {websocket}",)
    return Match(
        evidence=known(quote_field(facts, "Location"), quote_status(facts)),
        first_fix=first,
        headline="The server redirected the upgrade to {location} ({status}), and we followed as asked"
        if followed
        else None,
    )


@cause(
    id="http-200-not-websocket",
    stage=Stage.HTTP,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The server answered {status} with {what} instead of switching to WebSocket",
    explanation="""Somebody answered the request as an ordinary page view, so no WebSocket endpoint ever handled it.
    What usually stands behind it, as a guess: a static host or single-page app that answers every unknown path with
    its index page, a server whose WebSocket handler is not attached, or a proxy that took the upgrade away.""",
    fix=(
        "Check path and port against the server's WebSocket route.",
        "Send the path to the backend in front of the fallback, in nginx for example:\n"
        "location /ws {\n    proxy_pass http://127.0.0.1:8000;\n    proxy_http_version 1.1;\n"
        '    proxy_set_header Upgrade $http_upgrade;\n    proxy_set_header Connection "upgrade";\n}',
        "In a development server's proxy, switch WebSockets on (vite: ws: true).",
    ),
    next_test="curl -si '{http_url}': the same page means that a fallback answers",
    sources=("RFC 6455 section 4.1", "https://nginx.org/en/docs/http/websocket.html"),
    console=lines_for("20[0-6]"),
)
def page_instead(facts: Facts) -> Match | None:
    if facts.status is None or not 200 <= facts.status <= 299:
        return None
    body = facts.body_text.lstrip()
    kind = facts.header("Content-Type").lower()
    first: tuple[str, ...] = ()
    if re.search(r"<div id=[\"'](?:root|app|__next|svelte)", body):
        what = "a single-page app's index page"
        first = ("The page is a single-page app's fallback: this path never reaches the WebSocket server.",)
    elif "html" in kind or body[:1] == "<":
        what = "an HTML page"
    elif "json" in kind or body[:1] in ("{", "["):
        what = "JSON"
    elif not body:
        what = "an empty body"
    else:
        what = "text"
    return Match(
        evidence=known(quote_status(facts), quote_field(facts, "Content-Type"), quote_body(facts)),
        values={"what": what},
        first_fix=first,
        candidates=(
            *(("upgrade-stripped",) if asked_for_upgrade(facts) else ()),
            *(("node-http-no-upgrade-listener",) if answered_like_a_page_of_node(facts) else ()),
        ),
    )
