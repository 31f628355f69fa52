"""A bug report in Markdown: what was tried, what happened, why, and how to see it again, secrets masked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import StrEnum

from msgspec import structs

from wsinspect.diagnosis.finding import Diagnosis, Finding
from wsinspect.errors import UsageError
from wsinspect.events import Direction
from wsinspect.export.commands import commands
from wsinspect.export.environment import environment
from wsinspect.export.json_text import iso_time
from wsinspect.export.ladder_rows import ladder_rows, took
from wsinspect.export.log_lines import lines_in_report, log_rows
from wsinspect.export.markdown import fenced, inline, section, table
from wsinspect.export.masked_parts import masked_parts
from wsinspect.export.moments import wall_ns
from wsinspect.export.payloads import Payloads
from wsinspect.export.redact import Redactor
from wsinspect.options import ConnectOptions
from wsinspect.safe_text import shortened, visible_bytes
from wsinspect.session.attempt import Attempt
from wsinspect.session.closure import CloseFrame
from wsinspect.session.exchange import Exchange
from wsinspect.session.record import SessionRecord
from wsinspect.wire.close_codes import describe_close_code
from wsinspect.wire.opcode import Opcode, opcode_name

FRAMES_SHOWN = 20
_PAYLOAD_SHOWN = 160
_BODY_SHOWN = 4096
_EVIDENCE_SHOWN = 500


class Part(StrEnum):
    """What a report is made of, below its title and summary."""

    STEPS = "Steps"
    FINDINGS = "Findings"
    PROXY = "What the proxy was asked and answered"
    HANDSHAKE = "Opening handshake"
    FRAMES = "Last frames"
    END = "How it ended"
    LOG = "Server log"
    COMMANDS = "See it again"
    ENVIRONMENT = "Environment"
    MASKED = "Masked"


def bug_report(
    record: SessionRecord,
    diagnosis: Diagnosis,
    redact: Redactor,
    *,
    attempt: Attempt | None = None,
    about: Sequence[tuple[str, str]] | None = None,
    without: Collection[Part] = (),
) -> str:
    """Return the report on an attempt, the newest by default, with the others in a line each.

    `about` are names and versions of what the program ran on, by default those of this machine; `without` are the parts
    that are left out, which the report says.
    """
    attempt = attempt or record.current
    assert attempt is not None, "a report is about an attempt"
    answer = diagnosis.answer
    title = redact(answer.headline) if answer is not None else "A WebSocket session without a fault"
    lines = [f"# {inline(title, 300)}", "", *_summary(record, attempt, redact), ""]
    for part in Part:
        if part not in without:
            lines += _part(part, record, attempt, diagnosis, redact, about)
    left_out = [str(part) for part in Part if part in without]
    if left_out:
        lines.append(f"Left out by who made this report: {', '.join(left_out)}.")
    return "\n".join(lines).rstrip() + "\n"


def _part(
    part: Part,
    record: SessionRecord,
    attempt: Attempt,
    diagnosis: Diagnosis,
    redact: Redactor,
    about: Sequence[tuple[str, str]] | None,
) -> list[str]:
    match part:
        case Part.STEPS:
            body = _steps(record, attempt, redact)
        case Part.FINDINGS:
            return _findings(diagnosis, redact)
        case Part.PROXY:
            body = _exchange(attempt.proxy_exchange, redact)
        case Part.HANDSHAKE:
            body = _exchange(attempt.handshake, redact)
        case Part.FRAMES:
            body = _frames(record, attempt, redact)
        case Part.END:
            body = _end(attempt, redact)
        case Part.LOG:
            body = _log(record, attempt, redact)
        case Part.COMMANDS:
            body = _reproduce(attempt, redact)
        case Part.ENVIRONMENT:
            body = _table(redact, ("what", "version"), environment() if about is None else about)
        case Part.MASKED:
            body = _masked(record, attempt, redact)
    return section(part, body)


def parts_present(
    record: SessionRecord, diagnosis: Diagnosis, redact: Redactor, attempt: Attempt
) -> list[Part]:
    """Return the parts that have anything to say about an attempt."""
    return [part for part in Part if _part(part, record, attempt, diagnosis, redact, None)]


def _findings(diagnosis: Diagnosis, redact: Redactor) -> list[str]:
    lines = []
    for number, finding in enumerate(diagnosis.findings):
        name = "Answer" if number == 0 else f"Also {finding.certainty}"
        lines += section(f"{name}: `{finding.cause}`", list(_finding(finding, redact)))
    return lines


def frames_in_report(attempt: Attempt) -> range:
    """Return the numbers of the frames that a report on an attempt shows."""
    return range(max(attempt.first_frame, attempt.end_frame - FRAMES_SHOWN), attempt.end_frame)


def _table(redact: Redactor, head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table of which every cell is masked: somebody may have asked to mask a word of ours, too."""
    return table(head, ([redact(cell) for cell in row] for row in rows))


