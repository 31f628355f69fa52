"""Commands that make the same request in curl, wscat, websocat and Python, quoted so that they can be pasted into a shell.

A value with a line end or another control character is refused: no quoting makes it safe to paste.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from msgspec import Struct

from wsinspect.connection.request import request_fields
from wsinspect.connection.url import Target, parse_url
from wsinspect.errors import UsageError
from wsinspect.export.redact import Redactor
from wsinspect.options import ConnectOptions

_CONTROL = r"[\x00-\x1f\x7f-\x9f\u2028\u2029]"
_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""RFC 6455 section 1.3's own example: servers want one and do not care which."""
_MADE_BY_CLIENTS = {
    "host",
    "upgrade",
    "connection",
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-extensions",
    "sec-websocket-protocol",
    "origin",
}
_GIVES_UP_S = "10"
_USUAL_OFFERS = ("permessage-deflate", "permessage-deflate; client_max_window_bits")


class Command(Struct, frozen=True):
    """One way to ask the same."""

    tool: str
    """`curl`, `wscat`, `websocat` or `Python`."""
    language: str
    """`sh` or `python`."""
    text: str
    leaves_out: tuple[str, ...]
    """What of the options the tool has no way to say."""


def commands(options: ConnectOptions, redact: Redactor) -> list[Command]:
    """Return a command for each tool, secrets masked: whoever runs it puts them in again.

    Raises:
        UsageError: the URL can't be understood, or a value holds a control character.
    """
    target = parse_url(options.url)
    fields = request_fields(options, target, _KEY)
    for name, value in (*fields, ("the URL", target.url), ("the proxy", options.proxy or "")):
        found = re.search(_CONTROL, name + value)
        if found:
            raise UsageError(
                f"{name!r} holds the control character 0x{ord(found[0]):02x}",
                where="commands",
                allowed="values on one line: a shell would run what follows",
            )
    ask = _Ask(options, target, fields, redact)
    return [_curl(ask), _wscat(ask), _websocat(ask), _python(ask)]


class _Ask:
    """What is asked for, and the words of a command that asks for it."""

    def __init__(
        self, options: ConnectOptions, target: Target, fields: list[tuple[str, str]], redact: Redactor
    ) -> None:
        self.options = options
        self.target = target
        self.fields = fields
        self.redact = redact
        self.own = [(name, value) for name, value in fields if name.lower() not in _MADE_BY_CLIENTS]
        self.repeated = len({name.lower() for name, _ in self.own}) < len(self.own)
        self.origin = next((value for name, value in fields if name.lower() == "origin"), None)

    def line(self, groups: list[list[str]]) -> str:
        """Return a command of several lines, a group of words on each."""
        lines = (" ".join(shlex.quote(self.redact(word)) for word in words) for words in groups if words)
        return " \\\n  ".join(lines)

    def left_out(self, *names: str) -> tuple[str, ...]:
        """Return which of these options are set."""
        words: dict[str, Callable[[ConnectOptions], object]] = {
            "the proxy": lambda o: o.proxy,
            "--resolve": lambda o: o.resolve,
            "--connect-to": lambda o: o.connect_to,
            "-4 or -6": lambda o: o.family != "any",
            "-k": lambda o: o.insecure and self.target.secure,
            "--cacert": lambda o: o.ca_file,
            "the client certificate": lambda o: o.cert_file,
            "--sni": lambda o: o.server_name,
            "the TLS versions": lambda o: o.min_tls or o.max_tls,
            "following redirects": lambda o: o.follow_redirects,
            "the Unix socket": lambda _: self.target.unix_path,
            "no compression": lambda o: not o.compression,
            "compression": lambda o: o.compression,
            "the compression offer": lambda o: o.compression and self._offer not in _USUAL_OFFERS,
            "a Host field of its own": lambda _: self._own_host(),
            "changed fields of the handshake": lambda _: self._changed(),
            "repeated fields": lambda _: self.repeated,
            "fields beyond ASCII": lambda _: any(not value.isascii() for _, value in self.own),
            "a proxy that is no HTTP proxy": lambda o: o.proxy and not is_http_proxy(o.proxy),
            "going without a proxy": lambda o: o.proxy == "",
        }
        return tuple(name for name in names if words[name](self.options))

    @property
    def host(self) -> str | None:
        """The Host field, where it is not the one that every client makes."""
        found = next((value for name, value in self.fields if name.lower() == "host"), "")
        return found if found != self.target.host_field else None

    def _own_host(self) -> bool:
        return self.host is not None

    @property
    def _offer(self) -> str:
        return next((value for name, value in self.fields if name.lower() == "sec-websocket-extensions"), "")

    def _changed(self) -> bool:
        usual = {
            "upgrade": "websocket",
            "connection": "Upgrade",
            "sec-websocket-version": "13",
            "sec-websocket-key": _KEY,
        }
        found = [(name.lower(), value) for name, value in self.fields if name.lower() in usual]
        return sorted(found) != sorted(usual.items())


