"""Hosting platforms: Heroku, Vercel, Netlify, Render, Railway, Fly, DigitalOcean."""

from __future__ import annotations

import re

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.fronts import hint
from wsinspect.diagnosis.on_reply import match_reply_of, unique
from wsinspect.diagnosis.product_limits import cut_at_limit
from wsinspect.diagnosis.quoting import known, quote_body, quote_status
from wsinspect.diagnosis.replies import reply_of

_heroku_cut = cut_at_limit("Heroku", limits=("Heroku's router",))


@cause(
    id="heroku-h15-55s",
    stage=Stage.CLOUD,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Heroku's router ended or refused the connection",
    explanation="""Heroku's router ends a connection after 55 s without a byte (H15 in its log), and one whose first byte takes longer than 30 s
    (H12). The limit can't be changed. An 'Application error' page is the router's as well: the dyno crashed (H10), none
    is running (H14), or it did not boot in time (H20).""",
    fix=(
        "Ping in less than 55 s, on a server with node's ws:\n"
        "setInterval(() => wss.clients.forEach((client) => client.ping()), 30000);",
        "For the error page: heroku logs --tail shows the H code; heroku ps:scale web=1 starts a dyno.",
        "Listen on process.env.PORT.",
    ),
    next_test="wsinspect check '{url}' --ping-interval 30 --hold 120 (and heroku logs --tail)",
    sources=("https://devcenter.heroku.com/articles/error-codes", "https://help.heroku.com/BZGH6WMY"),
    supersedes=("idle-timeout-intermediary", "max-connection-lifetime", "http-503", "http-404", "http-502"),
)
def heroku(facts: Facts) -> Match | None:
    told = reply_of(facts, "heroku-error", "heroku-no-app")
    shown = hint(facts, "Heroku")
    if told is not None and (shown is not None or told.reply.id == "heroku-no-app"):
        match = match_reply_of(facts, told)
        meaning = (
            "no such app"
            if facts.status == 404
            else "the dyno crashed, sleeps, or did not answer within 30 s"
        )
        what = f"Heroku's router itself answered {facts.status}: {meaning}"
        return Match(
            headline="{what}",
            evidence=unique((*match.evidence, *known(shown))),
            values={**match.values, "what": what},
        )
    cut = _heroku_cut(facts)
    if cut is None:
        return None
    what = f"Cut after {cut.values['seconds']} s of silence behind Heroku's router: its limit of 55 s most likely ran out"
    return Match(
        headline="{what}",
        evidence=cut.evidence,
        certainty=cut.certainty,
        candidates=cut.candidates,
        values={**cut.values, "what": what},
    )


@cause(
    id="vercel-netlify-no-ws",
    stage=Stage.CLOUD,
    side=Side.SERVER,
    certainty=Certainty.LIKELY,
    headline="Vercel or Netlify answered the upgrade like a page: their functions can't hold a WebSocket",
    explanation="""The answer carries {platform}'s marks. Its functions live for one request and response, so an upgrade ends as a page, a 404,
    a 405 or an error, whatever the code behind does. That is by design and no setting changes it.""",
    fix=(
        "Run the WebSocket server elsewhere (a container on Fly, Render, Railway, a VM) and point the page at it: "
        "new WebSocket('wss://ws.example/')",
        "Or use a hosted service: Ably, Pusher, PartyKit, Supabase Realtime, Cloudflare Durable Objects.",
        "A rewrite does not help: it forwards requests, not upgrades.",
    ),
    next_test="curl -si {http_url} (the same marks on the page)",
    sources=(
        "https://ably.com/topic/ai-stack/websockets-on-vercel-why-serverless-functions-cant-host-them",
        "https://vercel.com/guides/do-vercel-serverless-functions-support-websocket-connections",
    ),
    supersedes=(
        *(
            "http-404",
            "http-405",
            "http-200-not-websocket",
            "http-500",
            "http-502",
            "http-400-generic",
            "http-426",
        ),
        *(
            "upgrade-stripped",
            "nextjs-rewrite-no-ws",
            "nextjs-api-route-no-ws",
            "http-504",
            "http-421-or-451-etc",
        ),
        *("node-http-no-upgrade-listener", "fiber", "transparent-middlebox-strips-upgrade"),
    ),
)
def vercel_netlify(facts: Facts) -> Match | None:
    told = reply_of(facts, "vercel", "vercel-id", "netlify", "netlify-id")
    if told is None or facts.status in (401, 403):
        return None
    match = match_reply_of(facts, told)
    return Match(
        headline="{platform} answered the upgrade with {status}: its functions can't hold a WebSocket",
        evidence=match.evidence,
        values={**match.values, "platform": told.reply.product},
    )


_ITS_ROUTER = "{platform} itself answered {status}: your service behind it did not"


@cause(
    id="render-railway-fly",
    stage=Stage.CLOUD,
    side=Side.SERVER,
    certainty=Certainty.LIKELY,
    headline="The hosting platform answered in place of your service, which did not (Render, Railway, Fly, DigitalOcean)",
    explanation="""The platform's router wrote this, because no instance of the service answered. Usually it listens on another port or on
    127.0.0.1 alone, crashed at start, or is asleep: free plans of Render spin down and take most of a minute for the first
    request.""",
    fix=(
        "Listen on 0.0.0.0 and on the port in $PORT: server.listen(process.env.PORT, '0.0.0.0')",
        "Fly: internal_port in fly.toml has to be that port. Railway: Settings, Networking, the target port.",
        "Read the deploy log, and retry after a minute in case it was asleep.",
    ),
    next_test="curl -si {http_url} (the same page means that the service is down, whatever the path)",
    sources=(
        "https://docs.railway.com/reference/errors/application-failed-to-respond",
        "https://render.com/docs/free#spinning-down-on-idle",
        "https://fly.io/docs/reference/configuration/#the-http_service-section",
    ),
    supersedes=("http-502", "http-503", "http-504", "http-404"),
    aliases=("render", "railway", "fly", "do-app-platform", "pythonanywhere"),
)
def render_railway_fly(facts: Facts) -> Match | None:
    told = reply_of(facts, "railway", "fly", "render", "do-app-platform", "do-app-body")
    if told is not None:
        match = match_reply_of(facts, told)
        return Match(
            headline=_ITS_ROUTER,
            evidence=match.evidence,
            values={**match.values, "platform": told.reply.product},
        )
    shown = hint(facts, "Render", "Railway", "Fly", "DigitalOcean App Platform")
    if shown is None or facts.status not in (502, 503) or re.search("<center>nginx", facts.body_text):
        return None
    return Match(
        headline=_ITS_ROUTER,
        evidence=known(quote_status(facts), quote_body(facts), shown),
        certainty=Certainty.POSSIBLE,
        candidates=(f"http-{facts.status}",),
        values={"platform": "The platform"},
    )
