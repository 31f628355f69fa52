"""Microsoft Azure: App Service, SignalR, Application Gateway, Front Door, Load Balancer."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.ending import cut_of
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.fronts import hint
from wsinspect.diagnosis.idle_numbers import CutBy, Measure, limits_near
from wsinspect.diagnosis.no_upgrade_seen import no_upgrade_seen
from wsinspect.diagnosis.on_reply import match_reply_of
from wsinspect.diagnosis.product_limits import cut_at_limit
from wsinspect.diagnosis.quoting import known, quote_body, quote_field, quote_status
from wsinspect.diagnosis.replies import reply_of


@cause(
    id="azure-appservice-ws-off",
    stage=Stage.CLOUD,
    side=Side.SERVER,
    certainty=Certainty.LIKELY,
    headline="Azure App Service answered the upgrade with {status}: 'Web sockets' is most likely off",
    explanation="""App Service upgrades only with its general setting Web sockets switched on, and by default it is off on Windows plans. Small
    plans allow few connections (Free 5, Shared 35, Basic 350) and answer 503 beyond. With several instances, SignalR needs
    ARR affinity on.""",
    fix=(
        "Switch it on: az webapp config set --name APP --resource-group GROUP --web-sockets-enabled true",
        "Let the front end speak 1.1: az webapp config set ... --http20-enabled false, if only HTTP/2 clients fail.",
        "For 503, count the open sockets against the plan's limit.",
    ),
    next_test="az webapp config show --name APP --resource-group GROUP --query webSocketsEnabled",
    sources=(
        "https://learn.microsoft.com/azure/app-service/configure-common#configure-general-settings",
        "https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits#app-service-limits",
    ),
    supersedes=(
        *(
            "http-400-generic",
            "http-404",
            "http-500",
            "http-200-not-websocket",
            "upgrade-stripped",
            "http-426",
        ),
        *("iis-websocket-missing", "http-503", "http-403"),
    ),
)
def azure_appservice(facts: Facts) -> Match | None:
    told = reply_of(facts, "azure-arr")
    by_name = hint(facts, "Azure App Service")
    if facts.head is None or facts.status in (101, 401, 502) or (told is None and by_name is None):
        return None
    if reply_of(facts, "signalr-no-connection", "signalr-id-required"):
        return None
    lost = no_upgrade_seen(facts)
    usual = facts.status in (200, 400, 426) or lost is not None
    return Match(
        evidence=known(
            quote_status(facts), by_name, quote_field(facts, "Server"), *(lost.evidence if lost else ())
        ),
        certainty=None if usual else Certainty.POSSIBLE,
        candidates=("aspnetcore-400", "iis-websocket-missing"),
    )


@cause(
    id="azure-signalr-404",
    stage=Stage.CLOUD,
    side=Side.CLIENT,
    certainty=Certainty.LIKELY,
    headline="Azure SignalR answered {status}: the client most likely skipped negotiation",
    explanation="""With Azure SignalR a client first asks its own server's /negotiate, and gets the service's URL and a token from there. With
    skipNegotiation it arrives at the service without either, and is sent away.""",
    fix=(
        "Leave negotiation on: new signalR.HubConnectionBuilder().withUrl('https://app.example/hub').build();",
        "Point the client at your application, not at *.service.signalr.net.",
    ),
    next_test="curl -si -X POST 'https://APP/hub/negotiate?negotiateVersion=1' (its answer has url and accessToken)",
    sources=("https://github.com/Azure/azure-signalr/pull/618",),
    supersedes=("http-401", "http-404", "aspnetcore-400"),
)
def azure_signalr(facts: Facts) -> Match | None:
    shown = hint(facts, "Azure SignalR")
    if shown is None or facts.status not in (401, 404) or "access_token=" in facts.values["path"]:
        return None
    return Match(evidence=known(quote_status(facts), quote_body(facts), shown))


_appgw_cut = cut_at_limit("Azure Application Gateway", limits=("Azure Application Gateway",))


@cause(
    id="azure-appgw",
    stage=Stage.CLOUD,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Azure Application Gateway ended or refused the connection",
    explanation="""Application Gateway passes WebSockets on by itself. Its backend setting has a request timeout, 20 or 30 s, which also governs
    silence, and 4 min for an idle TCP connection; an error page signed by it means that no healthy member of the backend
    pool answered.""",
    fix=(
        "Raise it: az network application-gateway http-settings update --gateway-name GW -g GROUP -n SETTING --timeout 3600",
        "Give the backend a health probe that a WebSocket server can answer (a plain 200 at another path).",
        "Or ping in less than 20 s.",
    ),
    next_test="az network application-gateway show-backend-health -g GROUP -n GW",
    sources=("https://learn.microsoft.com/azure/application-gateway/application-gateway-websocket",),
    supersedes=(
        "http-502",
        "http-504",
        "http-404",
        "http-403",
        "http-400-generic",
        "idle-timeout-intermediary",
    ),
)
def azure_appgw(facts: Facts) -> Match | None:
    told = reply_of(facts, "azure-appgw", "azure-appgw-server")
    if told is not None:
        match = match_reply_of(facts, told)
        what = f"Azure Application Gateway itself answered {facts.status}: no member of its backend pool did"
        return Match(headline="{what}", evidence=match.evidence, values={**match.values, "what": what})
    cut = _appgw_cut(facts)
    if cut is None:
        return None
    what = f"Cut after {cut.values['seconds']} s of silence behind Azure Application Gateway: its timeout most likely ran out"
    return Match(
        headline="{what}",
        evidence=cut.evidence,
        certainty=cut.certainty,
        candidates=cut.candidates,
        values={**cut.values, "what": what},
    )


@cause(
    id="frontdoor",
    stage=Stage.CLOUD,
    side=Side.PROXY,
    certainty=Certainty.POSSIBLE,
    headline="Azure Front Door stands in front and the upgrade came back as {status}",
    explanation="""Front Door forwards WebSockets on Standard and Premium only, and not on the classic tier; caching on the route, or an origin
    that doesn't upgrade, ends it too. Its reference is on the answer; who refused is not.""",
    fix=(
        "Use a Standard or Premium profile, and switch caching off on the route of {path}.",
        "Find X-Azure-Ref in the access log: it says whether the origin was asked.",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:443:ORIGIN:443 (straight to the origin)",
    sources=("https://learn.microsoft.com/azure/frontdoor/standard-premium/websocket",),
    aliases=("azure-frontdoor",),
)
def frontdoor(facts: Facts) -> Match | None:
    told = reply_of(facts, "frontdoor")
    if told is None:
        return None
    return match_reply_of(facts, told, candidates=("upgrade-stripped",))


