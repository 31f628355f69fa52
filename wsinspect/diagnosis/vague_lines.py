"""Lines that say that it failed and hide why: what is known from them all the same, and the usual suspects."""

from __future__ import annotations

import re

from msgspec import Struct


class VagueLine(Struct, frozen=True, kw_only=True):
    """A line that many causes print."""

    pattern: str
    """What it accounts for is its group, else the whole of it: a URL that tells more weighs more."""
    meaning: str
    """What the line says and what it rules out: whole sentences."""
    causes: tuple[str, ...]
    """Ids, the usual before the rare."""


_BEFORE_OPEN = (
    "nginx-upgrade-headers-missing",
    "upgrade-stripped",
    "origin-rejected",
    "http-404",
    "tcp-refused",
    "tls-self-signed",
    "http-502",
    "dns-nxdomain",
    "mixed-content-ws-from-https",
)
_NOT_101 = (
    "nginx-upgrade-headers-missing",
    "upgrade-stripped",
    "http-404",
    "origin-rejected",
    "http-401",
    "http-403",
    "http-502",
    "http-200-not-websocket",
    "http-redirect",
    "hs-accept-mismatch",
)
_AFTER_OPEN = (
    "open-then-fin",
    "open-then-rst",
    "idle-timeout-intermediary",
    "nat-or-firewall-silent-drop",
    "max-connection-lifetime",
    "server-drain-on-deploy",
    "keepalive-ping-timeout",
)
_LINES = (
    VagueLine(
        pattern=r"(Firefox) can.t establish a connection to the server at \S+",
        meaning="Firefox prints this for every failure before the WebSocket was open: a refused port, a certificate, any"
        " HTTP status, an invalid answer. It never says which.",
        causes=_BEFORE_OPEN,
    ),
    VagueLine(
        pattern=r"WebSocket connection to '[^']*' (failed:)\s*$",
        meaning="Chrome leaves the reason out when the developer tools were opened too late, or when there is none to give."
        " It failed before the WebSocket was open, or the page broke off.",
        causes=_BEFORE_OPEN,
    ),
    VagueLine(
        pattern=r"There was a bad response from the server\.?",
        meaning="Safari says this for every answer that is no valid 101: any other status, a wrong accept value, a subprotocol"
        " that does not fit. The server was reached, so DNS, TCP and TLS are well.",
        causes=_NOT_101,
    ),
    VagueLine(
        pattern=r"Received network error or non-101 status code",
        meaning="Node's own WebSocket (undici) says this for every failure before it was open.",
        causes=_BEFORE_OPEN,
    ),
    VagueLine(
        pattern=r"websocket: bad handshake",
        meaning="Go's gorilla says this for every answer that is not 101; the status and body are in the *http.Response that Dial"
        " returns beside the error. The server was reached, so DNS, TCP and TLS are well.",
        causes=_NOT_101,
    ),
    VagueLine(
        pattern=r"WebSocketError: I/O failure",
        meaning="websocat says this for every failure of the connection below WebSocket, before or after it was open.",
        causes=("tcp-refused", "open-then-fin", "open-then-rst", "upgrade-empty-reply", "tls-handshake-cut"),
    ),
    VagueLine(
        pattern=r"connect_error:? *(?:Error: )?websocket error|(?:^|Error: )websocket error$",
        meaning="Socket.IO's client says this when its WebSocket failed before it was open, whatever the reason.",
        causes=("engineio-upgrade-stripped", "engineio-wrong-path", "engineio-sid-unknown", "engineio-forbidden", *_BEFORE_OPEN),
    ),
    VagueLine(
        pattern=r"xhr poll error",
        meaning="Socket.IO's client could not make its first polling request, which is plain HTTP: the server is down, the path or"
        " port is wrong, or CORS forbids it. No WebSocket was tried yet.",
        causes=("tcp-refused", "engineio-wrong-path", "engineio-forbidden", "engineio-version-mismatch", "http-404", "http-502", "dns-nxdomain"),
    ),
    VagueLine(
        pattern=r"connect_error:? *(?:Error: )?timeout",
        meaning="Socket.IO's client gave up after its `timeout` (20 s) without an answer.",
        causes=("library-connect-timeout", "upgrade-hang", "tcp-timeout-blackhole", "tcp-accept-silent"),
    ),
    VagueLine(
        pattern=r"\btransport error\b",
        meaning="Socket.IO's connection worked and then broke, by a reset or by bytes that make no sense.",
        causes=("open-then-rst", "proto-rsv1-compression", *_AFTER_OPEN[2:]),
    ),
    VagueLine(
        pattern=r"\btransport close\b",
        meaning="Socket.IO's connection worked and was then closed without Socket.IO's own goodbye: the server went away, or"
        " something on the way cut it. The client reconnects by itself.",
        causes=("open-then-fin", "server-drain-on-deploy", "idle-timeout-intermediary", "max-connection-lifetime"),
    ),
    VagueLine(
        pattern=r"\bio server disconnect\b",
        meaning="The server's code called socket.disconnect(): it was meant. The client does not reconnect by itself then; call"
        " socket.connect().",
        causes=("close-1008-or-44xx-auth", "close-1000-immediately", "client-violates-app-protocol"),
    ),
    VagueLine(
        pattern=r"\bparse error\b(?!: expected http)",
        meaning="Socket.IO's client got a packet that it can't read: client and server speak different versions, or somebody else"
        " answers.",
        causes=("engineio-version-mismatch", "plain-ws-client-to-socketio", "http-bytes-after-101"),
    ),
    VagueLine(
        pattern=r"(?:frames?|Close) received after close",
        meaning="The server went on sending after its own Close frame, which RFC 6455 section 5.5.1 forbids; two writers that"
        " know nothing of each other are the usual reason.",
        causes=("frames-after-close", "two-upgrade-handlers", "proto-fragmentation", "http-bytes-after-101"),
    ),
    VagueLine(
        pattern=r"\b1006\b|abnormal closure",
        meaning="1006 is never sent: it is what an API reports when a connection ended without a Close frame. With an empty console"
        " in Chrome, the WebSocket was open and the connection was then cut: by FIN, by RST, or by silence.",
        causes=_AFTER_OPEN,
    ),
)  # fmt: skip


def vague_line(text: str) -> tuple[VagueLine, re.Match[str]] | None:
    """Return what a line of one line end is, and where it says so; None where it is none of these."""
    for line in _LINES:
        found = re.search(line.pattern, text, re.IGNORECASE)
        if found is not None:
            return line, found
    return None
