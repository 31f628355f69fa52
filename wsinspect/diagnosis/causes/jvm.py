"""The JVM: Spring, SockJS, Tomcat, Jetty, Undertow, Netty, Vert.x, Akka and Pekko."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause, describe
from wsinspect.diagnosis.ending import peer_close
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.fronts import hint
from wsinspect.diagnosis.no_upgrade_seen import no_upgrade_seen
from wsinspect.diagnosis.on_reply import match_reply_of, on_reply
from wsinspect.diagnosis.quoting import known, quote_body, quote_request_field, quote_status
from wsinspect.diagnosis.replies import KnownReply, reply_of

_NGINX = (
    "In nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
    'proxy_set_header Connection "upgrade";'
)
_SPRING_DOCS = "https://docs.spring.io/spring-framework/reference/web/websocket.html"


def _lost(facts: Facts, told: KnownReply) -> bool:
    return no_upgrade_seen(facts) is not None and "tornado" not in facts.header("Server").lower()


describe(
    id="spring-upgrade-stripped",
    stage=Stage.FRAMEWORK,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="The server saw no usable Upgrade in our request{behind}, in the words of Spring: {said}",
    explanation="""Spring's handshake handler found the endpoint and then a request without what we sent, so a proxy in front dropped it.
    Vert.x and old tornado use nearly the same sentence; the cure is the same. Spring logs "Handshake failed due to
    invalid Upgrade header: null".""",
    fix=(
        _NGINX,
        "In Spring Cloud Gateway, route it as a WebSocket: uri: ws://backend:8080 (lb:ws://name with discovery).",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:BACKEND:8080",
    sources=(_SPRING_DOCS, "https://github.com/researchstudio-sat/webofneeds/issues/1133"),
    supersedes=("upgrade-stripped", "http-400-generic"),
    console=(r"Handshake failed due to invalid Upgrade header: null",),
    check=on_reply(
        "spring-no-upgrade", candidates=("vertx", "tornado-upgrade-stripped"), when=_lost, shows=("Upgrade",)
    ),
)


@cause(
    id="spring-origin-403",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.LIKELY,
    headline="Spring answered 403{behind}: the origin is most likely not among its allowed origins",
    explanation="""Spring's WebSocket endpoints take the same origin only, unless setAllowedOrigins says more. Behind a proxy that ends
    TLS, Spring thinks of itself as http:// and finds the page's https:// origin foreign, so it fails in production
    alone. Spring Security without a login gives a 403 as well.""",
    fix=(
        'Allow the page: registry.addHandler(handler, "/ws").setAllowedOrigins("https://app.example");',
        'With STOMP: registry.addEndpoint("/ws").setAllowedOriginPatterns("https://*.example").withSockJS();',
        "Behind a proxy: server.forward-headers-strategy=framework, and in nginx proxy_set_header X-Forwarded-Proto $scheme;",
    ),
    next_test="wsinspect check '{url}' --origin http://{host}:{port}",
    sources=(
        "https://docs.spring.io/spring-framework/reference/web/websocket/server.html#websocket-server-allowed-origins",
        "RFC 6455 section 10.2",
    ),
    supersedes=("http-403", "origin-rejected", "uvicorn-reject-403"),
)
def spring_origin_403(facts: Facts) -> Match | None:
    if facts.status != 403:
        return None
    vary = " ".join(facts.head.get_all("Vary") if facts.head is not None else ())
    # Spring's CORS filter marks its answers with the three names that it looked at.
    by_vary = "access-control-request-method" in vary.lower() and "origin" in vary.lower()
    page = reply_of(facts, "whitelabel")
    words = "Invalid CORS request" in facts.body_text
    if not (by_vary or page is not None or words):
        return None
    origin = quote_request_field(facts, "Origin")
    return Match(
        evidence=known(quote_body(facts), quote_status(facts), origin),
        certainty=None if origin is not None else Certainty.POSSIBLE,
        candidates=("http-403",) if origin is None else ("origin-rejected",),
        values={"behind": ""},
    )


