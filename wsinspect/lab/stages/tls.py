"""TLS handshakes that fail, by real alerts wherever OpenSSL can be made to send them."""

from __future__ import annotations

import ssl
import warnings
from functools import partial

from wsinspect.lab.opening import answer, switching_protocols
from wsinspect.lab.peer import Peer
from wsinspect.lab.servers import Story
from wsinspect.lab.storied import Approach, answering, raw_tls, storied
from wsinspect.lab.tls_setups import (
    client_certificate_required,
    dated,
    for_clients_only,
    missing_intermediate,
    self_signed,
    trusted,
    untrusted,
)

STAGE = "tls"
_tls = partial(storied, STAGE)

_H2_SETTINGS = bytes.fromhex("000012 04 00 00000000 000300000080 000400010000 000500ffffff".replace(" ", ""))
_H2_WINDOW_UPDATE = bytes.fromhex("000004 08 00 00000000 7fff0000".replace(" ", ""))
_H2_GOAWAY = bytes.fromhex("000008 07 00 00000000 00000000 00000001".replace(" ", ""))
_HANDSHAKE_FAILURE, _INTERNAL_ERROR, _NO_APPLICATION_PROTOCOL = 40, 80, 120
_NGINX_400 = """
HTTP/1.1 400 Bad Request
Server: nginx/1.22.1
Date: {date}
Content-Type: text/html
Content-Length: {length}
Connection: close
"""


# Stories under TLS: the ClientHello is read and answered by hand


async def _read_client_hello(peer: Peer) -> None:
    head = await peer.read_exactly(5)
    await peer.read_exactly(int.from_bytes(head[3:5], "big"))


def _alert(code: int) -> Story:
    async def story(peer: Peer) -> None:
        await _read_client_hello(peer)
        await peer.send_raw(bytes([21, 3, 3, 0, 2, 2, code]))

    return story


