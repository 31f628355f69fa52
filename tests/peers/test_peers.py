"""Every real product answers as the tests that rely on it expect: raw bytes, before wsinspect is asked anything."""

from __future__ import annotations

import base64
import re
import socket
import ssl
import time
from typing import TYPE_CHECKING, get_args

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from tests.peers import raw
from tests.peers.chromium import ConsoleLine, ScriptError
from tests.peers.nginx import INDEX_HTML
from tests.peers.process import HOST, PeerError, find_program, free_ports, refusing_port, running_peer
from tests.peers.squid import SQUID_PASSWORD, SQUID_USER
from tests.peers.uvicorn_server import UvicornImplementation

if TYPE_CHECKING:
    from pathlib import Path

    from tests.peers.apache import Apache, ApacheSite
    from tests.peers.certificates import Certificates
    from tests.peers.chromium import Chromium
    from tests.peers.haproxy import Haproxy, HaproxySite
    from tests.peers.nginx import Nginx, NginxSite
    from tests.peers.node_servers import NodeServers, NodeSite
    from tests.peers.openssl import OpensslMode, OpensslServers
    from tests.peers.squid import Squid
    from tests.peers.uvicorn_server import UvicornServers

USUAL_TIMEOUT_S = 60.0
"""After which the proxies would cut an idle tunnel of themselves; here they have to after one second."""
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\n"


def upgrade(port: int, path: str = "/", context: ssl.SSLContext | None = None) -> bytes:
    """The answer to a correct opening handshake."""
    return raw.exchange(port, raw.opening_handshake(port, path), context)


def after_101(port: int, path: str) -> bytes:
    """What follows an accepted opening handshake until the server ends the stream or has nothing more to say."""
    with raw.connect(port) as stream:
        stream.sendall(raw.opening_handshake(port, path))
        head, separator, rest = raw.read_answer(stream).partition(b"\r\n\r\n")
        assert head.startswith(SWITCHING.strip())
        assert separator
        return rest or stream.recv(65536)


async def echoes(url: str, context: ssl.SSLContext | None = None) -> bool:
    async with connect(url, ssl=context, proxy=None, open_timeout=60) as websocket:
        await websocket.send("round trip")
        return await websocket.recv() == "round trip"


# Node


@pytest.mark.parametrize("site", ["echo", "deflate", "max_payload"])
async def test_node_echoes(node: NodeServers, site: NodeSite) -> None:
    assert await echoes(node.url(site))


def test_node_answers_the_example_key_of_the_rfc(node: NodeServers) -> None:
    answer = upgrade(node.port("echo"))
    assert answer.startswith(SWITCHING)
    assert f"Sec-WebSocket-Accept: {raw.REQUEST_ACCEPT}\r\n".encode() in answer


@pytest.mark.parametrize(
    ("site", "status_line", "body"),
    [
        ("path", b"HTTP/1.1 400 Bad Request\r\n", b"Bad Request"),
        ("verify_rejects", b"HTTP/1.1 401 Unauthorized\r\n", b"Unauthorized"),
        ("express", b"HTTP/1.1 200 OK\r\n", b"hello"),
    ],
)
def test_node_refuses(node: NodeServers, site: NodeSite, status_line: bytes, body: bytes) -> None:
    answer = upgrade(node.port(site))
    assert answer.startswith(status_line)
    assert answer.endswith(b"\r\n\r\n" + body)


async def test_node_closes_with_1009_above_its_limit(node: NodeServers) -> None:
    async with connect(node.url("max_payload"), proxy=None, open_timeout=60) as websocket:
        await websocket.send("x" * 17)
        with pytest.raises(ConnectionClosedError) as caught:
            await websocket.recv()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1009


def test_node_compresses_when_asked(node: NodeServers) -> None:
    request = raw.opening_handshake(node.port("deflate"), "/", "Sec-WebSocket-Extensions: permessage-deflate")
    assert b"Sec-WebSocket-Extensions: permessage-deflate" in raw.exchange(node.port("deflate"), request)


