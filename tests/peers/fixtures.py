"""The real products as pytest fixtures: each is started for the first test that asks, once, and stopped at the session's end.

A test that uses one is marked `peer`, and the product's log is part of the report when it fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.peers.apache import Apache, apache_in_front_of
from tests.peers.caddy import Caddy, caddy_in_front_of
from tests.peers.certificates import Certificates, make_certificates
from tests.peers.chromium import Chromium, chromium_browser
from tests.peers.haproxy import Haproxy, haproxy_in_front_of
from tests.peers.lighttpd import Lighttpd, lighttpd_in_front_of
from tests.peers.nginx import Nginx, nginx_in_front_of
from tests.peers.nginx_stripping import NginxStripping, StrippedBackend, nginx_stripping_in_front_of
from tests.peers.node_products import NodeProducts
from tests.peers.node_products import node_products as node_products_servers
from tests.peers.node_servers import NodeServers, node_servers
from tests.peers.openssl import OpensslServers, openssl_server
from tests.peers.process import Peer, PeersOnDemand
from tests.peers.python_servers import (
    PythonServers,
    WebsocketsServers,
    python_server,
    websockets_servers,
)
from tests.peers.squid import Squid, squid_proxy
from tests.peers.tinyproxy import TinyproxyServers, tinyproxy_server
from tests.peers.uvicorn_server import UvicornServers, uvicorn_server
from tests.peers.varnish import Varnish, varnish_in_front_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

PEER_FIXTURES = frozenset(
    {"apache", "chromium", "haproxy", "nginx", "node", "openssl", "squid", "uvicorn"}
    | {"caddy", "lighttpd", "tinyproxy", "varnish"}
    | {"nginx_stripping", "node_products", "python_servers", "websockets_library"}
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and PEER_FIXTURES.intersection(item.fixturenames):
            item.add_marker(pytest.mark.peer)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and isinstance(item, pytest.Function):
        for name, value in item.funcargs.items():
            if isinstance(value, Peer | PeersOnDemand | Chromium):
                report.sections.append((f"what {name} wrote", value.log_tail()))
    return report


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """One test authority for the whole session, and a certificate for each way in which verification ends."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeServers]:
    """Node's `ws` and express: `node.url("echo")`."""
    with node_servers(tmp_path_factory.mktemp("node")) as peer:
        yield peer


@pytest.fixture(scope="session")
def uvicorn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UvicornServers]:
    """uvicorn with Starlette, by WebSocket implementation: `uvicorn("wsproto").url("asgi", "/ws")`."""
    folder = tmp_path_factory.mktemp("uvicorn")
    with UvicornServers(lambda mode: uvicorn_server(folder, mode)) as peers:
        yield peers


@pytest.fixture(scope="session")
def nginx(
    node: NodeServers, certificates: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Nginx]:
    """nginx in front of Node's `ws`: `nginx.url("stripped")`."""
    folder = tmp_path_factory.mktemp("nginx")
    echo, silent = node.port("echo"), node.port("upgrade_ignored")
    with nginx_in_front_of(echo, silent, certificates, folder) as peer:
        yield peer


@pytest.fixture(scope="session")
def haproxy(
    node: NodeServers, certificates: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Haproxy]:
    """haproxy in front of Node's `ws`: `haproxy.url("tunnel_timeout")`."""
    with haproxy_in_front_of(node.port("echo"), certificates, tmp_path_factory.mktemp("haproxy")) as peer:
        yield peer


@pytest.fixture(scope="session")
def apache(node: NodeServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apache]:
    """Apache in front of Node's `ws`: `apache.url("proxied")`."""
    with apache_in_front_of(node.port("echo"), tmp_path_factory.mktemp("apache")) as peer:
        yield peer


@pytest.fixture(scope="session")
def squid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Squid]:
    """squid as a forward proxy: `squid.url("authenticate", "", scheme="http")`."""
    with squid_proxy(tmp_path_factory.mktemp("squid")) as peer:
        yield peer


@pytest.fixture(scope="session")
def openssl(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpensslServers]:
    """openssl s_server, by failure: `openssl("tls1_1_only").port("tls")`."""
    folder = tmp_path_factory.mktemp("openssl")
    with OpensslServers(lambda mode: openssl_server(mode, certificates, folder)) as peers:
        yield peers


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A headless Chromium: `await chromium.run(script)`, `await chromium.opening_handshake()`."""
    with chromium_browser(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture(scope="session")
def node_products(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProducts]:
    """socket.io, graphql-ws, vite and mistakes made with `ws`: `node_products.url("socketio", "/socket.io/")`."""
    with node_products_servers(tmp_path_factory.mktemp("node-products")) as peer:
        yield peer


@pytest.fixture(scope="session")
def python_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PythonServers]:
    """Python's other servers, by product: `python_servers("daphne").url("http", "/ws/echo/")`."""
    folder = tmp_path_factory.mktemp("python")
    with PythonServers(lambda product: python_server(folder, product)) as peers:
        yield peers


@pytest.fixture(scope="session")
def websockets_library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebsocketsServers]:
    """The `websockets` library's server: `websockets_library.url("keepalive")`."""
    with websockets_servers(tmp_path_factory.mktemp("websockets")) as peer:
        yield peer


@pytest.fixture(scope="session")
def nginx_stripping(
    python_servers: PythonServers,
    websockets_library: WebsocketsServers,
    node_products: NodeProducts,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[NginxStripping]:
    """nginx that loses Upgrade in front of many products: `nginx_stripping.url("tornado", "/ws")`."""
    backends: dict[StrippedBackend, int] = {
        "aiohttp": python_servers("aiohttp").port("http"),
        "daphne": python_servers("daphne").port("http"),
        "fastapi": python_servers("fastapi").port("http"),
        "flask": python_servers("flask").port("http"),
        "graphql": node_products.port("graphql"),
        "hypercorn": python_servers("hypercorn").port("http"),
        "socketio": node_products.port("socketio"),
        "tornado": python_servers("tornado").port("http"),
        "vite": node_products.port("vite"),
        "websockets": websockets_library.port("echo"),
    }
    with nginx_stripping_in_front_of(backends, tmp_path_factory.mktemp("nginx-stripping")) as peer:
        yield peer


@pytest.fixture(scope="session")
def lighttpd(node: NodeServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lighttpd]:
    """lighttpd in front of Node's `ws`: `lighttpd.url("stripped")`."""
    with lighttpd_in_front_of(node.port("echo"), tmp_path_factory.mktemp("lighttpd")) as peer:
        yield peer


@pytest.fixture(scope="session")
def tinyproxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyproxyServers]:
    """tinyproxy as a forward proxy: `tinyproxy("only_443").port("proxy")`."""
    folder = tmp_path_factory.mktemp("tinyproxy")
    with TinyproxyServers(lambda mode: tinyproxy_server(mode, folder)) as peers:
        yield peers


@pytest.fixture(scope="session")
def varnish(node: NodeServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Varnish]:
    """Varnish in front of Node's `ws`: `varnish.url("no_pipe")`."""
    with varnish_in_front_of(node.port("echo"), tmp_path_factory.mktemp("varnish")) as peer:
        yield peer


@pytest.fixture(scope="session")
def caddy(node: NodeServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caddy]:
    """Caddy in front of Node's `ws`: `caddy.url("proxied")`."""
    with caddy_in_front_of(node.port("echo"), tmp_path_factory.mktemp("caddy")) as peer:
        yield peer
