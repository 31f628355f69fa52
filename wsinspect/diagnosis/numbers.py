"""Which causes stand behind a number: a close code, an HTTP status. The usual before the rare."""

from __future__ import annotations

_CLOSE_CODES: dict[int, tuple[str, ...]] = {
    1000: ("close-1000-immediately", "idle-timeout-server-app", "max-connection-lifetime"),
    1001: ("close-1001-or-1012-restart", "server-drain-on-deploy", "idle-timeout-server-app", "apigw-limits"),
    1002: (
        "proto-unmasked-client",
        "proto-rsv1-compression",
        "proto-opcode",
        "proto-fragmentation",
        "proto-control-frame",
        "client-violates-app-protocol",
    ),
    1003: ("unsupported-data",),
    1005: ("close-1000-immediately", "idle-timeout-server-app"),
    1006: (
        "open-then-fin",
        "open-then-rst",
        "idle-timeout-intermediary",
        "keepalive-ping-timeout",
        "nginx-upgrade-headers-missing",
        "client-closed-while-connecting",
        "tcp-refused",
        "tls-self-signed",
    ),
    1007: ("proto-invalid-utf8", "proto-rsv1-compression"),
    1008: ("close-1008-or-44xx-auth", "client-violates-app-protocol"),
    1009: ("message-too-big",),
    1010: ("ext-invalid",),
    1011: ("keepalive-ping-timeout", "close-1011"),
    1012: ("close-1001-or-1012-restart", "server-drain-on-deploy"),
    1013: ("close-1013-overload",),
    1014: ("http-502",),
    1015: (
        "tls-self-signed",
        "tls-untrusted-ca-or-missing-intermediate",
        "tls-expired",
        "tls-hostname-mismatch",
        "tls-plain-server-on-wss",
    ),
    3000: ("close-1008-or-44xx-auth",),
    3003: ("close-1008-or-44xx-auth",),
    3008: ("idle-timeout-server-app",),
    4400: ("graphql-ws-subprotocol", "client-violates-app-protocol"),
    4401: ("close-1008-or-44xx-auth", "graphql-ws-subprotocol"),
    4403: ("close-1008-or-44xx-auth", "graphql-ws-subprotocol"),
    4406: ("graphql-ws-subprotocol", "subproto-mismatch"),
    4408: ("graphql-ws-subprotocol", "idle-timeout-server-app"),
    4429: ("graphql-ws-subprotocol", "http-429"),
}
_STATUSES: dict[int, tuple[str, ...]] = {
    200: ("http-200-not-websocket", "upgrade-stripped", "captive-portal"),
    400: (
        "nginx-upgrade-headers-missing",
        "upgrade-stripped",
        "http-400-generic",
        "engineio-sid-unknown",
        "ws-to-tls-port",
        "ws-version-unsupported",
        "ws-key-missing",
        "tls-client-cert-required",
    ),
    401: ("http-401",),
    402: ("http-421-or-451-etc",),
    403: ("origin-rejected", "uvicorn-reject-403", "http-403", "waf-block", "cloudflare-ws-off"),
    404: ("http-404", "upgrade-stripped", "node-http-no-upgrade-listener", "uvicorn-no-ws-library"),
    405: ("http-405",),
    407: ("proxy-auth-required",),
    408: ("upgrade-hang", "http-421-or-451-etc"),
    413: ("http-headers-too-large",),
    414: ("http-headers-too-large",),
    421: ("http-421-or-451-etc",),
    426: (
        "nginx-upgrade-headers-missing",
        "upgrade-stripped",
        "http-426",
        "ws-version-unsupported",
        "proxy-strips-upgrade",
        "hs-http10-upstream",
    ),
    429: ("http-429",),
    431: ("http-headers-too-large",),
    500: ("http-500", "asgi-exception-500", "channels-no-route-500"),
    501: ("http-200-not-websocket", "http-421-or-451-etc"),
    502: ("http-502", "hs-http10-upstream", "cloudflare-52x"),
    503: ("http-503", "heroku-h15-55s"),
    504: ("http-504", "upgrade-hang"),
    505: ("hs-http10-upstream",),
    511: ("captive-portal",),
}  # fmt: skip


def causes_of_close_code(code: int) -> tuple[str, ...]:
    """Return the ids of causes that show this close code, or make a browser report it; the usual first."""
    private = ("close-1008-or-44xx-auth", "client-violates-app-protocol") if 3000 <= code < 5000 else ()
    return _CLOSE_CODES.get(code, private)


def causes_of_status(status: int) -> tuple[str, ...]:
    """Return the ids of causes that show this HTTP status as the answer to an upgrade; the usual first."""
    if status in _STATUSES:
        return _STATUSES[status]
    if 520 <= status < 531:
        return ("cloudflare-52x",)
    if 300 <= status < 400:
        return ("http-redirect", "captive-portal")
    return ("http-500",) if status >= 500 else ("http-421-or-451-etc",)
