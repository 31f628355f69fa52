"""Cloudflare in front of the origin."""

from __future__ import annotations

import re

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause, describe
from wsinspect.diagnosis.causes.nginx import LOST
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.on_reply import lost_upgrade, match_reply_of, unique
from wsinspect.diagnosis.product_limits import cut_at_limit
from wsinspect.diagnosis.quoting import known, quote_body, quote_field
from wsinspect.diagnosis.replies import reply_of

describe(
    id="cloudflare-ws-off",
    stage=Stage.CLOUD,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Cloudflare passed the request on, and {backend} saw no Upgrade, which we sent",
    explanation="""Cloudflare forwards upgrades only while the zone's switch WebSockets is on. A proxy between Cloudflare and the backend that
    drops Upgrade gives the same bytes, and Cloudflare hides its Server field, so this is the likely reason and not the only
    one.""",
    fix=(
        "Dashboard, the zone, Network: switch WebSockets on.",
        "Or by API: curl -X PATCH https://api.cloudflare.com/client/v4/zones/ZONE/settings/websockets "
        "-H 'Authorization: Bearer TOKEN' -d '{\"value\":\"on\"}'",
        "If it is on, look at the proxy beside the origin: nginx needs proxy_set_header Upgrade and Connection.",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:ORIGIN:443 (straight to the origin)",
    sources=("https://developers.cloudflare.com/network/websockets/",),
    supersedes=LOST,
    check=lost_upgrade("Cloudflare", candidates=("nginx-upgrade-headers-missing",), most=Certainty.LIKELY),
)

_CODES = {
    520: "the origin's answer is empty or not HTTP; an upgrade handler that just closes does that",
    521: "the origin refused the TCP connection",
    522: "the origin did not accept the TCP connection in time",
    523: "the origin can't be reached: no route, or a stale DNS record",
    524: "the origin accepted and did not answer within 100 s",
    525: "the TLS handshake with the origin failed",
    526: "the origin's certificate is not valid",
    527: "Railgun could not reach the origin",
    530: "the name of the origin does not resolve, or a tunnel is down (error 1016, 1033)",
    1015: "a rate limit of the zone",
    1020: "a firewall rule of the zone denied access",
    1016: "the name of the origin does not resolve",
    1033: "no tunnel is connected",
    1006: "this address is banned",
    1010: "the browser's signature is banned",
    1003: "the address was asked without a name",
}


@cause(
    id="cloudflare-52x",
    stage=Stage.CLOUD,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="Cloudflare itself answered {status}{number}: {meaning}",
    explanation="""A reply of this number with Cloudflare's marks is written at its edge. The 52x ones are about what happened between Cloudflare
    and your origin; the 1xxx ones, and a challenge, are rules of the zone, and a script's WebSocket can't solve a
    challenge page.""",
    fix=(
        "521, 522, 523: let the origin's firewall pass Cloudflare's addresses, and see that it listens on the port.",
        "520: run the same upgrade against the origin itself; its handler ends the connection without an answer.",
        "525, 526: set SSL/TLS to the mode that the origin's certificate fits (Full, or Full strict with an origin certificate).",
        '1015, 1020 and challenges: exempt the path in Security, WAF: http.request.uri.path eq "{plain_path}" then Skip.',
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:ORIGIN:443 (straight to the origin)",
    sources=(
        "https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/",
        "https://github.com/erebe/wstunnel/issues/213",
    ),
    supersedes=(
        *(
            "http-421-or-451-etc",
            "http-403",
            "http-429",
            "http-502",
            "http-503",
            "http-504",
            "http-400-generic",
        ),
        *("origin-required", "origin-rejected", "http-500", "http-404", "http-426", "upgrade-stripped"),
    ),
    console=(r"Unexpected (?:response code|server response): (?:52[0-7]|530)",),
)
def cloudflare_52x(facts: Facts) -> Match | None:
    told = reply_of(
        facts,
        "cloudflare-challenge",
        "cloudflare-1xxx",
        "cloudflare-52x",
        "cloudflare-error-code",
        "cloudflare-own-page",
    )
    if told is None or reply_of(facts, "cloudflared"):
        return None
    number = re.search(r"1\d{3}", told.said) if told.reply.id == "cloudflare-1xxx" else None
    code = int(number[0]) if number else facts.status or 0
    meaning = _CODES.get(code, "it refused the request at its edge")
    if told.reply.id == "cloudflare-challenge":
        meaning = "it wants a browser challenge solved, which a WebSocket can't"
    # An origin may use such a status itself: only Cloudflare's own words prove that it is its own.
    own_words = told.reply.id != "cloudflare-52x" or re.search(
        "cloudflare|error code: ", facts.body_text, re.IGNORECASE
    )
    match = match_reply_of(facts, told)
    return Match(
        evidence=unique((*match.evidence, *known(quote_field(facts, "CF-RAY"), quote_body(facts)))),
        certainty=None if own_words and facts.has_header("CF-RAY") else Certainty.LIKELY,
        side=Side.PROXY if number or told.reply.id == "cloudflare-challenge" else None,
        values={
            **match.values,
            "number": f" (error {number[0]})" if number else "",
            "meaning": meaning,
            "plain_path": facts.values["path"].partition("?")[0],
        },
    )


describe(
    id="cloudflare-idle-100",
    stage=Stage.CLOUD,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Cut after {seconds} s of silence behind Cloudflare: its limit of 100 s most likely ran out",
    explanation="""Cloudflare ends a WebSocket on which nothing went either way for 100 s, without a Close frame; only Enterprise zones can
    change that. Its edge restarts too, at any time and for all.""",
    fix=(
        "Ping every 30 s, on a server with node's ws:\n"
        "setInterval(() => wss.clients.forEach((client) => client.ping()), 30000);",
        "Reconnect as a matter of course: the edge may end a connection whenever it is updated.",
    ),
    next_test="wsinspect check '{url}' --ping-interval 30 --hold 210",
    sources=(
        "https://developers.cloudflare.com/network/websockets/",
        "https://github.com/buildbot/buildbot/issues/4078",
    ),
    supersedes=("idle-timeout-intermediary", "max-connection-lifetime"),
    check=cut_at_limit("Cloudflare", limits=("Cloudflare",)),
)
