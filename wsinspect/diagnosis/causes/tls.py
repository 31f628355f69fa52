"""Causes of TLS that end before the two sides could agree: no TLS there, cut, silent, our own settings."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.evidence import Match, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.tls_alerts import sni
from wsinspect.events import FailureKind, Step

_PLAIN_REQUEST = (
    b"plain HTTP request was sent to HTTPS port",
    b"speaking plain HTTP to an SSL-enabled server port",
    b"Client sent an HTTP request to an HTTPS server",
    b"This combination of host and port requires TLS",
    b"The plain HTTP request was sent to",
)


@cause(
    id="tls-plain-server-on-wss",
    stage=Stage.TLS,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="{host}:{port} answered our TLS hello in plain text: it does not speak TLS",
    explanation="""The URL says wss://, so the connection began with TLS, and the server took that for a broken request. This port
    serves plain ws://. OpenSSL calls it "wrong version number", Chrome ERR_SSL_PROTOCOL_ERROR.""",
    fix=(
        "Use `ws://` for this port, if the network between is yours.",
        "For wss://, put TLS in front and point the URL at it, in nginx:\n    listen 443 ssl;\n    location / { proxy_pass http://127.0.0.1:{port}; }",
    ),
    next_test="wsinspect check '{same_port_url}'",
    sources=("RFC 8446 section 5.1", "RFC 6455 section 4.1"),
    console=(
        r"net::ERR_SSL_PROTOCOL_ERROR",
        r"wrong[ _]version[ _]number",
        r"An SSL error has occurred",
        r"first record does not look like a TLS handshake",
        r"Unsupported or unrecognized SSL message",
        r"packet length too long",
        r"OSStatus Error -9847",
    ),
)
def tls_plain_server_on_wss(facts: Facts) -> Match | None:
    if not facts.failed(Step.TLS, FailureKind.TLS_PLAINTEXT):
        return None
    tls = facts.attempt.tls
    shown = bytes(tls.received[:60]).decode("utf-8", "backslashreplace")
    return Match(
        evidence=(
            at_seq(tls.received_seq, f"the answer to ClientHello: {shown}", (0, min(60, len(tls.received)))),
        )
    )


@cause(
    id="ws-to-tls-port",
    stage=Stage.TLS,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="{host}:{port} speaks TLS, and the URL says ws://",
    explanation="""Our request went out in plain text to a port where TLS is expected, and the answer says so. Some servers answer with a
    page of status 400, others with a TLS alert, others just hang up.""",
    fix=("Use `wss://` instead of `ws://`.",),
    next_test="wsinspect check '{same_port_url}'",
    sources=("RFC 6455 section 3", "https://nginx.org/en/docs/http/configuring_https_servers.html"),
    supersedes=(
        "http-400-generic",
        "upgrade-empty-reply",
        "upgrade-partial-response",
        "wrong-service-on-port",
        "http-answer-malformed",
    ),
    console=(
        r"plain HTTP request was sent to HTTPS port",
        r"Client sent an HTTP request to an HTTPS server",
        r"ERR_INVALID_HTTP_RESPONSE",
        r"Connection closed before receiving a handshake response",
    ),
)
def ws_to_tls_port(facts: Facts) -> Match | None:
    attempt = facts.attempt
    if attempt.secure or not attempt.handshake.response:
        return None
    seq = attempt.handshake.response_seq
    first = bytes(attempt.handshake.response[:7])
    if first[:1] == b"\x15" and first[1:2] == b"\x03" and len(first) >= 3:
        return Match(
            evidence=(at_seq(seq, f"the answer is a TLS alert record: {first.hex(' ')}", (0, len(first))),)
        )
    if first[:1] == b"\x16" and first[1:2] == b"\x03":
        return Match(
            evidence=(
                at_seq(seq, f"the answer is a TLS handshake record: {first.hex(' ')}", (0, len(first))),
            )
        )
    found = next((text for text in _PLAIN_REQUEST if text in facts.body), None)
    if found is None or facts.status != 400:
        return None
    return Match(evidence=(at_seq(seq, f"status 400, and the body says: {found.decode()}"),))


