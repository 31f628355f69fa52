"""ASP.NET Core, SignalR and IIS."""

from __future__ import annotations

from wsinspect.diagnosis.app_protocol import AppProtocol, speaks
from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.ending import cut_of, peer_close
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import has_data
from wsinspect.diagnosis.fronts import hint
from wsinspect.diagnosis.on_reply import match_reply_of
from wsinspect.diagnosis.quoting import known
from wsinspect.diagnosis.replies import reply_of
from wsinspect.wire.opcode import Direction

_SIGNALR = "https://learn.microsoft.com/aspnet/core/signalr/troubleshoot"


@cause(
    id="aspnetcore-400",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.LIKELY,
    headline="ASP.NET Core ({product}) answered {status}{behind}: {meaning}",
    explanation="""ASP.NET Core accepts a WebSocket only where UseWebSockets() runs before the endpoint. SignalR in addition wants the id
    that negotiate handed out, on the same server and within about 15 s: with several nodes and no sticky sessions the
    second request meets a node that never heard of it.""",
    fix=(
        'Put app.UseWebSockets(); before app.MapHub<MyHub>("/hub") or your own endpoint.',
        "Make the load balancer sticky, or skip negotiation:\nnew signalR.HubConnectionBuilder().withUrl('/hub', {\n"
        "  skipNegotiation: true, transport: signalR.HttpTransportType.WebSockets }).build();",
        "For several nodes, add a backplane: services.AddSignalR().AddStackExchangeRedis(...).",
    ),
    next_test="curl -si -X POST '{negotiate_url}' (200 with a connectionToken means that the hub is there)",
    sources=(
        _SIGNALR,
        "https://github.com/aspnet/SignalR/issues/2214",
        "https://github.com/dotnet/aspnetcore/issues/50171",
    ),
    supersedes=("http-400-generic", "http-404"),
    console=(
        r"The connection could not be found on the server, either the endpoint may not be a SignalR endpoint",
        r"No Connection with that ID",
    ),
)
def aspnetcore_400(facts: Facts) -> Match | None:
    told = reply_of(facts, "signalr-no-connection", "signalr-id-required", "kestrel-empty")
    if told is None:
        return None
    signalr = told.reply.id != "kestrel-empty"
    meaning = {
        "signalr-no-connection": "the connection id in the URL is not known to this node",
        "signalr-id-required": "it wants the connection id that negotiate hands out",
        "kestrel-empty": "no middleware took the WebSocket"
        if facts.status == 400
        else "no endpoint has this path",
    }[told.reply.id]
    match = match_reply_of(
        facts,
        told,
        candidates=() if signalr else ("upgrade-stripped",),
        shows=() if signalr else ("Upgrade",),
    )
    base = facts.values.get("http_url", "").partition("?")[0]
    negotiate = f"{base.rstrip('/')}/negotiate?negotiateVersion=1"
    return Match(
        evidence=match.evidence,
        candidates=match.candidates,
        values={
            **match.values,
            "meaning": meaning,
            "product": told.reply.product,
            "negotiate_url": negotiate,
        },
    )


@cause(
    id="signalr-handshake-missing",
    stage=Stage.FRAMEWORK,
    side=Side.CLIENT,
    certainty=Certainty.POSSIBLE,
    headline="The connection ended {age} s after the opening without a SignalR handshake from us",
    explanation="""SignalR expects the client's first message to be its handshake, and hangs up after 15 s without it. The time fits, and
    what is known of the server points to SignalR. A plain WebSocket client has to send that message itself.""",
    fix=(
        'Send this first, with the record separator at its end: {"protocol":"json","version":1}\\x1e',
        "Or use the SignalR client of your language.",
    ),
    next_test='wsinspect check \'{url}\' --send \'{"protocol":"json","version":1}\x1e\'',
    sources=(
        "https://github.com/dotnet/aspnetcore/blob/main/src/SignalR/docs/specs/HubProtocol.md",
        _SIGNALR,
    ),
)
def signalr_handshake_missing(facts: Facts) -> Match | None:
    cut, close = cut_of(facts.attempt), peer_close(facts)
    age = close.age_s if close is not None else cut.age_s if cut is not None else None
    if age is None or not 14.5 <= age <= 17 or has_data(facts, Direction.SENT):
        return None
    shown = hint(facts, "Kestrel", "Azure SignalR") or speaks(facts, AppProtocol.SIGNALR)
    ended = close.evidence(facts) if close is not None else cut.evidence if cut is not None else None
    if shown is None or ended is None:
        return None
    return Match(evidence=known(ended, shown), values={"age": f"{age:.1f}"})


@cause(
    id="iis-websocket-missing",
    stage=Stage.FRAMEWORK,
    side=Side.SERVER,
    certainty=Certainty.LIKELY,
    headline="IIS answered the upgrade as ordinary HTTP ({status}){behind}: its WebSocket feature is most likely off",
    explanation="""IIS upgrades only with the WebSocket Protocol feature installed, <webSocket> enabled and an application pool in
    integrated mode; without one of them the application sees a plain request. As a reverse proxy (ARR) it needs the
    feature as well; for node under iisnode it is the other way round, and the module has to be off.""",
    fix=(
        "Install the feature: Install-WindowsFeature Web-WebSockets (on a workstation: "
        "dism /online /enable-feature /featurename:IIS-WebSockets)",
        'Allow it in web.config:\n<system.webServer>\n  <webSocket enabled="true" />\n</system.webServer>',
        'For node under iisnode instead: <webSocket enabled="false" />',
        "See that the application pool is Integrated, and ARR is version 3.",
    ),
    next_test="curl -si {http_url} (the same answer means that Upgrade changes nothing)",
    sources=(
        "https://learn.microsoft.com/iis/get-started/whats-new-in-iis-8/iis-80-websocket-protocol-support",
        "https://docs.developers.optimizely.com/content-management-system/v11.0.0-cms/edit/websocket-support",
    ),
    supersedes=("http-200-not-websocket", "http-400-generic", "http-404", "http-426", "upgrade-stripped"),
)
def iis_websocket_missing(facts: Facts) -> Match | None:
    told = reply_of(facts, "iis")
    if told is None or reply_of(facts, "signalr-no-connection", "signalr-id-required", "azure-arr"):
        return None
    usual = facts.status in (200, 400, 426, 501)
    if not usual and facts.status not in (404, 500):
        return None
    return match_reply_of(
        facts,
        told,
        certainty=None if usual else Certainty.POSSIBLE,
        candidates=(f"http-{facts.status}",) if not usual else (),
        shows=("Upgrade",),
    )
