"""Causes of the TCP connection: section TCP of the catalogue."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.evidence import Evidence, Match, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.first_bytes import other_protocol, other_service_page
from wsinspect.diagnosis.quoting import known, quote_body
from wsinspect.events import FailureKind, Step
from wsinspect.session.ladder import AddressRecord, AddressStatus

_PROMPT_NS = 20_000_000


def _addresses(facts: Facts, kind: FailureKind) -> list[AddressRecord]:
    return [a for a in facts.attempt.ladder.addresses if a.kind is kind]


def _told(addresses: list[AddressRecord]) -> tuple[Evidence, ...]:
    return tuple(at_seq(a.seq, f"{a.address}: {a.kind} {_after(a)}") for a in addresses)


def _after(address: AddressRecord) -> str:
    return "" if address.ended_ns is None else f"after {(address.ended_ns - address.started_ns) / 1e6:.1f} ms"


def _direct_tcp_failed(facts: Facts, kind: FailureKind) -> list[AddressRecord]:
    """Return the addresses that failed so, where TCP failed for this reason and no proxy is involved."""
    if facts.attempt.proxy is not None or not facts.failed(Step.TCP):
        return []
    found = _addresses(facts, kind)
    failure = facts.attempt.failure
    return found if failure is not None and failure.kind is kind else []


@cause(
    id="tcp-refused",
    stage=Stage.TCP,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="Connection refused: nothing listens on {where}",
    explanation="""The machine at this address answered the first packet with a reset, so it is reachable and the port is
    closed: the server is not running, listens on another port or another interface, or its container's port is not published.
    A firewall set to reject looks the same.""",
    fix=(
        "Start the server, and see what it listens on: `ss -ltnp | grep {port}` on its machine.",
        "If it listens on 127.0.0.1 only and the client is elsewhere, bind it to 0.0.0.0 (or ::).",
        "In a container, publish the port: `docker run -p {port}:{port} …`, and bind to 0.0.0.0 inside.",
    ),
    next_test="nc -vz {host} {port} on the server's own machine: refused there too means that nothing listens",
    sources=("RFC 9293 section 3.10.7.1", "connect(2): ECONNREFUSED"),
    console=(
        r"net::ERR_CONNECTION_REFUSED",
        r"\bECONNREFUSED\b",
        r"connection refused",
        r"Could not connect to the server",
        r"actively refused it",
        r"Connect call failed",
    ),
)
def tcp_refused(facts: Facts) -> Match | None:
    refused = _direct_tcp_failed(facts, FailureKind.REFUSED)
    if not refused:
        return None
    return Match(evidence=_told(refused), values={"where": ", ".join(str(a.address) for a in refused)})


@cause(
    id="tcp-localhost-ipv6-mismatch",
    stage=Stage.TCP,
    side=Side.SERVER,
    certainty=Certainty.POSSIBLE,
    headline="{host} has two addresses here, and the server listens on {open} but not on {closed}",
    explanation="""The name resolves to an IPv6 and an IPv4 address; one refuses, the other accepts. A client that tries only the
    first one in the resolver's order, as Node does since version 17, fails where a browser that tries both succeeds.""",
    fix=(
        "Say 127.0.0.1 (or [::1]) instead of localhost in the client's URL.",
        "Or let the server listen on both: in Node `server.listen({port}, '::')`, in Python `host=None`.",
    ),
    next_test="wsinspect check '{url}' -4, then -6: one of them is refused",
    sources=("RFC 8305 section 4", "https://github.com/nodejs/node/issues/40702"),
    console=(r"ECONNREFUSED ::1", r"net::ERR_CONNECTION_REFUSED"),
)
def tcp_localhost_ipv6_mismatch(facts: Facts) -> Match | None:
    addresses = facts.attempt.ladder.addresses
    refused = [a for a in addresses if a.kind is FailureKind.REFUSED]
    connected = [a for a in addresses if a.status is AddressStatus.CONNECTED]
    if facts.attempt.proxy is not None or not refused or not connected:
        return None
    if {a.address.family for a in refused} & {a.address.family for a in connected}:
        return None
    if facts.values["host"] != "localhost":
        return None
    return Match(
        evidence=(
            *_told(refused),
            *(at_seq(a.seq, f"{a.address}: connected {_after(a)}") for a in connected),
        ),
        values={"open": str(connected[0].address), "closed": str(refused[0].address)},
    )