async def _plain_node(peer: Peer) -> None:
    await _read_client_hello(peer)
    await peer.send_raw(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")


async def _plain_nginx(peer: Peer) -> None:
    page = (
        "<html>\r\n<head><title>400 Bad Request</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n"
        "<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n"
    )
    await _read_client_hello(peer)
    await peer.send_raw(answer(_NGINX_400, page))


async def _fin_after_hello(peer: Peer) -> None:
    await _read_client_hello(peer)
    await peer.cut()


async def _reset_after_hello(peer: Peer) -> None:
    await _read_client_hello(peer)
    peer.reset()


async def _silent_after_hello(peer: Peer) -> None:
    await _read_client_hello(peer)
    await peer.stay_silent()


# Stories over TLS


async def _opens(peer: Peer) -> None:
    await peer.send(switching_protocols(await peer.read_request()))
    await peer.answer_close()


async def _speaks_h2(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(_H2_SETTINGS + _H2_WINDOW_UPDATE + _H2_GOAWAY)


async def _tls_alert_for_plain_http(peer: Peer) -> None:
    """What OpenSSL-based servers write when a GET arrives where a ClientHello belongs."""
    await peer.read_exactly(5)
    await peer.send_raw(bytes([21, 3, 1, 0, 2, 2, 70]))


async def _closes_on_plain_http(peer: Peer) -> None:
    await peer.read_exactly(5)
    await peer.cut()


# What the servers' TLS is limited to


def _tls11_only(context: ssl.SSLContext) -> None:
    # OpenSSL 3 refuses TLS 1.1 above security level 0, and Python warns that it is deprecated; here it is the point.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1


def _rsa_ciphers_only(context: ssl.SSLContext) -> None:
    # The certificate's key is elliptic, so none of these can be used with it.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")


def _strict_server_name(context: ssl.SSLContext) -> None:
    def refuse(_socket: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
        return None if name == "www.lab.test" else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    context.sni_callback = refuse


_TIMEOUT = Approach(timeouts_s={"tls_timeout_s": 2.0})

SCENARIOS = (
    _tls("tls-plain-server-on-wss", "wss:// to a plain port of node", _plain_node, tls=raw_tls),
    _tls(
        "tls-plain-server-on-wss-nginx",
        "wss:// to a plain port of nginx",
        _plain_nginx,
        cause="tls-plain-server-on-wss",
        tls=raw_tls,
    ),
    _tls(
        "ws-to-tls-port",
        "ws:// to a TLS port of nginx",
        answering(
            _NGINX_400,
            "<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n<body>\r\n"
            "<center><h1>400 Bad Request</h1></center>\r\n"
            "<center>The plain HTTP request was sent to HTTPS port</center>\r\n"
            "<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n",
        ),
    ),
    _tls(
        "ws-to-tls-port-alert",
        "ws:// to a TLS port that answers with an alert",
        _tls_alert_for_plain_http,
        cause="ws-to-tls-port",
    ),
    _tls(
        "ws-to-tls-port-go",
        "ws:// to a TLS port of a Go server",
        answering("HTTP/1.0 400 Bad Request", "Client sent an HTTP request to an HTTPS server.\n"),
        cause="ws-to-tls-port",
    ),
    _tls("tls-self-signed", "The certificate signed itself", _opens, tls=self_signed()),
    _tls(
        "tls-self-signed-root",
        "The chain ends in a root that nobody knows",
        _opens,
        cause="tls-self-signed",
        tls=untrusted("Example Dev Root", "Example Ltd", with_root=True),
    ),
    _tls(
        "tls-untrusted-ca-or-missing-intermediate",
        "A private authority signed the certificate",
        _opens,
        tls=untrusted("Example Internal CA", "Example Ltd"),
    ),
    _tls(
        "tls-untrusted-ca-or-missing-intermediate-chain",
        "The server leaves its intermediate certificate out",
        _opens,
        cause="tls-untrusted-ca-or-missing-intermediate",
        tls=missing_intermediate(),
    ),
    _tls("tls-expired", "The certificate has expired", _opens, tls=dated(from_days=-100, to_days=-3)),
    _tls(
        "tls-not-yet-valid",
        "The certificate is valid from next week on",
        _opens,
        tls=dated(from_days=7, to_days=97),
    ),
    _tls(
        "tls-hostname-mismatch",
        "The certificate is for another name",
        _opens,
        approach=Approach(host="chat.lab.test"),
        tls=trusted("www.lab.test", "lab.test"),
    ),
    _tls(
        "tls-hostname-mismatch-ip",
        "The URL has an IP address, the certificate has names",
        _opens,
        cause="tls-hostname-mismatch",
        tls=trusted("chat.lab.test"),
    ),
    _tls(
        "tls-certificate-refused",
        "The certificate may be used by clients only",
        _opens,
        tls=for_clients_only(),
    ),
    _tls(
        "tls-local-configuration",
        "The client's own certificate file does not exist",
        _opens,
        approach=Approach(options={"cert_file": "/nonexistent/client.pem"}),
        tls=trusted(),
    ),
    _tls(
        "tls-protocol-version",
        "The server has TLS 1.1 and nothing newer",
        _opens,
        tls=trusted(configure=_tls11_only),
    ),
    _tls(
        "tls-no-shared-cipher", "No cipher suite in common", _opens, tls=trusted(configure=_rsa_ciphers_only)
    ),
    _tls(
        "tls-sni-unrecognized",
        "The server has no host of this name",
        _opens,
        approach=Approach(host="chat.lab.test"),
        tls=trusted("www.lab.test", configure=_strict_server_name),
    ),
    _tls(
        "tls-sni-unrecognized-internal-error",
        "The server has no certificate for this name",
        _alert(_INTERNAL_ERROR),
        cause="tls-sni-unrecognized",
        approach=Approach(host="chat.lab.test"),
        tls=raw_tls,
    ),
    _tls(
        "tls-alpn-h2-only",
        "The server wants HTTP/2 or nothing",
        _alert(_NO_APPLICATION_PROTOCOL),
        tls=raw_tls,
    ),
    _tls(
        "tls-alpn-h2-only-settings",
        "The server answers HTTP/1.1 with HTTP/2 frames",
        _speaks_h2,
        cause="tls-alpn-h2-only",
        tls=trusted(),
    ),
    _tls(
        "tls-client-cert-required",
        "TLS 1.3: the server demands a client certificate after the handshake",
        _opens,
        tls=client_certificate_required(ssl.TLSVersion.TLSv1_3),
    ),
    _tls(
        "tls-client-cert-required-tls12",
        "TLS 1.2: the server demands a client certificate in the handshake",
        _opens,
        cause="tls-client-cert-required",
        tls=client_certificate_required(ssl.TLSVersion.TLSv1_2),
    ),
    _tls(
        "tls-client-cert-required-nginx",
        "nginx says over HTTP that the client certificate is missing",
        answering(
            _NGINX_400,
            "<html>\r\n<head><title>400 No required SSL certificate was sent</title></head>\r\n<body>\r\n"
            "<center><h1>400 Bad Request</h1></center>\r\n<center>No required SSL certificate was sent</center>\r\n"
            "<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n",
        ),
        cause="tls-client-cert-required",
        tls=trusted(),
    ),
    _tls("tls-handshake-cut", "FIN after the ClientHello", _fin_after_hello, tls=raw_tls),
    _tls(
        "tls-handshake-cut-rst",
        "RST after the ClientHello",
        _reset_after_hello,
        cause="tls-handshake-cut",
        tls=raw_tls,
    ),
    _tls(
        "tls-handshake-timeout",
        "Silence after the ClientHello",
        _silent_after_hello,
        approach=_TIMEOUT,
        tls=raw_tls,
    ),
)
# h2-extended-connect-broken needs a client that speaks WebSockets inside HTTP/2 (RFC 8441), which wsinspect does not.
