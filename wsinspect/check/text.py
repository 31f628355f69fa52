"""The report for people: the ladder, the answer, the evidence, the fix."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from wsinspect.check.outcome import Outcome, outcome
from wsinspect.diagnosis.finding import Diagnosis, Finding
from wsinspect.events import Step
from wsinspect.export.redact import Redactor
from wsinspect.safe_text import shortened, visible
from wsinspect.session.attempt import Attempt
from wsinspect.session.ladder import AddressRecord, StepRecord, StepStatus
from wsinspect.session.record import SessionRecord

_SIGNS = {
    StepStatus.SUCCEEDED: "ok",
    StepStatus.FAILED: "FAILED",
    StepStatus.RUNNING: "stopped",
    StepStatus.NEVER_REACHED: "never reached",
}


class Style:
    """Marks for a terminal; without colour, nothing but the words."""

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour

    def __call__(self, text: str, code: str) -> str:
        """Return `text` in the SGR style `code`, or as it is."""
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text


def _time(ns: int | None) -> str:
    if ns is None:
        return ""
    return f"{ns / 1e6:.1f} ms" if ns < 1e9 else f"{ns / 1e9:.2f} s"


def _rung_detail(attempt: Attempt, rung: StepRecord) -> str:
    if rung.failure is not None:
        return rung.failure.message
    match rung.step:
        case Step.URL if attempt.target is not None:
            return attempt.target.url
        case Step.RESOLVE if attempt.resolved is not None:
            resolved = attempt.resolved
            return f"{resolved.host}: {', '.join(str(a) for a in resolved.addresses)} ({resolved.source})"
        case Step.PROXY if attempt.proxy is not None:
            return (
                f"{attempt.proxy.scheme}://{attempt.proxy.host}:{attempt.proxy.port} ({attempt.proxy.source})"
            )
        case Step.TLS if attempt.tls.established is not None:
            made = attempt.tls.established
            return f"{made.version}, {made.cipher}" + (f", ALPN {made.alpn}" if made.alpn else "")
        case Step.UPGRADE if attempt.handshake.head is not None:
            extra = f", subprotocol {attempt.subprotocol}" if attempt.subprotocol else ""
            extra += ", permessage-deflate" if attempt.deflate is not None else ""
            return attempt.handshake.head.status_line + extra
        case Step.OPEN:
            return _closing(attempt)
        case _:
            return ""


def _code(code: int | None) -> str:
    return "without a code" if code is None else str(code)


def _closing(attempt: Attempt) -> str:
    closure = attempt.closure
    parts = []
    if closure.close_received is not None:
        payload = closure.close_received.payload
        parts.append(
            f"Close {_code(payload.code)} received" + (f" ({payload.reason})" if payload.reason else "")
        )
    if closure.close_sent is not None:
        parts.append(f"Close {_code(closure.close_sent.payload.code)} sent")
    if closure.how is not None:
        parts.append(f"ended by {closure.by} with {closure.how}")
    return ", ".join(parts)


def _address_line(address: AddressRecord) -> str:
    took = _time(address.ended_ns - address.started_ns if address.ended_ns is not None else None)
    result = address.kind if address.kind is not None else address.status
    return f"    {address.address!s:<36} {result!s:<14} {took}"


def ladder_lines(attempt: Attempt, style: Style) -> Iterator[str]:
    """Yield the ladder, a line a rung and a line an address."""
    for rung in attempt.rungs():
        sign = _SIGNS[rung.status]
        colour = {"ok": "32", "FAILED": "1;31", "stopped": "33"}.get(sign, "2")
        detail = visible(_rung_detail(attempt, rung))
        line = f"{rung.step!s:<8} {style(f'{sign:<13}', colour)} {_time(rung.duration_ns()):>10}  {detail}"
        yield line.rstrip()
        if rung.step is Step.TCP and (len(attempt.ladder.addresses) > 1 or rung.status is StepStatus.FAILED):
            yield from (_address_line(a).rstrip() for a in attempt.ladder.addresses)


def wrapped(text: str, width: int, indent: str = "") -> Iterator[str]:
    """Yield `text` wrapped to `width`; lines that are indented (a snippet's) stay as they are."""
    for line in text.split("\n"):
        if line.startswith((" ", "\t")) or not line:
            yield indent + line
        else:
            yield from textwrap.wrap(
                line,
                width,
                initial_indent=indent,
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            )


def finding_lines(finding: Finding, style: Style, width: int = 96) -> Iterator[str]:
    """Yield one finding: headline, why, evidence, fix, next test, sources."""
    mark = {"certain": "1;31", "likely": "1;33"}.get(str(finding.certainty), "1")
    yield style(f"{finding.headline}", mark)
    yield f"  {finding.certainty}, on the side of: {finding.side}   [{finding.cause}]"
    yield ""
    yield from wrapped(finding.explanation, width, "  ")
    if finding.evidence:
        yield ""
        yield style("Evidence", "1")
        for item in finding.evidence:
            yield f"  {item.ref}: {visible(shortened(item.text, 300))}"
    if finding.fix:
        yield ""
        yield style("Fix", "1")
        for number, step in enumerate(finding.fix, 1):
            first, *rest = list(wrapped(step, width - 5)) or [""]
            yield f"  {number}. {first}"
            yield from (f"     {line}" for line in rest)
    if finding.next_test:
        yield ""
        yield style("Next test", "1")
        yield from wrapped(finding.next_test, width, "  ")
    if finding.sources:
        yield ""
        yield style("Sources", "1")
        yield from (f"  {source}" for source in finding.sources)


def _response_lines(attempt: Attempt) -> Iterator[str]:
    head = attempt.handshake.head
    if head is None:
        return
    yield from (f"  < {visible(line)}" for line in head.raw.decode("latin-1").splitlines() if line)
    body = attempt.handshake.body_text
    if body:
        yield "  <"
        yield from (f"  < {visible(line)}" for line in shortened(body, 1000).splitlines())


def text_report(
    record: SessionRecord,
    diagnosis: Diagnosis,
    redact: Redactor,
    *,
    colour: bool = False,
    width: int = 100,
    until_peer_closes: bool = False,
) -> str:
    """Return the whole report as text, secrets masked, safe for a terminal."""
    style = Style(colour=colour)
    attempt = record.current
    assert attempt is not None
    lines: list[str] = []
    for earlier in record.attempts[:-1]:
        lines += [style(f"Attempt {earlier.number}", "1"), *ladder_lines(earlier, style), ""]
    lines += [*ladder_lines(attempt, style), ""]
    frames = record.frames
    if attempt.opened_ns is not None:
        lines.append(
            f"{frames.sent} frames sent, {frames.received} received"
            + (f", {frames.violation_count} of them break the protocol" if frames.violation_count else "")
        )
        lines.append("")
    if not diagnosis.findings:
        lines.append(style(_nothing_wrong(attempt, until_peer_closes), "1;32"))
    else:
        first, *others = diagnosis.findings
        lines += finding_lines(first, style, width)
        if attempt.handshake.head is not None and attempt.opened_ns is None:
            lines += ["", style("What the server answered", "1"), *_response_lines(attempt)]
        if others:
            lines += ["", style("Also possible", "1") if first.certainty != "certain" else style("Also", "1")]
            lines += [f"  {o.certainty}: {o.headline}   [{o.cause}]" for o in others]
            lines.append("  (`wsinspect explain ID` tells more)")
    return redact("\n".join(line.rstrip() for line in lines)) + "\n"


def _nothing_wrong(attempt: Attempt, until_peer_closes: bool) -> str:
    if outcome(attempt, until_peer_closes=until_peer_closes) is Outcome.OPEN:
        return "Nothing is wrong: the connection opened, and ended as asked."
    if attempt.opened_ns is not None:
        return "The connection opened, and the server ended it; nothing points to a fault."
    return "The attempt was stopped before it came to anything."
