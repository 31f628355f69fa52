"""Causes of explicit and transparent proxies: section proxy of the catalogue."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.evidence import Evidence, Match, at_event, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.events import FailureKind, Step
from wsinspect.session.ladder import AddressStatus


def _proxy_values(facts: Facts) -> dict[str, str]:
    proxy = facts.attempt.proxy
    if proxy is None:
        return {}
    return {"proxy": f"{proxy.scheme}://{proxy.host}:{proxy.port}", "source": proxy.source}


def _reply(facts: Facts) -> tuple[Evidence, ...]:
    head = facts.attempt.proxy_exchange.head
    failure = facts.attempt.failure
    assert failure is not None
    told = [at_seq(failure.seq, failure.message)]
    if head is not None:
        told.insert(
            0, at_seq(facts.attempt.proxy_exchange.response_seq, f"the proxy answered: {head.status_line}")
        )
    return tuple(told)


def _gave_up(facts: Facts) -> bool:
    """Say whether the proxy took the request and answered 5xx: it tried, and did not get through."""
    head = facts.attempt.proxy_exchange.head
    refused = facts.failed(Step.PROXY, FailureKind.PROXY_REFUSED)
    return refused and head is not None and head.status_code is not None and head.status_code >= 500


@cause(
    id="proxy-unreachable",
    stage=Stage.PROXY,
    side=Side.PROXY,
    certainty=Certainty.CERTAIN,
    headline="The proxy {proxy} can't be reached",
    explanation="""The connection was to go through a proxy (from {source}), and the proxy itself did not answer. The WebSocket
    server was never asked, so nothing is known about it.""",
    fix=(
        "Correct the proxy's address where it is set ({source}), or start the proxy.",
        "If this target needs no proxy, go direct: `-x ''`, or name the host in NO_PROXY.",
    ),
    next_test="wsinspect check '{url}' -x ''",
    sources=("RFC 9110 section 9.3.6",),
    supersedes=(
        "tcp-refused",
        "tcp-timeout-blackhole",
        "tcp-unreachable",
        "dns-nxdomain",
        "dns-temporary-failure",
    ),
    console=(
        r"net::ERR_PROXY_CONNECTION_FAILED",
        r"Could not connect to proxy",
        r"Could not resolve proxy",
        r"ProxyError.*Cannot connect to proxy",
    ),
)
def proxy_unreachable(facts: Facts) -> Match | None:
    proxy = facts.attempt.proxy
    if proxy is None or not (facts.failed(Step.TCP) or facts.failed(Step.RESOLVE)):
        return None
    if facts.failure_kind in (FailureKind.CANCELLED, FailureKind.LOCAL_CONFIGURATION):
        return None
    failure = facts.attempt.failure
    assert failure is not None
    return Match(
        evidence=(at_seq(failure.seq, failure.message), at_event(proxy, f"proxy from {proxy.source}")),
        values=_proxy_values(facts),
    )


@cause(
    id="proxy-connect-denied",
    stage=Stage.PROXY,
    side=Side.PROXY,
    certainty=Certainty.CERTAIN,
    headline="The proxy {proxy} refused the tunnel to {host}:{port}: {answer}",
    explanation="""The proxy was asked to open a tunnel and said no. Most proxies allow tunnels to port 443 only; others keep a list
    of hosts. Browsers ask for such a tunnel for ws:// as well, so they fail in the same way.""",
    fix=(
        "Serve the WebSocket as wss:// on port 443.",
        "Or let the proxy's owner allow {host}:{port}, in Squid:\n    acl ws_port port {port}\n    http_access allow CONNECT ws_port",
        "Or go around the proxy: name the host in NO_PROXY.",
    ),
    next_test="curl -v -x {proxy} -p https://{host}:443/: a tunnel to 443 that is allowed means that the port is the reason",
    sources=("RFC 9110 section 9.3.6", "http://www.squid-cache.org/Doc/config/http_access/"),
    console=(
        r"Establishing a tunnel via proxy server failed",
        r"net::ERR_TUNNEL_CONNECTION_FAILED",
        r"net::ERR_SOCKS_CONNECTION_FAILED",
        r"CONNECT tunnel failed",
        r"Received HTTP code 403 from proxy after CONNECT",
    ),
)
def proxy_connect_denied(facts: Facts) -> Match | None:
    if not facts.failed(Step.PROXY, FailureKind.PROXY_REFUSED):
        return None
    failure = facts.attempt.failure
    head = facts.attempt.proxy_exchange.head
    assert failure is not None
    if _gave_up(facts):
        # The proxy was willing and did not get through: no rule said no.
        return None
    answer = head.status_line if head is not None else failure.message
    return Match(evidence=_reply(facts), values={**_proxy_values(facts), "answer": answer})


