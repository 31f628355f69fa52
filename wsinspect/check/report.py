"""The JSON report of a run: schema 1, fields are only ever added."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import asdict
from typing import Any

from wsinspect.check.outcome import outcome
from wsinspect.diagnosis.finding import Diagnosis, Finding
from wsinspect.events import LocalEnd, Step
from wsinspect.export.redact import Redactor
from wsinspect.safe_text import visible
from wsinspect.session.attempt import Attempt
from wsinspect.session.ladder import StepRecord, StepStatus
from wsinspect.session.pauses import pause_told
from wsinspect.session.record import SessionRecord

SCHEMA = 1
_BODY_SHOWN = 4096


def _ms(ns: int | None) -> float | None:
    return None if ns is None else round(ns / 1e6, 3)


def _target(attempt: Attempt) -> dict[str, Any]:
    target = attempt.target
    if target is None:
        return {"url": attempt.options.url}
    found: dict[str, Any] = {
        "url": target.url,
        "secure": target.secure,
        "host": target.host,
        "port": target.port,
        "request_target": target.request_target,
        "notes": list(target.notes),
    }
    if target.unix_path is not None:
        found["unix_path"] = target.unix_path
    if attempt.proxy is not None:
        proxy = attempt.proxy
        found["proxy"] = {
            "scheme": proxy.scheme,
            "host": proxy.host,
            "port": proxy.port,
            "source": proxy.source,
        }
    return found


def _detail(attempt: Attempt, rung: StepRecord) -> dict[str, Any]:
    detail: dict[str, Any] = {}
    if rung.step is Step.RESOLVE and attempt.resolved is not None:
        detail["host"] = attempt.resolved.host
        detail["source"] = attempt.resolved.source
        detail["addresses"] = [str(address) for address in attempt.resolved.addresses]
    if rung.step is Step.TCP:
        detail["addresses"] = [
            {
                "address": str(a.address),
                "result": str(a.kind) if a.kind is not None else str(a.status),
                "ms": _ms(a.ended_ns - a.started_ns if a.ended_ns is not None else None),
                "message": a.message,
            }
            for a in attempt.ladder.addresses
        ]
    if rung.step is Step.PROXY and attempt.proxy_exchange.head is not None:
        detail["status"] = attempt.proxy_exchange.head.status_code
    if rung.step is Step.TLS:
        detail |= _tls_detail(attempt)
    if rung.step is Step.UPGRADE:
        head = attempt.handshake.head
        detail["status"] = head.status_code if head is not None else None
        detail["checks"] = [
            {
                "name": str(c.name),
                "ok": c.ok,
                "requirement": c.requirement,
                "arrived": c.arrived,
                "detail": c.detail,
                "chromium": c.chromium_ok,
                "firefox": c.firefox_ok,
                "strict": c.strict_ok,
            }
            for c in attempt.checks
        ]
        detail["subprotocol"] = attempt.subprotocol
        detail["permessage_deflate"] = attempt.deflate is not None
    if rung.failure is not None:
        detail["kind"] = str(rung.failure.kind)
        detail["message"] = rung.failure.message
    return detail


def _tls_detail(attempt: Attempt) -> dict[str, Any]:
    tls = attempt.tls
    detail: dict[str, Any] = {
        "alerts": [
            {"direction": a.direction.name.lower(), "level": a.level, "code": a.code} for a in tls.alerts
        ],
        "certificate_requested": tls.certificate_requested is not None,
    }
    if tls.established is not None:
        detail |= {
            "version": tls.established.version,
            "cipher": tls.established.cipher,
            "alpn": tls.established.alpn,
        }
    if tls.verification is not None:
        detail["verification"] = {"code": tls.verification.code, "message": tls.verification.message}
    if tls.certificates is not None and (tls.verification is not None or attempt.failure is not None):
        from wsinspect.wire.certificate import describe_certificate

        detail["certificates"] = [asdict(describe_certificate(der)) for der in tls.certificates.chain]
    return detail


def steps(attempt: Attempt) -> list[dict[str, Any]]:
    """Return the ladder, one object a rung; a rung that was under way when we stopped counts as failed."""
    results = {StepStatus.RUNNING: "failed"}
    return [
        {
            "step": str(rung.step),
            "result": results.get(rung.status, str(rung.status)),
            "ms": _ms(rung.duration_ns()),
            "detail": _detail(attempt, rung),
        }
        for rung in attempt.rungs()
    ]


def _close(attempt: Attempt) -> dict[str, Any]:
    closure = attempt.closure
    received, sent = closure.close_received, closure.close_sent
    return {
        "code_received": received.payload.code if received is not None else None,
        "reason_received": received.payload.reason if received is not None else None,
        "code_sent": sent.payload.code if sent is not None else None,
        "browser_code": closure.browser_code,
        "clean": closure.clean,
        "how": str(closure.how) if closure.how is not None else None,
        "by": str(closure.by),
    }


def finding_object(finding: Finding) -> dict[str, Any]:
    """Return one finding as the report has it."""
    return {
        "cause": finding.cause,
        "certainty": str(finding.certainty),
        "side": str(finding.side),
        "headline": finding.headline,
        "explanation": finding.explanation,
        "evidence": [{"ref": item.ref, "text": item.text} for item in finding.evidence],
        "fix": list(finding.fix),
        "next_test": finding.next_test,
        "sources": list(finding.sources),
        "stage": str(finding.stage),
        "candidates": list(finding.candidates),
    }


def _masked(value: Any, redact: Redactor) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _masked(item, redact) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item, redact) for item in value]
    return value


def report(
    record: SessionRecord, diagnosis: Diagnosis, redact: Redactor, *, until_peer_closes: bool = False
) -> dict[str, Any]:
    """Return the report of the newest attempt as builtins, secrets masked.

    Source: the field list stands in the README.
    """
    attempt = record.current
    assert attempt is not None
    failure = attempt.failure
    frames = record.frames
    ended = attempt.closure.locally_ended
    made: dict[str, Any] = {
        "schema": SCHEMA,
        "target": _target(attempt),
        "outcome": str(outcome(attempt, until_peer_closes=until_peer_closes)),
        "failed_step": str(failure.step)
        if failure is not None and not _as_asked(attempt, until_peer_closes)
        else None,
        "steps": steps(attempt),
        "handshake": {
            "request": attempt.handshake.request.decode("latin-1"),
            "response": attempt.handshake.head.raw.decode("latin-1")
            if attempt.handshake.head is not None
            else attempt.handshake.response.decode("latin-1"),
            # Masked before it is cut: half a secret would no longer be known.
            "body": redact(attempt.handshake.body_text)[:_BODY_SHOWN],
        },
        "close": _close(attempt),
        "frames": {
            "sent": frames.sent,
            "received": frames.received,
            "violations": frames.violation_count,
            "bytes_sent": frames.bytes_sent,
            "bytes_received": frames.bytes_received,
            "bytes_dropped": frames.dropped_bytes,
        },
        "limits_reached": [
            {"limit": one.limit, "allowed": one.allowed, "what": one.what} for one in attempt.limits
        ],
        "events_dropped": record.dropped_events,
        "pauses": [pause_told(one) for one in attempt.pauses],
        "findings": [finding_object(finding) for finding in diagnosis.findings],
        "attempts": len(record.attempts),
        "interrupted": ended is not None and ended.why is LocalEnd.CANCELLED,
    }
    if record.server_log.source or record.server_log.lines:
        from wsinspect.check.server_log_text import server_log_object

        made["server_log"] = server_log_object(record, attempt)
    masked = _masked(made, redact)
    assert isinstance(masked, dict)
    return masked


def _as_asked(attempt: Attempt, until_peer_closes: bool) -> bool:
    return outcome(attempt, until_peer_closes=until_peer_closes) == "open"


def report_text(made: dict[str, Any]) -> str:
    """Return a report as JSON on indented lines; what a terminal would act on is escaped, as JSON allows."""
    import msgspec

    text = msgspec.json.format(msgspec.json.encode(made), indent=2).decode() + "\n"
    return re.sub(r"[^\x20-\x7e\n]", _escaped, text)


def _escaped(found: re.Match[str]) -> str:
    char = found[0]
    if visible(char) == char and not unicodedata.combining(char):
        return char
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