def test_node_takes_an_upgrade_and_never_answers(node: NodeServers) -> None:
    with raw.connect(node.port("upgrade_ignored")) as stream:
        stream.settimeout(0.2)
        stream.sendall(raw.opening_handshake(node.port("upgrade_ignored")))
        with pytest.raises(TimeoutError):
            stream.recv(1)


# uvicorn


@pytest.mark.parametrize("implementation", ["websockets", "websockets-sansio", "wsproto"])
async def test_uvicorn_echoes(uvicorn: UvicornServers, implementation: UvicornImplementation) -> None:
    assert await echoes(uvicorn(implementation).url("asgi", "/ws"))


@pytest.mark.parametrize("path", ["/no-such-route", "/close-before-accept"])
@pytest.mark.parametrize(
    ("implementation", "head"),
    [
        (
            "websockets",
            rb"HTTP/1.1 403 Forbidden\r\nDate: .*\r\nContent-Length: 0\r\nContent-Type: text/plain\r\n",
        ),
        (
            "websockets-sansio",
            rb"HTTP/1.1 403 Forbidden\r\nDate: .*\r\nConnection: close\r\nContent-Length: 0\r\n",
        ),
        ("wsproto", rb"HTTP/1.1 403 \r\ncontent-length: 0\r\n\r\n"),
    ],
)
def test_uvicorn_refuses_an_unknown_route_and_a_close_before_accept_alike(
    uvicorn: UvicornServers, implementation: UvicornImplementation, head: bytes, path: str
) -> None:
    assert re.match(head, upgrade(uvicorn(implementation).port("asgi"), path))


def test_uvicorn_without_a_websocket_library_answers_as_plain_http(uvicorn: UvicornServers) -> None:
    answer = upgrade(uvicorn("none").port("asgi"), "/ws")
    assert answer.startswith(b"HTTP/1.1 404 Not Found\r\n")
    assert b"\r\nserver: uvicorn\r\n" in answer


def test_uvicorn_answers_500_when_the_application_raises_before_accept(uvicorn: UvicornServers) -> None:
    answer = upgrade(uvicorn("websockets").port("asgi"), "/raise-before-accept")
    assert answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")


def test_uvicorn_passes_on_the_close_code_of_the_application(uvicorn: UvicornServers) -> None:
    assert after_101(uvicorn("websockets").port("asgi"), "/close-1008").startswith(
        b"\x88\x0f\x03\xf0token expired"
    )


@pytest.mark.parametrize("implementation", ["websockets", "websockets-sansio", "wsproto"])
def test_uvicorn_ends_the_stream_without_a_close_frame_when_the_application_raises(
    uvicorn: UvicornServers, implementation: UvicornImplementation
) -> None:
    assert after_101(uvicorn(implementation).port("asgi"), "/raise-after-accept") == b""


def test_uvicorn_with_wsproto_drops_an_unrequested_subprotocol(uvicorn: UvicornServers) -> None:
    assert upgrade(uvicorn("wsproto").port("asgi"), "/unrequested-subprotocol") == b""


# nginx


async def test_nginx_proxies(nginx: Nginx, certificates: Certificates) -> None:
    assert await echoes(nginx.url("proxied"))
    assert await echoes(nginx.url("tls", scheme="wss"), raw.trusting(certificates.root))


@pytest.mark.parametrize(
    ("site", "status_line", "body"),
    [
        ("stripped", b"HTTP/1.1 426 Upgrade Required\r\n", b"Upgrade Required"),
        ("backend_down", b"HTTP/1.1 502 Bad Gateway\r\n", b"<hr><center>nginx/"),
        ("spa", b"HTTP/1.1 200 OK\r\n", INDEX_HTML.encode()),
        ("tls", b"HTTP/1.1 400 Bad Request\r\n", b"The plain HTTP request was sent to HTTPS port"),
    ],
)
def test_nginx_refuses(nginx: Nginx, site: NginxSite, status_line: bytes, body: bytes) -> None:
    answer = upgrade(nginx.port(site))
    assert answer.startswith(status_line)
    assert b"\r\nServer: nginx/" in answer
    assert body in answer