@cause(
    id="proxy-auth-required",
    stage=Stage.PROXY,
    side=Side.PROXY,
    certainty=Certainty.CERTAIN,
    headline="The proxy {proxy} wants credentials",
    explanation="""The proxy opens tunnels only for people whom it knows. Either no user and password were sent, or it does not accept
    these. A script in a browser can't send them; the browser's own proxy settings must.""",
    fix=(
        "Put the credentials into the proxy's URL: `-x http://user:password@host:port`, or into {source}; percent-encode special characters.",
        "If it asks for NTLM or Negotiate, run a local helper such as cntlm, and point at that.",
    ),
    next_test="curl -v -x {proxy} --proxy-user USER:PASSWORD -p https://{host}:{port}/",
    sources=("RFC 9110 section 15.5.8", "RFC 1929"),
    supersedes=("proxy-connect-denied",),
    console=(
        r"Proxy authentication failed",
        r"net::ERR_UNEXPECTED_PROXY_AUTH",
        r"net::ERR_SOCKS_CONNECTION_FAILED",
        r"Proxy Authentication Required",
        r"Received HTTP code 407 from proxy",
    ),
)
def proxy_auth_required(facts: Facts) -> Match | None:
    if not facts.failed(Step.PROXY, FailureKind.PROXY_AUTH_REQUIRED):
        return None
    return Match(evidence=_reply(facts), values=_proxy_values(facts))


@cause(
    id="proxy-tunnel-broken",
    stage=Stage.PROXY,
    side=Side.PROXY,
    certainty=Certainty.CERTAIN,
    headline="No tunnel came about through {proxy}: {how}",
    explanation="""The proxy accepted our connection and then neither opened the tunnel nor refused it by a rule. With a 5xx in its
    answer it could not reach the target itself. Else it may speak another protocol than the one in its URL (SOCKS and HTTP are
    often mixed up), be overloaded, or have cut the connection.""",
    fix=(
        "See that the scheme of the proxy's URL is right: http:// for CONNECT, socks5h:// for SOCKS.",
        "Look at the proxy's own log at this moment.",
    ),
    next_test="curl -v -x {proxy} -p https://{host}:{port}/: does another program get a tunnel?",
    sources=("RFC 9110 section 9.3.6", "RFC 1928"),
    console=(
        r"Proxy CONNECT aborted",
        r"net::ERR_SOCKS_CONNECTION_FAILED",
        r"in connection establishment: net::ERR_EMPTY_RESPONSE",
        r"in connection establishment: net::ERR_RESPONSE_HEADERS_TOO_BIG",
    ),
)
def proxy_tunnel_broken(facts: Facts) -> Match | None:
    kinds = (
        FailureKind.PROXY_REPLY_INVALID,
        FailureKind.HEAD_TOO_LARGE,
        FailureKind.STREAM_ENDED,
        FailureKind.RESET,
        FailureKind.TIMED_OUT,
    )
    if not _gave_up(facts) and not facts.failed(Step.PROXY, *kinds):
        return None
    failure = facts.attempt.failure
    assert failure is not None
    how, head = failure.message, facts.attempt.proxy_exchange.head
    first: tuple[str, ...] = ()
    if head is not None and _gave_up(facts):
        how = f"it answered {head.status_line}"
        first = (
            "See that {host}:{port} is up, and can be resolved and reached from the proxy's own network.",
        )
    return Match(evidence=_reply(facts), values={**_proxy_values(facts), "how": how}, first_fix=first)


@cause(
    id="proxy-env-applied-to-localhost",
    stage=Stage.PROXY,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="A local target is sent to the proxy of {source}",
    explanation="""{host} is this machine or this network, and yet the connection went to a proxy, because the environment names one
    and makes no exception for it. From the proxy, "localhost" is the proxy itself.""",
    fix=(
        "Make the exception: `export NO_PROXY=localhost,127.0.0.1,::1`.",
        "Or tell the client to go direct: `-x ''` here, `proxy=None` in Python's websockets.",
    ),
    next_test="wsinspect check '{url}' -x ''",
    sources=("https://websockets.readthedocs.io/en/stable/topics/proxies.html", "curl(1): NO_PROXY"),
    supersedes=(
        "proxy-unreachable",
        "proxy-connect-denied",
        "proxy-tunnel-broken",
        "http-502",
        "http-503",
        "http-504",
    ),
)
def proxy_env_applied_to_localhost(facts: Facts) -> Match | None:
    proxy = facts.attempt.proxy
    if proxy is None or proxy.source == "-x" or facts.opened or facts.failed_step is None:
        return None
    # Only a connection through a proxy pays for loading it.
    from ipaddress import ip_address

    host = facts.values["host"]
    try:
        local = ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        local = host == "localhost" or host.endswith(".localhost")
    if not local or facts.failure_kind is FailureKind.CANCELLED:
        return None
    evidence = [at_event(proxy, f"{proxy.source} names the proxy {proxy.host}:{proxy.port}")]
    evidence += [
        at_seq(a.seq, f"connected to the proxy, not to {host}: {a.address}")
        for a in facts.attempt.ladder.addresses
        if a.status is AddressStatus.CONNECTED
    ]
    return Match(evidence=tuple(evidence), values=_proxy_values(facts))


