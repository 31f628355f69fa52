"""What a browser says of a WebSocket that failed, and the step that it means."""

from __future__ import annotations

import re
from typing import NamedTuple

from wsinspect.events import FailureKind, Step


class Failure(NamedTuple):
    """Where an attempt failed, and what was said of it."""

    step: Step
    kind: FailureKind
    message: str


_UNEXPECTED_STATUS = re.compile(r"Unexpected response code: (\d{3})\b")
# fmt: off
_MEANINGS: tuple[tuple[str, Step, FailureKind], ...] = (
    (r"ERR_NAME_NOT_RESOLVED|NS_ERROR_UNKNOWN_HOST", Step.RESOLVE, FailureKind.NAME_NOT_FOUND),
    (r"ERR_PROXY_CONNECTION_FAILED|NS_ERROR_PROXY\w+", Step.PROXY, FailureKind.REFUSED),
    (r"ERR_TUNNEL_CONNECTION_FAILED", Step.PROXY, FailureKind.PROXY_REFUSED),
    (r"ERR_CONNECTION_REFUSED|NS_ERROR_CONNECTION_REFUSED", Step.TCP, FailureKind.REFUSED),
    (r"ERR_(CONNECTION_)?TIMED_OUT|NS_ERROR_NET_TIMEOUT", Step.TCP, FailureKind.TIMED_OUT),
    (r"ERR_ADDRESS_UNREACHABLE|ERR_INTERNET_DISCONNECTED", Step.TCP, FailureKind.UNREACHABLE),
    (r"ERR_CERT_\w+", Step.TLS, FailureKind.TLS_VERIFICATION),
    (r"ERR_SSL_\w+|ERR_BAD_SSL\w*|SEC_ERROR_\w+|SSL_ERROR_\w+", Step.TLS, FailureKind.TLS_ERROR),
    (r"ERR_UNSAFE_PORT|ERR_DISALLOWED_URL_SCHEME|ERR_INVALID_URL", Step.URL, FailureKind.INVALID_URL),
    (r"ERR_CONNECTION_RESET|NS_ERROR_NET_RESET", Step.UPGRADE, FailureKind.RESET),
    (r"ERR_(CONNECTION_CLOSED|EMPTY_RESPONSE)", Step.UPGRADE, FailureKind.STREAM_ENDED),
    (_UNEXPECTED_STATUS.pattern, Step.UPGRADE, FailureKind.HTTP_REFUSED),
    (r"Error during WebSocket handshake|ERR_INVALID_\w*RESPONSE", Step.UPGRADE, FailureKind.HANDSHAKE_INVALID),
)
# fmt: on


def failure_of(said: str) -> Failure:
    """Return the step and kind that an error text means; what is not known is an error of the upgrade."""
    for pattern, step, kind in _MEANINGS:
        if re.search(pattern, said):
            return Failure(step, kind, said)
    return Failure(Step.UPGRADE, FailureKind.OS_ERROR, said)


def status_of(said: str) -> int:
    """Return the status code that an error text names, or 0."""
    found = _UNEXPECTED_STATUS.search(said)
    return int(found[1]) if found else 0
