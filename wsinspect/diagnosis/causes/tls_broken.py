"""TLS that our own side ends: what arrived breaks its rules, whenever that is noticed."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.evidence import Evidence, Match, at_event, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.events import FailureKind, Step
from wsinspect.options import LIMITS_TABLE


@cause(
    id="tls-bytes-invalid",
    stage=Stage.TLS,
    side=Side.UNKNOWN,
    certainty=Certainty.CERTAIN,
    headline="We had to end TLS over what came from the other side: {what}",
    explanation="""The bytes that arrived break the rules of TLS, or what our TLS library takes for safe. A record that
    does not decrypt was changed on the way, or written wrong; a message that nobody expected comes from a defect in the
    server or in a box on the way that takes part in TLS; weak keys and old signatures are refused on purpose.""",
    fix=(
        "Try from another network and without the proxy: if it works there, something on the way changes bytes.",
        "Update the server's TLS library, or whatever ends TLS in front of it.",
        "If the words are about a key, a signature or a protocol, raise the server's settings to those of today.",
    ),
    next_test="openssl s_client -connect {host}:{port} -msg: does OpenSSL alone end at the same message?",
    sources=("RFC 8446 section 5.2", "RFC 8446 section 6.2", "OpenSSL ERR_error_string(3)"),
    console=(
        r"net::ERR_SSL_BAD_RECORD_MAC_ALERT",
        r"decryption failed or bad record mac",
        r"SSL_ERROR_BAD_MAC_READ|SSL_ERROR_RX_\w+",
        r"net::ERR_SSL_PROTOCOL_ERROR",
    ),
)
def bytes_invalid(facts: Facts) -> Match | None:
    failure = facts.attempt.failure
    if failure is None or failure.kind is not FailureKind.TLS_ERROR:
        return None
    if failure.step not in (Step.TLS, Step.UPGRADE, Step.OPEN):
        return None
    reached = next((one for one in facts.attempt.limits if one.limit == "tls_handshake_bytes"), None)
    limit: tuple[Evidence, ...] = ()
    first_fix: tuple[str, ...] = ()
    if reached is not None:
        limit = (at_event(reached, f"{reached.what} ({reached.setting})"),)
        first_fix = (
            "A certificate chain has some ten thousand bytes: look at what the server sends without an end. The limit is "
            f"wsinspect's own, {reached.setting}; a profile may say another: {LIMITS_TABLE}",
        )
    return Match(
        evidence=(at_seq(failure.seq, failure.message), *limit),
        values={"what": failure.message},
        first_fix=first_fix,
    )
