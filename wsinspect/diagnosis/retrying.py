"""Whether another attempt with the same options could go otherwise: what would be met again, whatever the weather."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty
from wsinspect.diagnosis.finding import Diagnosis
from wsinspect.events import FailureKind
from wsinspect.session.attempt import Attempt
from wsinspect.session.closure import By

WORTH_RETRYING_STATUSES = frozenset({408, 409, 421, 423, 425, 429, 500, 502, 503, 504})
"""Refusals that pass by themselves: time ran out, too many, a lock, a back end that is down or begins anew. Cloudflare's
520 to 530 say the same (see `pointless`). Every other refusal answers the request, and the next one is the same."""

POINTLESS_FAILURES = frozenset(
    {
        FailureKind.INVALID_URL,
        FailureKind.NAME_INVALID,
        FailureKind.LOCAL_CONFIGURATION,
        FailureKind.PROXY_AUTH_REQUIRED,
        FailureKind.TLS_PLAINTEXT,
        FailureKind.TLS_VERIFICATION,
        FailureKind.HTTP_MALFORMED,
        FailureKind.HEAD_TOO_LARGE,
        FailureKind.HANDSHAKE_INVALID,
    }
)
"""Steps that fail by what we ask for or by how the peer is set up."""

POINTLESS_ALERTS = frozenset({40, 42, 43, 44, 45, 46, 48, 49, 70, 71, 86, 109, 112, 113, 115, 116, 120})
"""TLS alerts (RFC 8446 section 6.2) about versions, ciphers, names and certificates."""

POINTLESS_CLOSE_CODES = {
    1002: "the peer found that we broke the protocol",
    1003: "the peer does not accept what we sent",
    1007: "the peer could not read what we sent",
    1008: "the peer's policy refuses us",
    1010: "the peer lacks an extension that we need",
    4400: "the peer calls our request a bad one",
    4401: "the peer does not accept our credentials",
    4403: "the peer forbids it",
    4404: "the peer knows no such thing",
    4406: "the peer does not speak this subprotocol",
}
"""Close codes that speak of us. Of the private ones, those that follow the HTTP statuses, as graphql-ws does."""


def pointless(attempt: Attempt, diagnosis: Diagnosis) -> str:
    """Return why another attempt with the same options would end in the same way, or nothing where it may help.

    Where the first finding is only a possibility, another attempt is worth making.
    """
    answer = diagnosis.answer
    if answer is None or answer.certainty is Certainty.POSSIBLE:
        return ""
    if _refused_for_good(attempt) or _failed_for_good(attempt) or _closed_for_good(attempt):
        return f"it would end in the same way: {answer.headline}"
    return ""


def _refused_for_good(attempt: Attempt) -> bool:
    failure, head = attempt.failure, attempt.handshake.head
    if failure is None or failure.kind is not FailureKind.HTTP_REFUSED or head is None:
        return False
    status = head.status_code
    return status is not None and status not in WORTH_RETRYING_STATUSES and not 520 <= status <= 530


def _failed_for_good(attempt: Attempt) -> bool:
    failure = attempt.failure
    if failure is None or attempt.opened_ns is not None:
        return False
    if failure.kind is FailureKind.TLS_ALERT:
        return any(alert.code in POINTLESS_ALERTS for alert in attempt.tls.alerts)
    return failure.kind in POINTLESS_FAILURES


def _closed_for_good(attempt: Attempt) -> bool:
    closure = attempt.closure
    received = closure.close_received
    return received is not None and closure.by is By.SERVER and received.payload.code in POINTLESS_CLOSE_CODES
