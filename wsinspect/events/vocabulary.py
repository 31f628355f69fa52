"""The words that events are made of: steps, layers, outcomes, ready states."""

from __future__ import annotations

from enum import StrEnum


class Step(StrEnum):
    """A rung of the ladder. PROXY and TLS are climbed only where the target needs them."""

    URL = "url"
    RESOLVE = "resolve"
    TCP = "tcp"
    PROXY = "proxy"
    TLS = "tls"
    UPGRADE = "upgrade"
    OPEN = "open"


class Layer(StrEnum):
    """Which tap of the stacked byte streams saw the bytes."""

    PROXY = "proxy"
    """Between us and a proxy, before its tunnel stands."""
    TLS = "tls"
    """Records of the TLS handshake, below TLS; later records are only counted."""
    HTTP = "http"
    """The opening handshake: request, response head and a refusal's body."""
    WEBSOCKET = "websocket"
    """Everything after a 101's head, in both directions."""


class FailureKind(StrEnum):
    """Why a step or an address failed, as the operating system or the bytes told us."""

    INVALID_URL = "invalid-url"
    NAME_NOT_FOUND = "name-not-found"
    NAME_TEMPORARY_FAILURE = "name-temporary-failure"
    NAME_WITHOUT_ADDRESS = "name-without-address"
    NAME_INVALID = "name-invalid"
    REFUSED = "refused"
    TIMED_OUT = "timed-out"
    UNREACHABLE = "unreachable"
    RESET = "reset"
    STREAM_ENDED = "stream-ended"
    """FIN before the step was done."""
    OS_ERROR = "os-error"
    """Any other error of the operating system; `errno` and the message say which."""
    PROXY_REFUSED = "proxy-refused"
    PROXY_AUTH_REQUIRED = "proxy-auth-required"
    PROXY_REPLY_INVALID = "proxy-reply-invalid"
    TLS_ALERT = "tls-alert"
    """The peer sent a fatal alert."""
    TLS_PLAINTEXT = "tls-plaintext"
    """The answer to our ClientHello is not a TLS record."""
    TLS_VERIFICATION = "tls-verification"
    """We refused the peer's certificate."""
    TLS_ERROR = "tls-error"
    LOCAL_CONFIGURATION = "local-configuration"
    """A file or setting of our own side, e.g. an unreadable client certificate."""
    HTTP_REFUSED = "http-refused"
    """A complete response head whose status is not 101."""
    HTTP_MALFORMED = "http-malformed"
    """The answer is not an HTTP/1.x response head."""
    HEAD_TOO_LARGE = "head-too-large"
    HANDSHAKE_INVALID = "handshake-invalid"
    """A 101 that fails a check of RFC 6455 section 4.1."""
    CANCELLED = "cancelled"
    """We stopped it ourselves."""


class LocalEnd(StrEnum):
    """Why our side ended the connection."""

    ABORTED_BY_USER = "aborted-by-user"
    CLOSED_BY_USER = "closed-by-user"
    HOLD_OVER = "hold-over"
    """`check` held the connection for as long as it was asked to."""
    CANCELLED = "cancelled"
    """The program stopped: interrupt, quit, cancelled task."""
    STEP_FAILED = "step-failed"
    """A step failed and there is nothing left to use the connection for."""
    CLOSING_HANDSHAKE_DONE = "closing-handshake-done"
    CLOSE_TIMED_OUT = "close-timed-out"
    KEEPALIVE_TIMED_OUT = "keepalive-timed-out"
    PEER_VIOLATED_PROTOCOL = "peer-violated-protocol"
    """We failed the connection as RFC 6455 section 7.1.7 asks."""
    REDIRECTED = "redirected"


class ReadyState(StrEnum):
    """RFC 6455 section 4.1 and the WHATWG WebSocket interface."""

    CONNECTING = "CONNECTING"
    OPEN = "OPEN"
    CLOSING = "CLOSING"
    CLOSED = "CLOSED"


class AttemptReason(StrEnum):
    """Why an attempt was made."""

    FIRST = "first"
    BY_USER = "by-user"
    RECONNECT = "reconnect"
    REDIRECT = "redirect"


TRANSITIONS: dict[ReadyState, frozenset[ReadyState]] = {
    ReadyState.CONNECTING: frozenset({ReadyState.OPEN, ReadyState.CLOSING, ReadyState.CLOSED}),
    ReadyState.OPEN: frozenset({ReadyState.CLOSING, ReadyState.CLOSED}),
    ReadyState.CLOSING: frozenset({ReadyState.CLOSED}),
    ReadyState.CLOSED: frozenset(),
}
"""The ready states as a table; an attempt begins in CONNECTING and every other move is a defect.

CONNECTING to CLOSING is a script's `close()` before the connection is established (WHATWG WebSockets,
`close()` step 3).
"""