def test_nginx_drops_without_a_byte(nginx: Nginx) -> None:
    assert upgrade(nginx.port("drop")) == b""


def test_nginx_cuts_an_idle_tunnel_without_a_close_frame(nginx: Nginx) -> None:
    began = time.monotonic()
    with raw.connect(nginx.port("read_timeout")) as stream:
        stream.sendall(raw.opening_handshake(nginx.port("read_timeout")))
        assert raw.read_answer(stream).startswith(SWITCHING)
        assert raw.read_until_end(stream) == b""
    assert 0.9 < time.monotonic() - began < USUAL_TIMEOUT_S / 2


@pytest.mark.parametrize(
    ("site", "verify_code"),
    [
        ("tls_self_signed", 18),
        ("tls_expired", 10),
        ("tls_not_yet_valid", 9),
        ("tls_wrong_host", 62),
        ("tls_missing_intermediate", 20),
    ],
)
def test_nginx_presents_a_wrong_certificate(
    nginx: Nginx, certificates: Certificates, site: NginxSite, verify_code: int
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        raw.connect(nginx.port(site), raw.trusting(certificates.root))
    assert caught.value.verify_code == verify_code


async def test_nginx_asks_for_a_client_certificate(nginx: Nginx, certificates: Certificates) -> None:
    without = upgrade(nginx.port("tls_client_certificate"), "/", raw.trusting(certificates.root))
    assert without.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"No required SSL certificate was sent" in without
    identity = (certificates.client.chain, certificates.client.key)
    assert await echoes(
        nginx.url("tls_client_certificate", scheme="wss"), raw.trusting(certificates.root, client=identity)
    )


# haproxy


async def test_haproxy_proxies(haproxy: Haproxy, certificates: Certificates) -> None:
    assert await echoes(haproxy.url("proxied"))
    assert await echoes(haproxy.url("tls", scheme="wss"), raw.trusting(certificates.root))


@pytest.mark.parametrize(
    ("site", "status_line", "body"),
    [
        (
            "no_server",
            b"HTTP/1.1 503 Service Unavailable\r\n",
            b"No server is available to handle this request.",
        ),
        ("deny_403", b"HTTP/1.1 403 Forbidden\r\n", b"Request forbidden by administrative rules."),
        ("deny_429", b"HTTP/1.1 429 Too Many Requests\r\n", b"You have sent too many requests"),
    ],
)
def test_haproxy_refuses(haproxy: Haproxy, site: HaproxySite, status_line: bytes, body: bytes) -> None:
    answer = upgrade(haproxy.port(site))
    assert answer.startswith(status_line)
    assert body in answer


def test_haproxy_ends_plain_http_on_its_tls_port_without_a_byte(haproxy: Haproxy) -> None:
    assert upgrade(haproxy.port("tls")) == b""


def test_haproxy_cuts_an_idle_tunnel_without_a_close_frame(haproxy: Haproxy) -> None:
    began = time.monotonic()
    with raw.connect(haproxy.port("tunnel_timeout")) as stream:
        stream.sendall(raw.opening_handshake(haproxy.port("tunnel_timeout")))
        assert raw.read_answer(stream).startswith(SWITCHING)
        assert raw.read_until_end(stream) == b""
    assert 0.9 < time.monotonic() - began < USUAL_TIMEOUT_S / 2


def test_haproxy_does_not_know_the_name(haproxy: Haproxy, certificates: Certificates) -> None:
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        raw.connect(haproxy.port("strict_sni"), raw.trusting(certificates.root))


def test_haproxy_speaks_h2_to_a_client_that_offers_it(haproxy: Haproxy, certificates: Certificates) -> None:
    port = haproxy.port("alpn_h2_only")
    with raw.connect(port, raw.trusting(certificates.root, alpn=("h2", "http/1.1"))) as stream:
        assert isinstance(stream, ssl.SSLSocket)
        assert stream.selected_alpn_protocol() == "h2"
        stream.sendall(raw.opening_handshake(port))
        assert not raw.read_answer(stream).startswith(b"HTTP/")


# squid


def connect_request(port: int, *field_lines: str) -> bytes:
    target = f"127.0.0.1:{port}"
    return "\r\n".join((f"CONNECT {target} HTTP/1.1", f"Host: {target}", *field_lines, "", "")).encode()


def tunnels(squid_port: int, target_port: int, *field_lines: str) -> bool:
    """CONNECT is allowed, and a handshake through the tunnel reaches the server."""
    with raw.connect(squid_port) as stream:
        stream.sendall(connect_request(target_port, *field_lines))
        reply = b""
        while b"\r\n\r\n" not in reply:
            chunk = stream.recv(65536)
            assert chunk, reply
            reply += chunk
        assert reply == b"HTTP/1.1 200 Connection established\r\n\r\n"
        stream.sendall(raw.opening_handshake(target_port))
        return raw.read_answer(stream).startswith(SWITCHING)


def test_squid_tunnels(squid: Squid, node: NodeServers) -> None:
    assert tunnels(squid.port("allow"), node.port("echo"))


def test_squid_denies(squid: Squid, node: NodeServers) -> None:
    answer = raw.exchange(squid.port("deny"), connect_request(node.port("echo")))
    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert b"\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\n" in answer


def test_squid_wants_credentials(squid: Squid, node: NodeServers) -> None:
    answer = raw.exchange(squid.port("authenticate"), connect_request(node.port("echo")))
    assert answer.startswith(b"HTTP/1.1 407 Proxy Authentication Required\r\n")
    assert b"\r\nProxy-Authenticate: Basic realm=" in answer


def test_squid_takes_the_right_credentials(squid: Squid, node: NodeServers) -> None:
    credentials = base64.b64encode(f"{SQUID_USER}:{SQUID_PASSWORD}".encode()).decode()
    assert tunnels(squid.port("authenticate"), node.port("echo"), f"Proxy-Authorization: Basic {credentials}")


# Apache


async def test_apache_proxies(apache: Apache) -> None:
    assert await echoes(apache.url("proxied"))


@pytest.mark.parametrize(
    ("site", "status_line"),
    [
        ("stripped", b"HTTP/1.1 426 Upgrade Required\r\n"),
        ("backend_down", b"HTTP/1.1 503 Service Unavailable\r\n"),
    ],
)
def test_apache_refuses(apache: Apache, site: ApacheSite, status_line: bytes) -> None:
    answer = upgrade(apache.port(site))
    assert answer.startswith(status_line)
    assert b"\r\nServer: Apache/" in answer


# openssl s_server


@pytest.mark.parametrize(
    ("mode", "alert"),
    [
        ("tls1_1_only", "ALERT_PROTOCOL_VERSION"),
        ("cipher_mismatch", "ALERT_HANDSHAKE_FAILURE"),
        ("client_certificate_tls1_2", "ALERT_HANDSHAKE_FAILURE"),
        ("client_certificate_tls1_3", "ALERT_CERTIFICATE_REQUIRED"),
        ("alpn_h2_only", "alert no application protocol"),
    ],
)
def test_openssl_answers_with_an_alert(
    openssl: OpensslServers, certificates: Certificates, mode: OpensslMode, alert: str
) -> None:
    context = raw.trusting(certificates.root, alpn=("http/1.1",))
    # A TLS 1.3 client is done before the server has looked for its certificate: that alert is the first thing it reads.
    with (
        pytest.raises(ssl.SSLError, match=alert),
        raw.connect(openssl(mode).port("tls"), context) as stream,
    ):
        stream.recv(1)


@pytest.mark.parametrize("mode", ["client_certificate_tls1_2", "client_certificate_tls1_3"])
def test_openssl_is_content_with_a_client_certificate(
    openssl: OpensslServers, certificates: Certificates, mode: OpensslMode
) -> None:
    identity = (certificates.client.chain, certificates.client.key)
    context = raw.trusting(certificates.root, client=identity)
    answer = raw.exchange(openssl(mode).port("tls"), b"GET / HTTP/1.0\r\n\r\n", context)
    assert answer.startswith(b"HTTP/1.0 200 ok\r\n")


# Chromium


async def test_chromium_runs_a_script_and_tells_its_console(chromium: Chromium) -> None:
    result = await chromium.run("console.warn('first', 2); document.title", html="<title>given</title>")
    assert result.value == "given"
    assert result.console == (ConsoleLine("warning", "first 2"),)


async def test_chromium_page_may_carry_a_policy(chromium: Chromium, node: NodeServers) -> None:
    url = node.url("echo")
    script = f"new Promise((resolve) => {{ new WebSocket('{url}').onerror = () => resolve('refused'); }})"
    result = await chromium.run(script, headers={"Content-Security-Policy": "connect-src 'self'"})
    assert result.value == "refused"
    assert any("Content Security Policy" in line.text for line in result.console)


async def test_chromium_script_that_throws_is_an_error(chromium: Chromium) -> None:
    with pytest.raises(ScriptError, match="boom"):
        await chromium.run("throw new Error('boom')")


async def test_chromium_prints_the_famous_line(chromium: Chromium, node: NodeServers) -> None:
    url = node.url("upgrade_ignored")
    script = (
        f"new Promise((resolve) => {{ const socket = new WebSocket('{url}');"
        " socket.onclose = (event) => resolve([event.code, event.wasClean]); socket.close(); })"
    )
    result = await chromium.run(script)
    assert result.value == [1006, False]
    expected = (
        f"WebSocket connection to '{url}' failed: WebSocket is closed before the connection is established."
    )
    assert result.console == (ConsoleLine("warning", expected),)


async def test_chromium_opening_handshake_is_kept_verbatim(chromium: Chromium) -> None:
    head = await chromium.opening_handshake(path="/chat?room=1", protocols=("chat", "superchat"))
    lines = head.decode("ascii").split("\r\n")
    assert lines[0] == "GET /chat?room=1 HTTP/1.1"
    assert lines[-2:] == ["", ""]
    names = [line.partition(":")[0] for line in lines[1:-2]]
    assert names[:3] == ["Host", "Connection", "Pragma"]
    assert "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits" in lines
    assert "Sec-WebSocket-Protocol: chat, superchat" in lines


# The launcher itself


def test_a_missing_program_is_an_error_that_names_it() -> None:
    with pytest.raises(PeerError, match=r"no-such-server is not installed; `bash \.ci/run`"):
        find_program("no-such-server")


def test_a_server_that_does_not_start_is_an_error_with_its_log(tmp_path: Path) -> None:
    command = ["sh", "-c", "echo cannot bind >&2; exit 1"]
    with (
        pytest.raises(PeerError, match="cannot bind"),
        running_peer("sh", ("only",), lambda ports: command, tmp_path / "log"),
    ):
        pytest.fail("the block must not be entered")


def test_free_ports_differ() -> None:
    assert len(set(free_ports(20))) == 20


def test_refusing_port_refuses_and_is_nobody_elses() -> None:
    with refusing_port() as port:
        with pytest.raises(ConnectionRefusedError):
            raw.connect(port)
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((HOST, port))


def test_implementations_are_those_that_uvicorn_knows() -> None:
    from uvicorn.config import WS_PROTOCOLS

    assert set(get_args(UvicornImplementation)) <= set(WS_PROTOCOLS)
