"""Causes of TLS that the handshake's bytes show: section TLS of the catalogue."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause, describe
from wsinspect.diagnosis.evidence import Evidence, Match, at_event, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.events import Direction, FailureKind, Step, TlsAlert
from wsinspect.wire.tls_records import alert_meaning, alert_name

_PLAIN_REQUEST = (
    b"plain HTTP request was sent to HTTPS port",
    b"speaking plain HTTP to an SSL-enabled server port",
    b"Client sent an HTTP request to an HTTPS server",
    b"This combination of host and port requires TLS",
    b"The plain HTTP request was sent to",
)


def _alert(facts: Facts, *codes: int) -> TlsAlert | None:
    """Return the peer's fatal alert, if it is one of `codes`."""
    alert = facts.attempt.tls.alert(Direction.RECEIVED)
    return alert if alert is not None and alert.code in codes else None


def _told(alert: TlsAlert) -> Evidence:
    words = f"{alert_name(alert.code)}: {alert_meaning(alert.code)}"
    return at_event(alert, f"the server sent alert {alert.code} {words}")


def _sni(facts: Facts) -> str:
    started = facts.attempt.tls.started
    return (started.server_name if started is not None else None) or "no name"


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
    next_test="wsinspect check '{other_url}'",
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
    next_test="wsinspect check '{other_url}'",
    sources=("RFC 6455 section 3", "https://nginx.org/en/docs/http/configuring_https_servers.html"),
    supersedes=(
        "http-400-generic",
        "upgrade-empty-reply",
        "upgrade-partial-response",
        "wrong-service-on-port",
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
    id="tls-protocol-version",
    stage=Stage.TLS,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="Server and client share no TLS version",
    explanation="""The server refused every TLS version that we offered. As clients of today offer 1.2 and 1.3, it usually knows only 1.1
    or older; browsers refuse it in the same way.""",
    fix=(
        "Enable TLS 1.2 and 1.3 on the server, in nginx: `ssl_protocols TLSv1.2 TLSv1.3;`, in haproxy: `ssl-min-ver TLSv1.2`.",
        "If it is a device that can't be changed, put a proxy in front that speaks both.",
    ),
    next_test="openssl s_client -connect {host}:{port} -tls1_2, then -tls1_3",
    sources=("RFC 8446 section 6.2", "RFC 8996"),
    supersedes=("tls-no-shared-cipher", "tls-handshake-cut"),
    console=(
        r"net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
        r"unsupported protocol",
        r"tlsv1 alert protocol version",
        r"protocol version not supported",
        r"net::ERR_SSL_OBSOLETE_VERSION",
        r"OSStatus Error -9836",
        r"in connection establishment: net::ERR_CONNECTION_CLOSED",
    ),
)
def tls_protocol_version(facts: Facts) -> Match | None:
    alert = _alert(facts, 70, 86)
    if alert is not None and not facts.opened:
        return Match(evidence=(_told(alert),))
    failure = facts.attempt.failure
    if facts.failed(Step.TLS, FailureKind.TLS_ERROR) and failure is not None:
        reason = f"{failure.code} {failure.message}".upper().replace(" ", "_")
        if "UNSUPPORTED_PROTOCOL" in reason or "WRONG_SSL_VERSION" in reason:
            return Match(evidence=(at_seq(failure.seq, failure.message),))
    return None


@cause(
    id="tls-no-shared-cipher",
    stage=Stage.TLS,
    side=Side.SERVER,
    certainty=Certainty.LIKELY,
    headline="The server ended the TLS handshake with handshake_failure",
    explanation="""Alert 40 says only that server and client found no common ground. Most often no cipher suite fits both; servers up to TLS
    1.2 also send it for a missing client certificate, and some edges for a host name that has no certificate.""",
    fix=(
        "Compare the cipher suites: `openssl s_client -connect {host}:{port} -tls1_2`, and widen the server's list, in nginx `ssl_ciphers HIGH:!aNULL;`.",
        "See that a certificate is installed for exactly {sni}.",
        "See whether the server wants a client certificate.",
    ),
    next_test="openssl s_client -connect {host}:{port} -servername {sni} -tls1_2",
    sources=("RFC 8446 section 6.2", "RFC 5246 section 7.2.2"),
    console=(
        r"net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
        r"handshake[ _]failure",
        r"no cipher match",
        r"no shared cipher",
        r"OSStatus Error -9824",
    ),
)
def tls_no_shared_cipher(facts: Facts) -> Match | None:
    alert = _alert(facts, 40, 71)
    if alert is None or facts.opened or facts.attempt.tls.certificate_requested is not None:
        return None
    return Match(
        evidence=(_told(alert),),
        values={"sni": _sni(facts)},
        candidates=("tls-client-cert-required", "tls-sni-unrecognized"),
    )