@cause(
    id="tcp-timeout-blackhole",
    stage=Stage.TCP,
    side=Side.NETWORK,
    certainty=Certainty.CERTAIN,
    headline="No answer to the connection request from {where}",
    explanation="""Our first packets were repeated and never answered, not even with a refusal. Something drops them: a firewall or
    a cloud's security group, a wrong or unused address, a VPN that is down; or the server's queue of new connections is full.
    A page waits so long here that its own code usually gives up first, which prints "closed before the connection is established".""",
    fix=(
        "Open the port towards this client in the firewall or security group, or allow this client's address.",
        "See that {host} is the address that you mean, and that the VPN or network which leads there is up.",
    ),
    next_test="nc -vz -w 3 {host} 443: an answer from another port of the same machine means that a filter drops this one",
    sources=("RFC 9293 section 3.8.3", "connect(2): ETIMEDOUT"),
    console=(
        r"net::ERR_CONNECTION_TIMED_OUT",
        r"WebSocket opening handshake timed out",
        r"\bETIMEDOUT\b",
        r"The request timed out",
        r"connect timed out",
        r"i/o timeout",
        r"Connection timed out",
        r"Operation timed out",
    ),
)
def tcp_timeout_blackhole(facts: Facts) -> Match | None:
    silent = _direct_tcp_failed(facts, FailureKind.TIMED_OUT)
    if not silent:
        return None
    return Match(evidence=_told(silent), values={"where": ", ".join(str(a.address) for a in silent)})


@cause(
    id="tcp-unreachable",
    stage=Stage.TCP,
    side=Side.NETWORK,
    certainty=Certainty.CERTAIN,
    headline="No route to {where}",
    explanation="""This machine, or a router on the way, said that the address can't be reached. This machine may be offline, or has
    no IPv6 route while the name has only an IPv6 address, or the network behind the address is not connected.""",
    fix=(
        "See whether this machine is online at all: `ip route get {ip}`.",
        "If only the IPv6 address fails, use -4, and publish an A record for {host}.",
    ),
    next_test="wsinspect check '{url}' -4",
    sources=("RFC 1122 section 3.2.2.1", "connect(2): ENETUNREACH, EHOSTUNREACH"),
    console=(
        r"net::ERR_ADDRESS_UNREACHABLE",
        r"net::ERR_INTERNET_DISCONNECTED",
        r"\b(?:EHOSTUNREACH|ENETUNREACH)\b",
        r"No route to host",
        r"Network is unreachable",
    ),
)
def tcp_unreachable(facts: Facts) -> Match | None:
    lost = _direct_tcp_failed(facts, FailureKind.UNREACHABLE)
    if not lost:
        return None
    values = {"where": ", ".join(str(a.address) for a in lost), "ip": lost[0].address.host}
    return Match(evidence=_told(lost), values=values)


@cause(
    id="tcp-reset-after-accept",
    stage=Stage.TCP,
    side=Side.NETWORK,
    certainty=Certainty.LIKELY,
    headline="The connection was accepted and dropped before any byte of an answer",
    explanation="""Something accepted the connection and then threw it away without a byte. In front of a server this is usually a
    load balancer or a container's port forwarder that found nobody behind it; it can also be an address filter, or a server that
    expects the PROXY protocol's line first.""",
    fix=(
        "See that the real server runs behind the balancer or forwarder, and listens on 0.0.0.0 inside its container, not on 127.0.0.1.",
        "See whether the listener expects the PROXY protocol (`accept-proxy`, `proxy_protocol`), or filters by address.",
    ),
    next_test="curl -v {http_url}: the same drop for a plain request means that it has nothing to do with WebSocket",
    sources=("RFC 9293 section 3.5.2", "https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt"),
    supersedes=("upgrade-empty-reply", "upgrade-rst"),
    console=(
        r"net::ERR_CONNECTION_RESET",
        r"net::ERR_SOCKET_NOT_CONNECTED",
        r"Connection closed before receiving a handshake response",
    ),
)
def tcp_reset_after_accept(facts: Facts) -> Match | None:
    attempt = facts.attempt
    failure = attempt.failure
    if failure is None or failure.kind is not FailureKind.RESET or attempt.proxy is not None:
        return None
    if failure.step is Step.TCP:
        return Match(evidence=(at_seq(failure.seq, failure.message),))
    connected = next((a for a in attempt.ladder.addresses if a.status is AddressStatus.CONNECTED), None)
    asked = attempt.handshake.request_ns
    end = facts.end_ns
    if (
        failure.step is not Step.UPGRADE
        or attempt.secure
        or connected is None
        or asked is None
        or end is None
    ):
        return None
    if attempt.handshake.response or connected.ended_ns is None:
        return None
    # Whoever reads the request before dropping it needs longer than the packets do.
    round_trip_ns = connected.ended_ns - connected.started_ns
    if end - asked > 2 * round_trip_ns + _PROMPT_NS:
        return None
    evidence = at_seq(failure.seq, f"reset {(end - asked) / 1e6:.1f} ms after our request: {failure.message}")
    return Match(evidence=(evidence,), candidates=("upgrade-rst",))