def _forward_proxy(facts: Facts) -> str:
    """Return the Via field that a forward proxy left in the answer, empty where there is none."""
    via = facts.header("Via")
    return via if any(word in via.lower() for word in ("squid", "tinyproxy", "privoxy", "polipo")) else ""


@cause(
    id="proxy-strips-upgrade",
    stage=Stage.PROXY,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="A forward proxy passed the request on without its Upgrade ({via})",
    explanation="""The answer carries the mark of a forward proxy and says that the server saw an ordinary request. Upgrade and
    Connection belong to one hop each, so a proxy that handles the request itself, instead of opening a tunnel, drops them.""",
    fix=(
        "Use wss://, or a client that asks the proxy for a tunnel (CONNECT) for ws:// as well.",
        "Go around the proxy for this host: NO_PROXY.",
    ),
    next_test="wsinspect check '{url}' -x http://PROXY:PORT: wsinspect always asks for a tunnel; opens, if only the way through the proxy is wrong",
    sources=("RFC 9110 section 7.6.1", "RFC 6455 section 4.1"),
    supersedes=("http-426", "http-400-generic", "upgrade-stripped"),
)
def proxy_strips_upgrade(facts: Facts) -> Match | None:
    via = _forward_proxy(facts)
    if facts.status not in (400, 426) or not via or facts.attempt.proxy is None:
        return None
    return Match(
        evidence=(at_seq(facts.attempt.handshake.response_seq, f"Via: {via}"),), values={"via": f"Via: {via}"}
    )


@cause(
    id="transparent-middlebox-strips-upgrade",
    stage=Stage.PROXY,
    side=Side.NETWORK,
    certainty=Certainty.LIKELY,
    headline="Something on the way to port 80 may have removed the Upgrade",
    explanation="""On port 80, firewalls, mobile carriers and hotel networks often run an HTTP proxy that nobody configured; it forwards the
    request and drops what makes it a WebSocket. The server's answer fits that, but a proxy beside the server gives the same bytes.""",
    fix=("Use wss:// on port 443: what is encrypted can't be rewritten on the way.",),
    next_test="wsinspect check '{other_url}', or the same from another network: opens there, if something on this one interferes",
    sources=("https://github.com/websockets/wscat/issues/42", "RFC 6455 section 10.3"),
)
def transparent_middlebox_strips_upgrade(facts: Facts) -> Match | None:
    target = facts.attempt.target
    if target is None or target.secure or facts.attempt.proxy is not None:
        return None
    via = _forward_proxy(facts)
    if facts.status in (400, 426) and via:
        return Match(
            evidence=(at_seq(facts.attempt.handshake.response_seq, f"Via: {via}, and we use no proxy"),),
            headline="A proxy that we did not choose passed the request on without its Upgrade",
            supersedes=("http-426", "upgrade-stripped", "http-400-generic"),
        )
    if facts.status != 426 or target.port != 80 or facts.has_header("Sec-WebSocket-Version"):
        return None
    evidence = at_seq(facts.attempt.handshake.response_seq, "426 to a request that had Upgrade, on port 80")
    return Match(evidence=(evidence,), certainty=Certainty.POSSIBLE)


@cause(
    id="captive-portal",
    stage=Stage.PROXY,
    side=Side.NETWORK,
    certainty=Certainty.LIKELY,
    headline="This network wants a login before it lets anything through",
    explanation="""A network's own login page answered instead of the server: status 511, or a redirect to a page of another host that looks
    like one. Hotels, trains and airports do this to every request until somebody logs in.""",
    fix=("Open any http:// page in a browser, log in to the network, and try again.",),
    next_test="curl -sI http://neverssl.com/: a redirect to a login page shows the portal",
    sources=("RFC 6585 section 6", "RFC 8952"),
    supersedes=("http-redirect", "http-421-or-451-etc"),
    console=(r"Unexpected response code: 511", r"Unexpected server response: 511"),
)
def captive_portal(facts: Facts) -> Match | None:
    seq = facts.attempt.handshake.response_seq
    if facts.status == 511:
        return Match(evidence=(at_seq(seq, "status 511 Network Authentication Required"),))
    location = facts.header("Location").lower()
    if facts.status not in (302, 303, 307) or not location:
        return None
    words = ("captive", "hotspot", "portal.", "/portal", "wifi-login", "guest-login", "nocatauth")
    host = facts.values["host"].lower()
    if host and host in location.split("?")[0]:
        return None
    if not any(word in location for word in words):
        return None
    return Match(evidence=(at_seq(seq, f"Location: {location}"),), certainty=Certainty.POSSIBLE)