@cause(
    id="tls-sni-unrecognized",
    stage=Stage.TLS,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The server has no site for the name {sni}",
    explanation="""Our hello named {sni}, and the server refused exactly that name: no virtual host, ingress or certificate is set up for
    it there. The name may be misspelt, or its DNS record points at the wrong machine.""",
    fix=(
        "Add a host with a certificate for {sni} on the server (nginx `server_name`, ingress `host:` and `tls:`, Caddy site block).",
        "If another name is meant, correct the URL; to send another name only in TLS, use --sni.",
    ),
    next_test="wsinspect check '{url}' --sni NAME with a name that the server is known to serve",
    sources=("RFC 6066 section 3", "RFC 8446 section 6.2"),
    console=(
        r"unrecognized[ _]name",
        r"net::ERR_SSL_UNRECOGNIZED_NAME_ALERT",
        r"tlsv1 alert internal error",
        r"ERR_SSL_PROTOCOL_ERROR",
    ),
)
def tls_sni_unrecognized(facts: Facts) -> Match | None:
    alert = _alert(facts, 112, 80)
    if alert is None or facts.opened:
        return None
    certainty = Certainty.CERTAIN if alert.code == 112 else Certainty.LIKELY
    return Match(evidence=(_told(alert),), certainty=certainty, values={"sni": _sni(facts)})


@cause(
    id="tls-alpn-h2-only",
    stage=Stage.TLS,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The server accepts HTTP/2 only, and a WebSocket handshake is HTTP/1.1",
    explanation="""In TLS we offered http/1.1, and the server took nothing but h2. Browsers offer http/1.1 for WebSockets too, unless an HTTP/2
    session that supports RFC 8441 is open already.""",
    fix=(
        "Allow http/1.1 beside h2, in haproxy `alpn h2,http/1.1`, in Envoy `alpn_protocols: [h2, http/1.1]`.",
        "Or support WebSockets over HTTP/2 (RFC 8441) from end to end.",
    ),
    next_test="openssl s_client -connect {host}:{port} -alpn http/1.1, then -alpn h2",
    sources=("RFC 7301 section 3.2", "RFC 8441"),
    supersedes=("wrong-service-on-port", "upgrade-empty-reply", "upgrade-partial-response"),
    console=(r"no[ _]application[ _]protocol", r"ERR_SSL_PROTOCOL_ERROR", r"ERR_INVALID_HTTP_RESPONSE"),
)
def tls_alpn_h2_only(facts: Facts) -> Match | None:
    alert = _alert(facts, 120)
    if alert is not None:
        return Match(evidence=(_told(alert),))
    made = facts.attempt.tls.established
    if made is not None and made.alpn == "h2" and facts.failed(Step.UPGRADE):
        return Match(
            evidence=(
                at_event(made, "the server chose ALPN h2"),
                at_seq(facts.failure_seq, "and did not answer our HTTP/1.1 request"),
            )
        )
    response = bytes(facts.attempt.handshake.response[:9])
    if (
        facts.attempt.secure
        and len(response) == 9
        and response[3:4] == b"\x04"
        and response[:2] == b"\x00\x00"
    ):
        seq = facts.attempt.handshake.response_seq
        return Match(
            evidence=(at_seq(seq, f"the answer is an HTTP/2 SETTINGS frame: {response.hex(' ')}", (0, 9)),)
        )
    return None


