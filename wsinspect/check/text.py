"""The report for people: the ladder, the answer with its evidence and fix, the bytes, how it ended."""

from __future__ import annotations

from collections.abc import Iterator

from wsinspect.check.closing_text import browser_says, closing_rows
from wsinspect.check.finding_text import finding_lines
from wsinspect.check.ladder_text import ladder_lines
from wsinspect.check.outcome import Outcome, outcome
from wsinspect.check.page import BOLD, GOOD, MUTED, WARNING, Page
from wsinspect.diagnosis.finding import Diagnosis
from wsinspect.events import Step
from wsinspect.export.redact import Redactor
from wsinspect.options import LIMITS_TABLE
from wsinspect.session.attempt import Attempt
from wsinspect.session.pauses import pause_told
from wsinspect.session.record import SessionRecord


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
    page = Page(width=width, colour=colour, redact=redact)
    attempt = record.current
    assert attempt is not None
    lines: list[str] = []
    for earlier in record.attempts[:-1]:
        lines += [page.styled(_title(earlier), BOLD), *ladder_lines(earlier, page), ""]
    if len(record.attempts) > 1:
        lines.append(page.styled(_title(attempt), BOLD))
    lines += [*ladder_lines(attempt, page), ""]
    if not diagnosis.findings:
        lines.append(page.styled(_nothing_wrong(attempt, until_peer_closes), GOOD))
    else:
        lines += finding_lines(diagnosis.findings[0], page)
        lines += _others(diagnosis, page)
    lines += _proof(attempt, page)
    if record.server_log.source or record.server_log.lines:
        from wsinspect.check.server_log_text import server_log_lines

        lines += server_log_lines(record, attempt, page)
    lines += _ending(record, attempt, page)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _title(attempt: Attempt) -> str:
    return f"Attempt {attempt.number} ({str(attempt.started.reason).replace('-', ' ')})"


def _others(diagnosis: Diagnosis, page: Page) -> Iterator[str]:
    first, *others = diagnosis.findings
    if not others:
        return
    yield from page.section("Also" if first.certainty == "certain" else "Also possible")
    for other in others:
        yield from page.wrapped(
            page.clean(f"{other.certainty}: {other.headline}   [{other.cause}]"), "  ", "    "
        )
    yield page.styled("  (`wsinspect explain ID` tells more of each)", MUTED)


def _proof(attempt: Attempt, page: Page) -> Iterator[str]:
    """Yield what the answer can be read from: the proxy's reply, the certificates, the handshake."""
    failure = attempt.failure
    if failure is not None and failure.step in (Step.URL, Step.RESOLVE, Step.TCP):
        return
    from wsinspect.check.handshake_text import check_lines, exchange_lines

    if failure is None:
        yield from check_lines(attempt, page)
        return
    if failure.step is Step.PROXY and attempt.proxy_exchange.response:
        yield from page.section("What the proxy was asked and answered")
        yield from exchange_lines(attempt.proxy_exchange, page)
    if failure.step is Step.TLS:
        from wsinspect.check.certificate_text import certificate_lines

        yield from certificate_lines(attempt, page)
    yield from check_lines(attempt, page)
    if failure.step is Step.UPGRADE and attempt.handshake.request:
        yield from page.section("What was sent and answered")
        yield from exchange_lines(attempt.handshake, page)
        if not attempt.handshake.response:
            yield page.styled("    (not a byte came back)", MUTED)


def _ending(record: SessionRecord, attempt: Attempt, page: Page) -> Iterator[str]:
    rows = closing_rows(record, attempt)
    if attempt.opened_ns is not None:
        frames = record.frames
        counted = f"{frames.sent} sent ({frames.bytes_sent} bytes), {frames.received} received ({frames.bytes_received} bytes)"
        if frames.violation_count:
            counted += f"; {frames.violation_count} violations of the protocol"
        rows.insert(max(0, len(rows) - 1), ("frames", counted))
    if rows:
        yield from page.section("How it ended" if attempt.ended else "So far")
        yield from page.pairs([(name, page.clean(text, 500)) for name, text in rows])
    elif attempt.ended and attempt.failure is not None:
        yield ""
        yield from page.wrapped(
            f"A browser would report no more of this than: {browser_says(attempt.closure)}."
        )
    for pause in attempt.pauses:
        note = page.clean(pause_told(pause)) + ": what took long then did so here"
        yield from (page.styled(line, WARNING) for line in page.wrapped(note, "Note: ", "  "))
    for limit in attempt.limits:
        note = page.clean(f"{limit.what} ({limit.setting})")
        yield from (page.styled(line, WARNING) for line in page.wrapped(note, "Limit reached: ", "  "))
    dropped = record.frames.dropped_bytes if attempt.opened_ns is not None else 0
    if dropped:
        why = f": {record.frames.problem}" if record.frames.problem else ""
        yield from (
            page.styled(line, WARNING)
            for line in page.wrapped(f"{dropped} bytes of payload were not kept{why}", "", "  ")
        )
    if record.dropped_events:
        told = f"{record.dropped_events} events were not kept (events = {record.limits.events})"
        yield page.styled(told, WARNING)
    if attempt.limits or dropped or record.dropped_events:
        yield page.styled(f"A profile sets other limits: {LIMITS_TABLE}.", MUTED)


def _nothing_wrong(attempt: Attempt, until_peer_closes: bool) -> str:
    if outcome(attempt, until_peer_closes=until_peer_closes) is Outcome.OPEN:
        return "Nothing is wrong: the connection opened, and ended as asked."
    if not attempt.ended:
        return (
            f"What was recorded ends while the connection was {attempt.ready_state}; so far nothing is wrong."
        )
    if attempt.opened_ns is not None:
        return "The connection opened, and the server ended it; nothing points to a fault."
    return "The attempt was stopped before it came to anything."