@cause(
    id="sockjs-path",
    stage=Stage.FRAMEWORK,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="{path} is a SockJS endpoint: it greeted us ('{said}') instead of upgrading",
    explanation="""SockJS keeps its plain WebSocket one level below the endpoint: the endpoint itself only says welcome. A client without
    sockjs-client has to add /websocket to the path.""",
    fix=(
        "Add the suffix: {sockjs_url}",
        "Or use sockjs-client, which finds its way itself: new SockJS('{http_url}')",
        "In Spring, leave .withSockJS() out to have a plain WebSocket at the endpoint.",
    ),
    next_test="wsinspect check '{sockjs_url}'",
    sources=(
        "https://github.com/sockjs/sockjs-protocol",
        "https://docs.spring.io/spring-framework/reference/web/websocket/fallback.html",
    ),
    supersedes=("http-200-not-websocket", "http-404"),
)
def sockjs_path(facts: Facts) -> Match | None:
    told = reply_of(facts, "sockjs-welcome")
    if told is None:
        return None
    match = match_reply_of(facts, told)
    url, path = facts.values["url"], facts.values["path"]
    plain = path.partition("?")[0].rstrip("/")
    values = {**match.values, "sockjs_url": f"{url.removesuffix(path)}{plain}/websocket"}
    return Match(evidence=match.evidence, values=values)


