"""Which proxy a connection goes through: `-x`, else the environment, unless NO_PROXY exempts the target."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from wsinspect.connection.host import literal_family, normalised_host, parsed_port, split_authority
from wsinspect.connection.percent import percent_decoded
from wsinspect.connection.url import Target
from wsinspect.connection.url_error import UrlError, shown
from wsinspect.errors import UsageError, nearest
from wsinspect.options import ConnectOptions

_DEFAULT_PORTS = {"http": 80, "socks5": 1080, "socks5h": 1080}
_ALLOWED = "http://, socks5://, socks5h:// with [user:password@]host[:port]"
_VARIABLES = {
    True: ("wss_proxy", "https_proxy", "all_proxy", "socks_proxy"),
    False: ("ws_proxy", "http_proxy", "all_proxy", "socks_proxy"),
}
"""In the order in which they are asked, for wss and for ws; curl's order, and socks_proxy as Python knows it."""


class ProxySetting(Struct, frozen=True):
    """A proxy to connect through."""

    scheme: str
    """`http`, `socks5` (we resolve the target's name) or `socks5h` (the proxy does)."""
    host: str
    port: int
    username: str | None
    password: str | None
    source: str
    """`-x` or the environment variable's name, as it is spelled there."""

    @property
    def with_credentials(self) -> bool:
        """Whether a user name is configured."""
        return self.username is not None

    def __repr__(self) -> str:
        return f"ProxySetting({self.scheme}://{self.host}:{self.port} from {self.source})"


class ProxyBypass(Struct, frozen=True):
    """The environment names a proxy, and NO_PROXY exempts this target from it."""

    variable: str
    """The variable that names the proxy."""
    rule: str
    """The entry of NO_PROXY that matched."""


def choose_proxy(
    options: ConnectOptions, target: Target, environ: Mapping[str, str]
) -> ProxySetting | ProxyBypass | None:
    """Return the proxy for `target`, the exemption from one, or None.

    `-x` wins, empty for none, and NO_PROXY does not apply to it. Of a variable the lower-case spelling wins, and
    empty it switches the upper-case one off, as in Python. Loopback targets are not exempt by themselves. HTTP_PROXY
    is ignored where REQUEST_METHOD is set: in a CGI script it is a request's Proxy field.

    Raises:
        UsageError: the proxy that applies is not one that can be used.
    """
    if options.proxy is not None:
        return parse_proxy(options.proxy, "-x") if options.proxy.strip() else None
    if target.unix_path is not None:
        return None
    for name in _VARIABLES[target.secure]:
        variable, value = _variable(environ, name)
        if not value or (variable == "HTTP_PROXY" and "REQUEST_METHOD" in environ):
            continue
        rule = _exemption(_variable(environ, "no_proxy")[1], target.host, target.port)
        if rule is not None:
            return ProxyBypass(variable, rule)
        return parse_proxy(value, variable, "socks5h" if name == "socks_proxy" else "http")
    return None


def parse_proxy(text: str, source: str, default_scheme: str = "http") -> ProxySetting:
    """Read `[scheme://][user:password@]host[:port]`.

    Raises:
        UsageError: names `source`, quotes no credentials.
    """
    scheme, sign, rest = text.strip().partition("://")
    if not sign:
        scheme, rest = default_scheme, text.strip()
    scheme = scheme.lower()
    if scheme not in _DEFAULT_PORTS:
        raise _scheme_error(scheme, source)
    authority, slash, path = rest.partition("/")
    if path or "?" in authority or "#" in authority:
        raise UsageError(
            "the proxy has a path, query or fragment",
            where=source,
            allowed=_ALLOWED,
            hint=f"remove what follows the host and port{' (write %2F in a password)' if slash else ''}",
        )
    user_info, host_text, port_text = split_authority(authority)
    try:
        host = normalised_host(host_text, [])
        port = parsed_port(port_text) if port_text else _DEFAULT_PORTS[scheme]
    except UrlError as error:
        raise UsageError(f"the proxy's address: {error.what}", where=source, allowed=_ALLOWED) from error
    username = password = None
    if user_info:
        user, _, secret = user_info.partition(":")
        username, password = percent_decoded(user), percent_decoded(secret)
    return ProxySetting(scheme, host, port, username, password, source)


def _scheme_error(scheme: str, source: str) -> UsageError:
    if scheme == "https":
        return UsageError(
            "TLS to the proxy itself is not supported",
            where=source,
            allowed=_ALLOWED,
            hint="give the proxy's plain port with http://; a wss target stays encrypted through its tunnel",
        )
    if scheme in ("socks", "socks4", "socks4a"):
        return UsageError(
            f"{scheme} is not supported",
            where=source,
            allowed=_ALLOWED,
            hint="write socks5h:// if it speaks SOCKS5",
        )
    return UsageError(
        f"the proxy's scheme {shown(scheme)} is not known",
        where=source,
        allowed=_ALLOWED,
        hint=nearest(scheme, _DEFAULT_PORTS),
    )


def _variable(environ: Mapping[str, str], name: str) -> tuple[str, str]:
    for spelling in (name, name.upper()):
        if spelling in environ:
            return spelling, environ[spelling].strip()
    return name, ""


def _exemption(rules: str, host: str, port: int) -> str | None:
    """Return the first entry of NO_PROXY that matches, or None."""
    return next((rule for rule in re.split(r"[,\s]+", rules) if rule and _matches(rule, host, port)), None)


def _matches(rule: str, host: str, port: int) -> bool:
    if rule == "*":
        return True
    name = rule.lower()
    if name.count(":") == 1 or name.startswith("["):
        _, name, port_text = split_authority(name)
        if port_text is not None and port_text != str(port):
            return False
    name = name.removeprefix("[").removesuffix("]")
    host = host.removesuffix(".")
    if literal_family(host):
        return _matches_address(name, host.partition("%")[0])
    name = name.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _matches_address(rule: str, host: str) -> bool:
    if rule == host:
        return True
    # Loaded only where an address meets a rule that is spelled in another way.
    from ipaddress import ip_address, ip_network

    try:
        return ip_address(host) in ip_network(rule, strict=False)
    except ValueError:
        return False