@cause(
    id="tls-handshake-cut",
    stage=Stage.TLS,
    side=Side.NETWORK,
    certainty=Certainty.POSSIBLE,
    headline="The TLS handshake was cut: {how} {when}",
    explanation="""The connection ended inside the TLS handshake, without an alert that says why. A firewall that reads the host name in our hello,
    a balancer without a server behind it, a server that does not know the name, or a port that does not speak TLS: the bytes alone don't tell which.""",
    fix=(
        "See whether the port speaks TLS at all: servers of plain text hang up on a hello, too. Try '{same_port_url}'.",
        "Try from another network: if it works there, something between reads the host name and cuts.",
        "Look whether the balancer in front has a healthy server.",
    ),
    next_test="wsinspect check '{same_port_url}': an answer means that the port does not speak TLS; otherwise "
    "openssl s_client -connect {host}:{port} -noservername, then with -servername {sni}: if only the second is cut, it is the name",
    sources=("RFC 8446 section 6.1", "RFC 8446 section 4.1.2"),
    console=(
        r"Error in connection establishment: net::ERR_CONNECTION_CLOSED",
        r"net::ERR_CONNECTION_RESET",
        r"UNEXPECTED_EOF_WHILE_READING",
        r"SSL_ERROR_SYSCALL",
        r"unexpected eof while reading",
        r"Client network socket disconnected before secure TLS connection was established",
    ),
)
def tls_handshake_cut(facts: Facts) -> Match | None:
    failure = facts.attempt.failure
    if failure is None or not facts.failed(Step.TLS, FailureKind.STREAM_ENDED, FailureKind.RESET):
        return None
    how = "reset" if failure.kind is FailureKind.RESET else "closed"
    size = len(facts.attempt.tls.received)
    when = f"after {size} bytes of the server's part" if size else "right after our ClientHello"
    return Match(
        evidence=(at_seq(failure.seq, failure.message),),
        values={"how": how, "when": when, "sni": sni(facts)},
    )


@cause(
    id="tls-handshake-timeout",
    stage=Stage.TLS,
    side=Side.NETWORK,
    certainty=Certainty.POSSIBLE,
    headline="No answer to our TLS hello for {waited}",
    explanation="""The connection stands, our ClientHello went out, and nothing came back. Either the port belongs to a program without TLS that
    waits for a line of text, or the hello, too large for one packet, is lost on a path with a smaller packet size.""",
    fix=(
        "See whether the port speaks TLS at all: try `ws://` instead.",
        'If it does, look for packet loss on large packets: lower the MTU of the VPN or tunnel, or allow ICMP "fragmentation needed".',
    ),
    next_test="wsinspect check '{same_port_url}': an answer means that the port does not speak TLS",
    sources=("RFC 8446 section 4.1.2", "RFC 8899"),
    console=(
        r"handshake operation timed out",
        r"TLS handshake timeout",
        r"SSL connection timeout",
        r"net::ERR_TIMED_OUT",
    ),
)
def tls_handshake_timeout(facts: Facts) -> Match | None:
    failure = facts.attempt.failure
    if failure is None or not facts.failed(Step.TLS, FailureKind.TIMED_OUT):
        return None
    sent = facts.attempt.tls.sent_ns
    waited = f"{(failure.at_ns - sent) / 1e9:.1f} s" if sent is not None else failure.message
    return Match(evidence=(at_seq(failure.seq, failure.message),), values={"waited": waited})


@cause(
    id="tls-local-configuration",
    stage=Stage.TLS,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="TLS could not begin, because of our own settings: {what}",
    explanation="""No byte of TLS was sent. A file or setting that was given for this connection can't be used; the server has no part in it.""",
    fix=("Correct the file or option that the message names.",),
    next_test="openssl x509 -in FILE -noout -subject, for the file that the message names",
    sources=("RFC 7468", "ssl(3ssl)"),
)
def tls_local_configuration(facts: Facts) -> Match | None:
    failure = facts.attempt.failure
    if failure is None or not facts.failed(Step.TLS, FailureKind.LOCAL_CONFIGURATION):
        return None
    return Match(evidence=(at_seq(failure.seq, failure.message),), values={"what": failure.message})