@cause(
    id="lb",
    stage=Stage.CLOUD,
    side=Side.NETWORK,
    certainty=Certainty.POSSIBLE,
    headline="Reset after {seconds} s of silence: Azure Load Balancer forgets an idle connection at 240 s",
    explanation="""Azure's Load Balancer, and the front end of App Service, drop a flow after 4 min without a packet: silently, or with RST where
    TCP reset is switched on. Nothing in the bytes names it; only the number fits.""",
    fix=(
        "Raise it to at most 30 min, with resets: az network lb rule update -g GROUP --lb-name LB -n RULE "
        "--idle-timeout 30 --enable-tcp-reset true",
        "Or ping every 60 s.",
    ),
    next_test="wsinspect check '{url}' --ping-interval 60 --hold 300",
    sources=("https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-reset",),
    aliases=("azure-lb",),
)
def azure_lb(facts: Facts) -> Match | None:
    cut = cut_of(facts.attempt)
    if cut is None or not cut.reset:
        return None
    near = limits_near(cut.silence_s, Measure.SILENCE, CutBy.RST)
    if not any(limit.product.startswith("Azure Load Balancer") for limit in near):
        return None
    shown = hint(facts, "Azure App Service")
    return Match(
        evidence=known(cut.evidence, shown),
        candidates=("idle-timeout-intermediary", "nat-or-firewall-silent-drop"),
        values={"seconds": f"{cut.silence_s:.1f}"},
    )
