"""The ladder of an attempt as rows of words: step, result, time, detail."""

from __future__ import annotations

from wsinspect.events import Step
from wsinspect.session.attempt import Attempt
from wsinspect.session.ladder import StepRecord, StepStatus


def ladder_rows(attempt: Attempt) -> list[tuple[str, str, str, str]]:
    """Return a row a rung, and one for each address where there were several; texts as they came, not yet safe."""
    rows = []
    for rung in attempt.rungs():
        result = str(rung.status)
        if rung.status is StepStatus.RUNNING and attempt.ended:
            result = "stopped"
        rows.append((str(rung.step), result, took(rung.duration_ns()), "; ".join(_details(attempt, rung))))
        if rung.step is Step.TCP and len(attempt.ladder.addresses) > 1:
            for address in attempt.ladder.addresses:
                time = None if address.ended_ns is None else address.ended_ns - address.started_ns
                outcome = str(address.kind) if address.kind is not None else str(address.status)
                rows.append((f"tcp {address.address}", outcome, took(time), address.message))
    return rows


def took(ns: int | None) -> str:
    """Return a duration as `0.3 ms` or `2.05 s`; empty for None."""
    if ns is None:
        return ""
    return f"{ns / 1e6:.1f} ms" if ns < 1e9 else f"{ns / 1e9:.2f} s"


def _details(attempt: Attempt, rung: StepRecord) -> list[str]:
    details = [] if rung.failure is None else [rung.failure.message]
    match rung.step:
        case Step.RESOLVE if attempt.resolved is not None:
            found = attempt.resolved
            hosts = ", ".join(address.host for address in found.addresses)
            name = "" if found.host == hosts else f"{found.host} is "
            details.append(f"{name}{hosts} ({found.source})")
        case Step.TCP if len(attempt.ladder.addresses) == 1:
            details.append(str(attempt.ladder.addresses[0].address))
        case Step.PROXY if attempt.proxy is not None:
            proxy = attempt.proxy
            details.append(f"{proxy.scheme}://{proxy.host}:{proxy.port} ({proxy.source})")
        case Step.TLS if attempt.tls.established is not None:
            made = attempt.tls.established
            details.append(f"{made.version}, {made.cipher}, ALPN {made.alpn or 'none'}")
            if attempt.options.insecure:
                details.append("the certificate was not verified (-k)")
        case Step.UPGRADE if attempt.handshake.head is not None:
            details.append(attempt.handshake.head.status_line)
            if attempt.subprotocol:
                details.append(f"subprotocol {attempt.subprotocol}")
            if attempt.deflate is not None:
                details.append("permessage-deflate")
        case _:
            pass
    return details
