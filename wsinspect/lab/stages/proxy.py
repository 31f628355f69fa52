"""Proxies that stand in the way, the configured and the unseen."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial

from wsinspect.lab.opening import answer, head
from wsinspect.lab.peer import Peer
from wsinspect.lab.relays import read_socks5_methods, read_socks5_request
from wsinspect.lab.scenario import LabEndpoint, LabSettings, Scenario
from wsinspect.lab.servers import closed_port, listening, port_of, serving
from wsinspect.lab.storied import Approach, answering, storied
from wsinspect.lab.tls_setups import untrusted

STAGE = "proxy"
_proxy = partial(storied, STAGE)

_TARGET = "chat.example.com"
_VIA_HTTP = Approach(host=_TARGET, as_proxy="http")
_VIA_SOCKS = Approach(host=_TARGET, as_proxy="socks5h")

_SQUID = """
HTTP/1.1 {status}
Server: squid/5.7
Mime-Version: 1.0
Date: {{date}}
Content-Type: text/html;charset=utf-8
Content-Length: {{length}}
X-Squid-Error: {error} 0
Vary: Accept-Language
Content-Language: en
{fields}X-Cache: MISS from proxy.example.net
X-Cache-Lookup: NONE from proxy.example.net:3128
Via: 1.1 proxy.example.net (squid/5.7)
Connection: keep-alive
"""
_SQUID_403 = _SQUID.format(status="403 Forbidden", error="ERR_ACCESS_DENIED", fields="")
_SQUID_407 = _SQUID.format(
    status="407 Proxy Authentication Required",
    error="ERR_CACHE_ACCESS_DENIED",
    fields='Proxy-Authenticate: Basic realm="Squid proxy-caching web server"\n',
)
_SQUID_PAGE = """<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">
<html><head>
<meta type="copyright" content="Copyright (C) 1996-2022 The Squid Software Foundation and contributors">
<meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<title>ERROR: The requested URL could not be retrieved</title>
</head><body id={error}>
<div id="titles">
<h1>ERROR</h1>
<h2>{heading}</h2>
</div>
</body></html>
"""

_WS_426_THROUGH_SQUID = """
HTTP/1.1 426 Upgrade Required
Content-Length: {length}
Content-Type: text/plain
Date: {date}
X-Cache: MISS from proxy.example.net
X-Cache-Lookup: MISS from proxy.example.net:3128
Via: 1.1 proxy.example.net (squid/5.7)
Connection: keep-alive
"""


async def _strips_inside_the_tunnel(peer: Peer) -> None:
    """A proxy that opens the tunnel, reads the plain HTTP in it and forwards it without its hop-by-hop fields."""
    await peer.read_request()
    await peer.send(head("HTTP/1.1 200 Connection established"))
    await peer.read_request()
    await peer.send(answer(_WS_426_THROUGH_SQUID, "Upgrade Required"))


async def _closes_on_connect(peer: Peer) -> None:
    await peer.read_request()


async def _silent_on_connect(peer: Peer) -> None:
    await peer.read_request()
    await peer.stay_silent()


async def _socks_hears_http(peer: Peer) -> None:
    """A SOCKS server takes the `C` of CONNECT for an unknown version and hangs up without a word."""
    await peer.read_exactly(1)


async def _socks_not_allowed(peer: Peer) -> None:
    await read_socks5_methods(peer)
    await peer.send(b"\x05\x00")
    await read_socks5_request(peer)
    await peer.send(b"\x05\x02\x00\x01" + bytes(6))


async def _socks_wants_credentials(peer: Peer) -> None:
    await read_socks5_methods(peer)
    await peer.send(b"\x05\xff")


@asynccontextmanager
async def _unreachable(settings: LabSettings) -> AsyncIterator[LabEndpoint]:
    with closed_port() as port:
        yield _VIA_HTTP.endpoint(settings, port=port)


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """Set the proxy variables, and no others of that kind, until the context ends."""
    kept = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    for name in kept:
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            os.environ.pop(name, None)
        os.environ.update(kept)


@asynccontextmanager
async def _environment_for_localhost(settings: LabSettings) -> AsyncIterator[LabEndpoint]:
    page = _SQUID_PAGE.format(error="ERR_ACCESS_DENIED", heading="Access Denied.")
    async with serving(answering(_SQUID_403, page), settings) as proxy_port:
        url = f"http://127.0.0.1:{proxy_port}"
        with listening() as server, _environment(http_proxy=url, https_proxy=url):
            # None asks the environment.
            yield LabEndpoint(url=f"ws://localhost:{port_of(server)}/socket", overrides={"proxy": None})


SCENARIOS = (
    Scenario(
        id="proxy-unreachable",
        stage=STAGE,
        title="Nothing listens where the proxy should be",
        cause="proxy-unreachable",
        serve=_unreachable,
    ),
    _proxy(
        "proxy-connect-denied",
        "squid: CONNECT is not allowed to this port",
        answering(_SQUID_403, _SQUID_PAGE.format(error="ERR_ACCESS_DENIED", heading="Access Denied.")),
        approach=_VIA_HTTP,
    ),
    _proxy(
        "proxy-connect-denied-tinyproxy",
        "tinyproxy: CONNECT is not allowed to this port",
        answering(
            "HTTP/1.0 403 Access violation\nServer: tinyproxy/1.11.1\nContent-Type: text/html\nConnection: close",
            "<html><head><title>403 Access violation</title></head><body><h1>Access violation</h1>\n"
            "<p>The CONNECT method not allowed with the port you tried to use.</p>\n"
            "<hr /><p><em>Generated by tinyproxy version 1.11.1.</em></p></body></html>\n",
        ),
        cause="proxy-connect-denied",
        approach=_VIA_HTTP,
    ),
    _proxy(
        "proxy-connect-denied-socks",
        "SOCKS5: the connection is not allowed by the ruleset",
        _socks_not_allowed,
        cause="proxy-connect-denied",
        approach=_VIA_SOCKS,
    ),
    _proxy(
        "proxy-tunnel-broken",
        "The proxy closes when it reads CONNECT",
        _closes_on_connect,
        approach=_VIA_HTTP,
    ),
    _proxy(
        "proxy-tunnel-broken-silent",
        "The proxy never answers CONNECT",
        _silent_on_connect,
        cause="proxy-tunnel-broken",
        approach=Approach(host=_TARGET, as_proxy="http", timeouts_s={"proxy_timeout_s": 2.0}),
    ),
    _proxy(
        "proxy-tunnel-broken-socks",
        "HTTP is spoken to a SOCKS proxy",
        _socks_hears_http,
        cause="proxy-tunnel-broken",
        approach=_VIA_HTTP,
    ),
    _proxy(
        "proxy-auth-required",
        "squid: the proxy wants credentials",
        answering(
            _SQUID_407, _SQUID_PAGE.format(error="ERR_CACHE_ACCESS_DENIED", heading="Cache Access Denied.")
        ),
        approach=_VIA_HTTP,
    ),
    _proxy(
        "proxy-auth-required-socks",
        "SOCKS5: none of our authentication methods is acceptable",
        _socks_wants_credentials,
        cause="proxy-auth-required",
        approach=_VIA_SOCKS,
    ),
    _proxy(
        "proxy-strips-upgrade",
        "The proxy reads the tunnel and drops the Upgrade field",
        _strips_inside_the_tunnel,
        approach=_VIA_HTTP,
    ),
    _proxy(
        "transparent-middlebox-strips-upgrade",
        "A proxy that nobody configured drops the Upgrade field",
        answering(_WS_426_THROUGH_SQUID, "Upgrade Required"),
        approach=Approach(host=_TARGET, path="/socket", default_port=True),
    ),
    _proxy(
        "tls-interception-or-antivirus",
        "A company's TLS inspection signs every certificate",
        answering("HTTP/1.1 403 Forbidden\nContent-Length: {length}\nConnection: close"),
        tls=untrusted("Zscaler Intermediate Root CA (zscaler.net)", "Zscaler Inc."),
    ),
    _proxy(
        "captive-portal",
        "A network that wants a login redirects everybody to its portal",
        answering(
            "HTTP/1.1 302 Found\nLocation: http://login.hotspot.example/portal?orig=chat.example.com\n"
            "Cache-Control: no-store\nContent-Type: text/html\nContent-Length: {length}\nConnection: close",
            "<html><head><title>Login required</title></head><body>Please log in to use this network.</body></html>\n",
        ),
        approach=Approach(host=_TARGET),
    ),
    _proxy(
        "captive-portal-511",
        "A network that wants a login says so (511)",
        answering(
            "HTTP/1.1 511 Network Authentication Required\nContent-Type: text/html\nContent-Length: {length}\nConnection: close",
            "<html><head><title>Network Authentication Required</title>"
            '<meta http-equiv="refresh" content="0; url=https://login.hotspot.example/"></head>'
            "<body><p>You need to authenticate with the local network.</p></body></html>\n",
        ),
        cause="captive-portal",
        approach=Approach(host=_TARGET),
    ),
    Scenario(
        id="proxy-env-applied-to-localhost",
        stage=STAGE,
        title="http_proxy is set and NO_PROXY is not: localhost goes through the proxy",
        cause="proxy-env-applied-to-localhost",
        serve=_environment_for_localhost,
    ),
)