def is_http_proxy(proxy: str) -> bool:
    """Whether a proxy is asked with CONNECT."""
    scheme, sign, _ = proxy.partition("://")
    return not sign or scheme.lower() in ("http", "https")


def _curl(ask: _Ask) -> Command:
    options, target = ask.options, ask.target
    groups = [
        ["curl", "--http1.1", "--globoff", "--include", "--no-buffer", "--max-time", _GIVES_UP_S],
        *_curl_route(ask),
    ]
    # What curl would add by itself is taken away.
    fields = [(name, value) for name, value in ask.fields if (name, value) != ("Host", target.host_field)]
    names = {name.lower() for name, _ in fields}
    groups += [["--header", f"{name}: {value}"] for name, value in fields]
    groups += [["--header", f"{name}:"] for name in ("Accept", "User-Agent") if name.lower() not in names]
    if options.follow_redirects:
        groups.append(["--location"])
    scheme = "https" if target.secure else "http"
    host = "localhost" if target.unix_path is not None else target.url.partition("://")[2].partition("/")[0]
    groups.append([f"{scheme}://{host}{target.request_target}"])
    return Command("curl", "sh", ask.line(groups), ask.left_out("--sni"))


def _curl_route(ask: _Ask) -> list[list[str]]:
    options, target = ask.options, ask.target
    groups: list[list[str]] = []
    if target.unix_path is not None:
        groups.append(["--unix-socket", target.unix_path])
    if options.proxy is not None:
        groups.append(["--proxy", options.proxy] if options.proxy else ["--noproxy", "*"])
    for rule in options.resolve:
        addresses = ",".join(f"[{one}]" if ":" in one else one for one in rule.addresses)
        groups.append(["--resolve", f"{rule.host}:{rule.port or target.port}:{addresses}"])
    groups += [
        ["--connect-to", f"{to.host}:{to.port or ''}:{to.to_host}:{to.to_port or ''}"]
        for to in options.connect_to
    ]
    if options.family != "any":
        groups.append([f"--{options.family}"])
    if target.secure:
        groups += [["--insecure"]] if options.insecure else []
        groups += [["--cacert", options.ca_file]] if options.ca_file else []
        groups += [["--cert", options.cert_file]] if options.cert_file else []
        groups += [["--key", options.key_file]] if options.key_file else []
        groups += [[f"--tlsv{options.min_tls}"]] if options.min_tls else []
        groups += [["--tls-max", options.max_tls]] if options.max_tls else []
    return groups


def _wscat(ask: _Ask) -> Command:
    options = ask.options
    groups = [["wscat", "--connect", ask.target.url, "--show-ping-pong"]]
    groups += [["--origin", ask.origin]] if ask.origin is not None else []
    groups += [["--subprotocol", name] for name in options.subprotocols]
    # wscat adds a blank after the colon itself.
    groups += [["--header", f"{name}:{value}"] for name, value in ask.own if value.isascii()]
    groups += [["--host", ask.host]] if ask.host else []
    if options.proxy and is_http_proxy(options.proxy):
        groups.append(["--proxy", options.proxy if "://" in options.proxy else f"http://{options.proxy}"])
    groups += [["--location"]] if options.follow_redirects else []
    if ask.target.secure:
        groups += [["--no-check"]] if options.insecure else []
        groups += [["--ca", options.ca_file]] if options.ca_file else []
        groups += [["--cert", options.cert_file]] if options.cert_file else []
        groups += [["--key", options.key_file]] if options.key_file else []
    left = ask.left_out(
        "--resolve",
        "--connect-to",
        "-4 or -6",
        "--sni",
        "the TLS versions",
        "no compression",
        "the compression offer",
        "changed fields of the handshake",
        "repeated fields",
        "fields beyond ASCII",
        "a proxy that is no HTTP proxy",
    )
    return Command("wscat", "sh", ask.line(groups), left)