@cause(
    id="tomcat-jsr356",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.LIKELY,
    headline="Tomcat refused the upgrade, or closed over the size of a message",
    explanation="""Tomcat's WebSocket container answers 404 when no @ServerEndpoint was found for the path: the class wasn't scanned, or
    the context path is missing in the URL. It buffers 8192 bytes for a message unless told otherwise, and closes with
    1009 beyond that.""",
    fix=(
        "Register the endpoint; in Spring Boot: @Bean ServerEndpointExporter exporter() { return new ServerEndpointExporter(); }",
        "Put the context path into the URL: ws://host:8080/app/endpoint",
        "For larger messages: session.setMaxTextMessageBufferSize(1 << 20), or the context parameter "
        "org.apache.tomcat.websocket.textBufferSize.",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:BACKEND:8080",
    sources=("https://tomcat.apache.org/tomcat-10.1-doc/web-socket-howto.html",),
    supersedes=("http-404", "http-400-generic", "http-403", "message-too-big"),
    console=(
        r"message was too big for the output buffer and the endpoint does not support partial messages",
    ),
)
def tomcat(facts: Facts) -> Match | None:
    close = peer_close(facts)
    if close is not None and close.code == 1009:
        if not close.says("decoded text message was too big|message was too big for the output buffer"):
            return None
        what = "closed with 1009: a message is larger than its buffer"
        return Match(headline="Tomcat {what}", evidence=(close.evidence(facts),), values={"what": what})
    told = reply_of(facts, "tomcat-page")
    if told is None or facts.status not in (400, 403, 404):
        return None
    match = match_reply_of(facts, told)
    meaning = {
        404: "it has no endpoint there",
        400: "the handshake is not to its liking",
        403: "a filter refused it",
    }
    what = f"answered {facts.status}{match.values['behind']}: {meaning[facts.status]}"
    return Match(headline="Tomcat {what}", evidence=match.evidence, values={**match.values, "what": what})


@cause(
    id="jetty",
    stage=Stage.FRAMEWORK,
    side=Side.SERVER,
    certainty=Certainty.LIKELY,
    headline="Jetty ended an idle connection, or refused the upgrade",
    explanation="""Jetty closes a WebSocket that has been silent for its idle timeout (30 s by default, 300 s in Jetty 9's WebSocket) with
    1001 and says so in the reason. Refusals of the handshake carry Jetty's own page instead: the servlet or the
    WebSocket mapping for this path is missing, or a filter stands before it.""",
    fix=(
        "Let the client ping more often than the limit, or raise it: container.setIdleTimeout(Duration.ofMinutes(10));",
        "For a refused handshake: JettyWebSocketServletContainerInitializer.configure(context, (ctx, container) -> "
        'container.addMapping("/ws", (req, resp) -> new MySocket()));',
    ),
    next_test="wsinspect check '{url}' --ping-interval 10 --hold 120",
    sources=(
        "https://github.com/jetty/jetty.project/issues/2637",
        "https://github.com/jetty/jetty.project/issues/11088",
    ),
    supersedes=(
        *("close-1001-or-1012-restart", "idle-timeout-server-app", "http-404", "http-400-generic"),
        *("http-403", "http-503", "http-500"),
    ),
    console=(r"Connection Idle Timeout|Idle [Tt]imeout expired",),
)
def jetty(facts: Facts) -> Match | None:
    close = peer_close(facts)
    if close is not None:
        if close.code != 1001 or not close.says(r"^(?:Connection )?Idle Timeout"):
            return None
        what = f"closed the connection after {close.silence_s:.1f} s of silence ({close.values['said']})"
        return Match(
            headline="Jetty {what}",
            evidence=known(close.evidence(facts), hint(facts, "Jetty")),
            values={"what": what},
        )
    told = reply_of(facts, "jetty", "jetty-server")
    if told is None or facts.status == 426:
        return None
    match = match_reply_of(facts, told)
    what = f"answered {facts.status}{match.values['behind']}: no WebSocket of it took the upgrade of {facts.values['path']}"
    return Match(
        headline="Jetty {what}",
        evidence=match.evidence,
        values={**match.values, "what": what},
        side=Side.APPLICATION,
    )


describe(
    id="undertow",
    stage=Stage.FRAMEWORK,
    side=Side.SERVER,
    certainty=Certainty.LIKELY,
    headline="Undertow (WildFly, JBoss) answered {status}{behind}: its WebSocket container took no connection",
    explanation="""Undertow says 503 while its WebSocket container is closed, during deployment or shutdown, and 404 for a path that no
    deployment serves. The Server field names the product; which of the two it was, its log of the deployment tells.""",
    fix=(
        "Wait until the deployment has finished; look for 'Deployed \"app.war\"' in the log.",
        "Put the context root into the URL: ws://host:8080/app/endpoint",
    ),
    next_test="wsinspect check '{url}' (again after some seconds)",
    sources=("https://undertow.io/undertow-docs/undertow-docs-2.1.0/#websockets",),
    supersedes=("http-503", "http-404"),
    check=on_reply("undertow-503"),
)

describe(
    id="netty",
    stage=Stage.FRAMEWORK,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Netty's WebSocket handler refused the request{behind}: {said}",
    explanation="""The sentence is that of Netty's WebSocketServerHandshaker, and the field that it misses is in the request that we sent.
    Most likely a proxy dropped it. Netty stands under many servers: Play, Ratpack, Micronaut, Reactor.""",
    fix=(
        _NGINX,
        'For a path mismatch: new WebSocketServerProtocolHandler("/ws", null, true) compares exactly.',
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:BACKEND:PORT",
    sources=(
        "https://netty.io/4.1/api/io/netty/handler/codec/http/websocketx/WebSocketServerHandshaker.html",
    ),
    supersedes=("upgrade-stripped", "http-400-generic", "http-426"),
    check=on_reply("netty", shows=("Upgrade",)),
)

describe(
    id="vertx",
    stage=Stage.FRAMEWORK,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Vert.x refused the upgrade{behind}: {said}",
    explanation="""Vert.x checks Connection after Upgrade, and this is its sentence for a Connection that doesn't say upgrade. Ours did, so
    most likely a proxy replaced the field.""",
    fix=(
        _NGINX,
        "With a list in Connection, older Vert.x wants the single token: proxy_set_header Connection upgrade;",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:BACKEND:PORT",
    sources=("https://vertx.io/docs/vertx-core/java/#_websockets",),
    supersedes=("upgrade-stripped", "http-400-generic", "spring-upgrade-stripped"),
    check=on_reply("vertx-no-upgrade", shows=("Connection",)),
)

describe(
    id="akka-http",
    stage=Stage.FRAMEWORK,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Akka or Pekko HTTP refused the request{behind}: {said}",
    explanation="""The route is a WebSocket one (handleWebSocketMessages), and the request that reached it carried no upgrade, though ours
    did. Most likely a proxy in front took it.""",
    fix=(_NGINX, 'In the route, check order: handleWebSocketMessages(flow) after path("ws").'),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:BACKEND:PORT",
    sources=("https://pekko.apache.org/docs/pekko-http/current/server-side/websocket-support.html",),
    aliases=("pekko-http",),
    supersedes=("upgrade-stripped", "http-400-generic"),
    check=on_reply("akka", shows=("Upgrade",)),
)