@cause(
    id="tcp-accept-silent",
    stage=Stage.TCP,
    side=Side.SERVER,
    certainty=Certainty.POSSIBLE,
    headline="{where} accepts the connection and never says a byte",
    explanation="""The kernel of the other side took the connection; no program answered on it. The process may hang, be too busy to
    accept, or wait for something else, as a server without TLS does that is sent a TLS hello, or one with TLS that is sent plain text.""",
    fix=(
        "Look at the server's process: is it blocked, out of workers, or paused in a debugger?",
        "See whether this port speaks TLS: try `{other_scheme}://` instead of `{scheme}://`.",
    ),
    next_test="wsinspect check '{same_port_url}': an answer there means that the scheme is wrong",
    sources=("RFC 9293 section 3.5", "listen(2): backlog"),
    console=(r"WebSocket opening handshake timed out",),
)
def tcp_accept_silent(facts: Facts) -> Match | None:
    attempt = facts.attempt
    failure = attempt.failure
    if failure is None or failure.kind is not FailureKind.TIMED_OUT or attempt.proxy is not None:
        return None
    if failure.step is not Step.UPGRADE or attempt.handshake.response:
        return None
    connected = next((a for a in attempt.ladder.addresses if a.status is AddressStatus.CONNECTED), None)
    if connected is None or attempt.secure:
        return None
    return Match(
        evidence=(
            at_seq(failure.seq, failure.message),
            at_seq(connected.seq, f"connected to {connected.address}"),
        ),
        values={"where": str(connected.address)},
    )


@cause(
    id="wrong-service-on-port",
    stage=Stage.TCP,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="Another service answers on this port: {service}",
    explanation="""What came back is how {service} begins, or what it tells browsers. The URL's port is that of another
    program, or a forwarder sends this port to the wrong place.""",
    fix=(
        "Use the WebSocket server's own port in the URL.",
        "If the port is right, mend what forwards it: the container's port mapping, the balancer's target, the tunnel.",
    ),
    next_test="nc -v {host} {port}, and read the first line",
    sources=("RFC 9112 section 4", "RFC 6455 section 4.1"),
    supersedes=(
        "upgrade-partial-response",
        "tls-plain-server-on-wss",
        "http-answer-malformed",
        "http-200-not-websocket",
        "http-400-generic",
    ),
    console=(
        r"net::ERR_INVALID_HTTP_RESPONSE",
        r"Invalid status line",
        r"Parse Error: Expected HTTP/",
        r"malformed HTTP response",
    ),
)
def wrong_service_on_port(facts: Facts) -> Match | None:
    attempt = facts.attempt
    if attempt.handshake.head is not None:
        page = other_service_page(facts.body_text)
        return page and Match(evidence=known(quote_body(facts, page[1])), values={"service": page[0]})
    plain, seq = bytes(attempt.handshake.response), attempt.handshake.response_seq
    if facts.failed(Step.TLS, FailureKind.TLS_PLAINTEXT):
        plain, seq = bytes(attempt.tls.received), attempt.tls.received_seq
    service = other_protocol(plain)
    if service is None:
        return None
    shown = plain[:60].decode("utf-8", "backslashreplace")
    return Match(
        evidence=(at_seq(seq, f"first bytes: {shown}", (0, min(len(plain), 60))),),
        values={"service": service},
    )
