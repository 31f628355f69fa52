"""Causes of TLS that the server tells by an alert: versions, ciphers, names, protocols, client certificates."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause, describe
from wsinspect.diagnosis.evidence import Match, at_event, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.tls_alerts import fatal_alert, sni, told
from wsinspect.events import FailureKind, Step


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
    supersedes=("tls-no-shared-cipher", "tls-handshake-cut", "tls-bytes-invalid"),
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
    alert = fatal_alert(facts, 70, 86)
    if alert is not None and not facts.opened:
        return Match(evidence=(told(alert),))
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
    alert = fatal_alert(facts, 40, 71)
    if alert is None or facts.opened or facts.attempt.tls.certificate_requested is not None:
        return None
    return Match(
        evidence=(told(alert),),
        values={"sni": sni(facts)},
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
    alert = fatal_alert(facts, 112, 80)
    if alert is None or facts.opened:
        return None
    certainty = Certainty.CERTAIN if alert.code == 112 else Certainty.LIKELY
    return Match(evidence=(told(alert),), certainty=certainty, values={"sni": sni(facts)})


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
    supersedes=(
        "wrong-service-on-port",
        "upgrade-empty-reply",
        "upgrade-partial-response",
        "http-answer-malformed",
    ),
    console=(r"no[ _]application[ _]protocol", r"ERR_SSL_PROTOCOL_ERROR", r"ERR_INVALID_HTTP_RESPONSE"),
)
def tls_alpn_h2_only(facts: Facts) -> Match | None:
    alert = fatal_alert(facts, 120)
    if alert is not None:
        return Match(evidence=(told(alert),))
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
    alert = fatal_alert(facts, 116)
    if alert is None and requested is not None:
        alert = fatal_alert(facts, 40, 42, 43, 44, 45, 46, 48, 49)
    if alert is None or facts.opened:
        return None
    evidence = [told(alert)]
    if requested is not None:
        evidence.append(at_event(requested, "the server sent CertificateRequest"))
    certain = alert.code == 116 or (requested is not None and not own)
    return Match(
        evidence=tuple(evidence), values=values, certainty=Certainty.CERTAIN if certain else Certainty.LIKELY
    )


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