def _websocat(ask: _Ask) -> Command:
    options = ask.options
    groups = [["websocat", "-v"]]
    groups += [[f"--origin={ask.origin}"]] if ask.origin is not None else []
    groups += [[f"--protocol={', '.join(options.subprotocols)}"]] if options.subprotocols else []
    # With a blank, -H would take the words after its value for further values.
    groups += [[f"-H={name}: {value}"] for name, value in ask.own]
    groups += [["--insecure"]] if options.insecure and ask.target.secure else []
    left = ["the proxy"]
    if options.proxy and (socks := _plain_socks(options.proxy)):
        groups.append([f"--socks5={socks}"])
        left = []
    groups.append([ask.target.url])
    left_out = ask.left_out(
        *left,
        "--resolve",
        "--connect-to",
        "-4 or -6",
        "--cacert",
        "the client certificate",
        "--sni",
        "the TLS versions",
        "following redirects",
        "the Unix socket",
        "compression",
        "a Host field of its own",
        "changed fields of the handshake",
    )
    return Command("websocat", "sh", ask.line(groups), left_out)


def _plain_socks(proxy: str) -> str:
    """Return `address:port` of a SOCKS5 proxy that websocat can use: an address, and no login."""
    scheme, _, rest = proxy.partition("://")
    host, colon, _ = rest.rstrip("/").rpartition(":")
    numeric = re.fullmatch(r"[0-9.]+|\[[0-9A-Fa-f:.]+\]", host)
    return rest.rstrip("/") if scheme.startswith("socks5") and colon and numeric and "@" not in rest else ""


def _python(ask: _Ask) -> Command:
    options, target = ask.options, ask.target

    def literal(value: object) -> str:
        return repr(ask.redact(value)) if isinstance(value, str) else repr(value)

    def field(value: str) -> str:
        # The library writes fields in Latin-1; ours are UTF-8.
        return repr(ask.redact(value)) + ("" if value.isascii() else '.encode().decode("latin-1")')

    function = "connect" if target.unix_path is None else "unix_connect"
    imports = [f"from websockets.sync.client import {function}"]
    agent = next((value for name, value in ask.own if name.lower() == "user-agent"), None)
    rest = [
        f"        ({literal(name)}, {field(value)}),"
        for name, value in ask.own
        if name.lower() != "user-agent"
    ]
    if target.unix_path is None:
        call = [f"with {function}(", f"    {literal(target.url)},"]
    else:
        uri = literal(f"ws://localhost{target.request_target}")
        call = [f"with {function}(", f"    {literal(target.unix_path)},", f"    {uri},"]
    call += [f"    origin={literal(ask.origin)},"] if ask.origin is not None else []
    if options.subprotocols:
        call.append(f"    subprotocols={[ask.redact(name) for name in options.subprotocols]!r},")
    call += ["    additional_headers=[", *rest, "    ],"] if rest else []
    call.append(f"    user_agent_header={literal(agent) if agent is None else field(agent)},")
    call += [] if options.compression else ["    compression=None,"]
    if options.proxy is not None:
        call.append(f"    proxy={literal(options.proxy or None)},")
    context: list[str] = []
    if target.secure and (options.insecure or options.ca_file or options.cert_file):
        imports.insert(0, "import ssl\n")
        context = [f"context = ssl.create_default_context(cafile={literal(options.ca_file or None)})"]
        if options.insecure:
            context += ["context.check_hostname = False", "context.verify_mode = ssl.CERT_NONE"]
        if options.cert_file:
            files = f"{literal(options.cert_file)}, {literal(options.key_file)}"
            context.append(f"context.load_cert_chain({files})")
        context.append("")
        call.append("    ssl=context,")
    if options.server_name:
        call.append(f"    server_hostname={literal(options.server_name)},")
    call += [
        ") as websocket:",
        "    print(websocket.response)",
        "    for message in websocket:",
        "        print(message)",
    ]
    left = ask.left_out(
        "--resolve",
        "--connect-to",
        "-4 or -6",
        "the TLS versions",
        "following redirects",
        "the compression offer",
        "a Host field of its own",
        "changed fields of the handshake",
    )
    return Command("Python", "python", "\n".join([*imports, "", *context, *call]), left)