def _summary(record: SessionRecord, attempt: Attempt, redact: Redactor) -> list[str]:
    url = attempt.target.url if attempt.target is not None else attempt.options.url
    began = iso_time(wall_ns(attempt, attempt.started.at_ns))
    rows = [("target", redact(url)), ("began", began), ("state", str(attempt.ready_state))]
    if len(record.attempts) > 1:
        rows.append(("attempt", f"{attempt.number} of {len(record.attempts)}"))
    if attempt.target is not None and attempt.target.notes:
        rows.append(("understood", redact("; ".join(attempt.target.notes))))
    return _table(redact, ("session", ""), rows)


def _steps(record: SessionRecord, attempt: Attempt, redact: Redactor) -> list[str]:
    rows = [(step, result, time, redact(detail)) for step, result, time, detail in ladder_rows(attempt)]
    lines = table(("step", "result", "time", "detail"), rows)
    for other in record.attempts:
        if other is not attempt:
            failure = other.failure
            state = "opened" if other.opened_ns is not None else f"{other.ready_state}, and never open"
            words = f"failed at {failure.step}: {failure.message}" if failure is not None else state
            lines += ["", f"Attempt {other.number}: {inline(redact(words), 300)}"]
    return lines


def _finding(finding: Finding, redact: Redactor) -> Iterator[str]:
    yield f"**{inline(redact(finding.headline))}** ({finding.certainty}, on the side of: {finding.side})"
    yield ""
    yield inline(redact(finding.explanation))
    if finding.evidence:
        rows = [(item.ref, shortened(redact(item.text), _EVIDENCE_SHOWN)) for item in finding.evidence]
        yield from ["", *table(("evidence", ""), rows)]
    if finding.fix:
        yield from ["", "Fix:", ""]
        for number, step in enumerate(finding.fix, 1):
            first, *snippet = redact(step).split("\n")
            yield f"{number}. {inline(first)}"
            if snippet:
                yield from ["", *(f"   {line}" for line in fenced(snippet)), ""]
    if finding.next_test:
        yield from ["", f"Next test: {inline(redact(finding.next_test))}"]
    if finding.candidates:
        yield from ["", f"These bytes can't tell it from: {inline(redact(', '.join(finding.candidates)))}"]
    if finding.sources:
        yield from ["", "Sources: " + "; ".join(inline(redact(source)) for source in finding.sources)]


def _exchange(exchange: Exchange, redact: Redactor) -> list[str]:
    if not exchange.request:
        return []
    lines = ["Sent:", "", *fenced(_head_lines(bytes(exchange.request), redact), "http"), ""]
    if not exchange.response:
        return [*lines, "Not a byte came back."]
    answer = exchange.head.raw if exchange.head is not None else bytes(exchange.response[:_BODY_SHOWN])
    lines += ["Received:", "", *fenced(_head_lines(answer, redact), "http")]
    body = redact(exchange.body_text)
    if body.strip():
        lines += ["", "Body:", "", *fenced(body[:_BODY_SHOWN].splitlines())]
        if len(body) > _BODY_SHOWN:
            lines += ["", f"(and {len(body) - _BODY_SHOWN} more characters)"]
    return lines


def _head_lines(data: bytes, redact: Redactor) -> list[str]:
    text = redact(data.decode("latin-1"))
    return [line.removesuffix("\r") for line in text.rstrip("\r\n").split("\n")]


def _frames(record: SessionRecord, attempt: Attempt, redact: Redactor) -> list[str]:
    if not attempt.frame_count:
        return []
    log, payloads = record.frames, Payloads(record.frames, redact)
    shown_ones = frames_in_report(attempt)
    lines = []
    for number in shown_ones:
        opcode, sent = log.opcode(number), log.direction(number) is Direction.SENT
        sign = "->" if sent else "<-"
        at = f"{(log.at_ns(number) - attempt.started.at_ns) / 1e9:.6f}"
        name = opcode_name(opcode) + ("" if log.fin(number) else " (fragment)")
        shown = visible_bytes(_start_of(payloads.of_frame(number), opcode))
        size = log.length(number)
        rest = " …" if size > _PAYLOAD_SHOWN else ""
        lines.append(f"{number + 1:>6} {at:>12} s {sign} {name:<12} {size:>7} B  {shown}{rest}".rstrip())
        lines += [f"{'':>6} violation: {redact(violation.text)}" for violation in log.violations(number)]
    left_out = attempt.frame_count - len(shown_ones)
    counted = f"{attempt.frame_count} frames" + (f", the last {FRAMES_SHOWN} of them:" if left_out else ":")
    dropped = f"{log.dropped_bytes} bytes of the session's payloads were not kept."
    return [counted, "", *fenced(lines), *(["", dropped] if log.dropped_bytes else [])]