@cause(
    id="tls-client-cert-required",
    stage=Stage.TLS,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="The server wants a client certificate, and got {sent}",
    explanation="""The server asked for a client certificate during TLS and ended the connection without an acceptable one. In TLS 1.3 that shows
    only after the handshake seems done. Browsers never ask the person which certificate to use for a WebSocket.""",
    fix=(
        "Give the certificate and its key: `--cert client.pem --key client.key`.",
        "In a browser, open an https:// page of the same host first, so that a certificate is chosen and remembered.",
        "If no certificate is meant to be needed, make it optional on the server, in nginx: `ssl_verify_client optional;`.",
    ),
    next_test="wsinspect check '{url}' --cert client.pem --key client.key",
    sources=("RFC 8446 sections 4.3.2 and 6.2", "RFC 5246 section 7.4.4"),
    supersedes=(
        "tls-no-shared-cipher",
        "http-400-generic",
        "tls-handshake-cut",
        "upgrade-empty-reply",
        "upgrade-rst",
    ),
    console=(
        r"net::ERR_SSL_CLIENT_AUTH_CERT_NEEDED",
        r"WebSocket opening handshake was canceled",
        r"certificate[ _]required",
        r"No required SSL certificate was sent",
        r"net::ERR_BAD_SSL_CLIENT_AUTH_CERT",
    ),
)
def tls_client_cert_required(facts: Facts) -> Match | None:
    tls = facts.attempt.tls
    requested = tls.certificate_requested
    made = tls.established
    own = bool(facts.attempt.options.cert_file) or (made is not None and made.client_certificate_sent)
    values = {"sent": "one that it does not accept" if own else "none"}
    if facts.status == 400 and b"No required SSL certificate was sent" in facts.body:
        seq = facts.attempt.handshake.response_seq
        return Match(
            evidence=(at_seq(seq, "status 400, and the body says: No required SSL certificate was sent"),),
            values=values,
        )
    alert = _alert(facts, 116)
    if alert is None and requested is not None:
        alert = _alert(facts, 40, 42, 43, 44, 45, 46, 48, 49)
    if alert is None or facts.opened:
        return None
    evidence = [_told(alert)]
    if requested is not None:
        evidence.append(at_event(requested, "the server sent CertificateRequest"))
    certain = alert.code == 116 or (requested is not None and not own)
    return Match(
        evidence=tuple(evidence), values=values, certainty=Certainty.CERTAIN if certain else Certainty.LIKELY
    )


@cause(
    id="tls-handshake-cut",
    stage=Stage.TLS,
    side=Side.NETWORK,
    certainty=Certainty.POSSIBLE,
    headline="The TLS handshake was cut: {how} {when}",
    explanation="""The connection ended inside the TLS handshake, without an alert that says why. A firewall that reads the host name in our hello,
    a balancer without a server behind it, a server that does not know the name, or a port that does not speak TLS: the bytes alone don't tell which.""",
    fix=(
        "Try from another network: if it works there, something between reads the host name and cuts.",
        "Look whether the balancer in front has a healthy server, and whether the port serves TLS at all.",
    ),
    next_test="openssl s_client -connect {host}:{port} -noservername, then with -servername {sni}: only the second is cut, if the name is the reason",
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
        values={"how": how, "when": when, "sni": _sni(facts)},
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
    next_test="wsinspect check '{other_url}': an answer means that the port does not speak TLS",
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


describe(
    id="h2-extended-connect-broken",
    stage=Stage.TLS,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="WebSocket over HTTP/2 is advertised, and the server behind does not support it",
    explanation="""Over HTTP/2 a browser opens a WebSocket with an extended CONNECT, once the server says that it may. Here a proxy says so, and what stands behind it answers with an
    error or resets the stream; the same URL works over HTTP/1.1. wsinspect itself speaks HTTP/1.1 only, so it can show that half of the comparison.""",
    fix=(
        "Turn HTTP/2 off for the WebSocket's host at the proxy, or stop advertising it (Envoy: leave out `allow_connect`; haproxy: `alpn http/1.1` on that bind).",
        "Or accept CONNECT on the route, in ASP.NET Core: `[Route]` instead of `[HttpGet]`.",
    ),
    next_test="wsinspect check URL: a 101 here beside a failing browser means that HTTP/2 is the difference",
    sources=(
        "RFC 8441",
        "https://github.com/vitejs/vite/issues/1653",
        "https://learn.microsoft.com/aspnet/core/fundamentals/websockets",
    ),
    console=(r"net::ERR_HTTP2_PROTOCOL_ERROR", r"Stream was reset: .*extended CONNECT"),
)