def _start_of(data: bytes, opcode: int) -> bytes:
    start = data[:_PAYLOAD_SHOWN]
    if opcode == Opcode.CLOSE and len(start) >= 2:
        return f"{int.from_bytes(start[:2], 'big')} ".encode() + start[2:]
    return start if opcode in (Opcode.TEXT, Opcode.CONTINUATION) else start[:40].hex(" ").encode()


def _end(attempt: Attempt, redact: Redactor) -> list[str]:
    closure = attempt.closure
    if not attempt.ended:
        return ["It had not ended when this report was made."]
    code = closure.browser_code
    rows = [
        ("who", str(closure.by)),
        ("how", str(closure.how) if closure.how is not None else "no stream ended"),
        ("Close received", _close(closure.close_received, redact)),
        ("Close sent", _close(closure.close_sent, redact)),
        ("a browser would say", f"code {code}, wasClean {str(closure.clean).lower()}"),
    ]
    if closure.locally_ended is not None:
        why = str(closure.locally_ended.why).replace("-", " ")
        rows.append(("we", why))
    if attempt.opened_ns is not None and attempt.ended_ns is not None:
        rows.append(("open for", took(attempt.ended_ns - attempt.opened_ns)))
    rows += [("limit reached", redact(f"{limit.what} ({limit.setting})")) for limit in attempt.limits]
    return _table(redact, ("end", ""), rows)


def _log(record: SessionRecord, attempt: Attempt, redact: Redactor) -> list[str]:
    lines, left_out = lines_in_report(record, attempt)
    if not lines:
        return []
    note = (
        "Seconds since the attempt began, if its clock agrees with ours; ~ to the second, ? when it was read."
    )
    rows = ["", *fenced(log_rows(lines, attempt, redact))]
    rest = ["", f"{left_out} more line{'s' * (left_out > 1)} of this time left out."] if left_out else []
    return [note, *rows, *rest]


def _close(close: CloseFrame | None, redact: Redactor) -> str:
    if close is None:
        return "none"
    payload = close.payload
    if payload.code is None:
        return "without a code"
    reason = f", reason {redact(payload.reason)!r}" if payload.reason else ""
    return f"{payload.code} {describe_close_code(payload.code).name}{reason}"


def _reproduce(attempt: Attempt, redact: Redactor) -> list[str]:
    try:
        made = commands(_by_the_same_way(attempt), redact)
    except UsageError as error:
        return [f"No command is given: {inline(redact(str(error)), 500)}"]
    lines = []
    if any(masked in command.text for command in made for forms in redact.masks.values() for masked in forms):
        lines += ["Put the real values where `***` stands.", ""]
    for command in made:
        left = f" (leaves out {', '.join(command.leaves_out)})" if command.leaves_out else ""
        lines += [f"{command.tool}{left}:", "", *fenced(command.text.split("\n"), command.language), ""]
    return lines[:-1]


def _by_the_same_way(attempt: Attempt) -> ConnectOptions:
    """Return the attempt's options with the proxy that the environment named: elsewhere it names another one, or none."""
    proxy, options = attempt.proxy, attempt.options
    if proxy is None or options.proxy is not None:
        return options
    login = "user:password@" if proxy.with_credentials else ""
    host = f"[{proxy.host}]" if ":" in proxy.host else proxy.host
    changed: ConnectOptions = structs.replace(options, proxy=f"{proxy.scheme}://{login}{host}:{proxy.port}")
    return changed


def _masked(record: SessionRecord, attempt: Attempt, redact: Redactor) -> list[str]:
    if redact.shows:
        return ["Nothing: this report was asked for with its secrets."]
    parts = masked_parts(record, redact, frames_in_report(attempt), lines_in_report(record, attempt)[0])
    if not parts:
        return ["No secret was found. Payloads may hold some that nothing marks as such."]
    rows = [(part.where, redact(part.kind), shortened(part.shown, 200)) for part in parts]
    note = "The same mask is the same secret. Payloads may hold further ones that nothing marks as such."
    return [*table(("where", "what", "shown as"), rows), "", note]
