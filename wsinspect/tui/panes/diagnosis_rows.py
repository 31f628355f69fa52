"""The diagnosis as rows: what is being waited for, or the answer with its evidence, the fix and the next test."""

from __future__ import annotations

from dataclasses import dataclass

from wsinspect.diagnosis.cause import Certainty, Side
from wsinspect.diagnosis.evidence import Evidence
from wsinspect.diagnosis.finding import Diagnosis, Finding, Waiting
from wsinspect.events import ReadyState
from wsinspect.safe_text import shortened
from wsinspect.session.attempt import Attempt
from wsinspect.tui.key_hints import hint
from wsinspect.tui.rows import (
    ACCENT,
    BAD,
    BLANK,
    GOOD,
    MUTED,
    STRONG,
    WARNING,
    EventPlace,
    FindingPlace,
    FramePlace,
    Part,
    Place,
    Row,
    heading,
    row,
    text,
)
from wsinspect.tui.wording import FAILED_SIGN, OK_SIGN, RUNNING_SIGNS, duration

_SIDES = {
    Side.CLIENT: "on the client's side",
    Side.NETWORK: "in the network",
    Side.PROXY: "on a proxy's side",
    Side.SERVER: "on the server's side",
    Side.APPLICATION: "in the application",
    Side.UNKNOWN: "on a side that can't be told",
}
_CERTAINTY = {
    Certainty.CERTAIN: ("CERTAIN", f"bold {BAD}", "the bytes prove it"),
    Certainty.LIKELY: ("LIKELY", f"bold {WARNING}", "by far the usual reason"),
    Certainty.POSSIBLE: ("POSSIBLE", f"bold {ACCENT}", "one of several"),
}
_EVIDENCE_SHOWN = 600
_SPIN_NS = 120_000_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a glance should tell: a sign, a sentence, and whether it is good, bad or pending."""

    sign: str
    text: str
    style: str


def verdict(attempt: Attempt, diagnosis: Diagnosis, now_ns: int) -> Verdict:
    """Return the sentence that stands for the whole diagnosis."""
    answer = diagnosis.answer
    if answer is not None:
        return Verdict(FAILED_SIGN, answer.headline, BAD)
    waiting = diagnosis.waiting
    if waiting is not None:
        return Verdict(
            RUNNING_SIGNS[now_ns // _SPIN_NS % 4], waiting.text, WARNING if waiting.overdue else "bold"
        )
    return _nothing_wrong(attempt, now_ns)


def _nothing_wrong(attempt: Attempt, now_ns: int) -> Verdict:
    head = attempt.handshake.head
    status = f"{head.status_code} {head.reason_phrase}".strip() if head is not None else ""
    match attempt.ready_state:
        case ReadyState.CONNECTING:
            return Verdict(RUNNING_SIGNS[now_ns // _SPIN_NS % 4], "Connecting", "bold")
        case ReadyState.OPEN:
            return Verdict(OK_SIGN, f"Open after {status}; nothing is wrong", GOOD)
        case ReadyState.CLOSING:
            return Verdict("◍", "Closing: waiting for the other side to end it too", WARNING)
        case _ if attempt.opened_ns is not None:
            clean = "cleanly" if attempt.closure.clean else "by our own side"
            return Verdict(OK_SIGN, f"Opened with {status} and closed {clean}; nobody is to blame", GOOD)
        case _:
            return Verdict("·", "Stopped before it came to anything", MUTED)


def diagnosis_rows(
    attempt: Attempt,
    diagnosis: Diagnosis,
    now_ns: int,
    shown: int = 0,
    *,
    live: bool = True,
    over: bool = False,
) -> list[Row]:
    """Return the rows; `shown` is the position of the finding that is told in full.

    Where the attempt is not `live`, as in a recording, there is nothing to send on, to close or to abort; where it is
    `over` as well, the recording is read to its end, and no time passes any more.
    """
    if not diagnosis.findings:
        return _no_finding(attempt, diagnosis, now_ns, live=live, over=over)
    shown = min(shown, len(diagnosis.findings) - 1)
    finding = diagnosis.findings[shown]
    rows = _finding(finding)
    others = [(index, one) for index, one in enumerate(diagnosis.findings) if index != shown]
    if others:
        rows += [
            BLANK,
            heading("Also found" if finding.certainty is Certainty.CERTAIN else "Other candidates"),
        ]
        rows += [_other(index, one, back=index == 0 and shown > 0) for index, one in others]
    if diagnosis.waiting is not None:
        rows += [BLANK, *_waiting(diagnosis.waiting, now_ns, live=live, over=over)]
    return rows


def _other(index: int, finding: Finding, *, back: bool) -> Row:
    word, style, _ = _CERTAINTY[finding.certainty]
    parts: list[Part] = [(f"{word.lower()}  ", style), finding.headline, (f"  {finding.cause}", MUTED)]
    return row(*parts, gutter=text(("‹ " if back else "› ", ACCENT)), place=FindingPlace(index))


def _no_finding(attempt: Attempt, diagnosis: Diagnosis, now_ns: int, *, live: bool, over: bool) -> list[Row]:
    said = verdict(attempt, diagnosis, now_ns)
    if diagnosis.waiting is not None:
        return _waiting(diagnosis.waiting, now_ns, live=live, over=over)
    rows = [row((said.text, f"bold {said.style}"), gutter=text((f"{said.sign} ", f"bold {said.style}")))]
    if attempt.ready_state is ReadyState.OPEN:
        facts = [f"subprotocol {attempt.subprotocol or 'none'}"]
        facts.append("permessage-deflate" if attempt.deflate is not None else "no compression")
        if attempt.opened_ns is not None:
            facts.append(f"open after {duration(attempt.opened_ns - attempt.started.at_ns)}")
        rows.append(row((", ".join(facts), MUTED), gutter=text("  ")))
        if live:
            rows += _offered("{compose} to send something", "{disconnect} to close with 1000")
    elif attempt.ended:
        rows += _offered("{reconnect} to connect again")
    return rows


def _waiting(waiting: Waiting, now_ns: int, *, live: bool, over: bool) -> list[Row]:
    sign = RUNNING_SIGNS[now_ns // _SPIN_NS % 4]
    style = WARNING if waiting.overdue else "bold"
    rows = [
        row((waiting.text, f"bold {style}" if waiting.overdue else "bold"), gutter=text((f"{sign} ", style)))
    ]
    notes = []
    if waiting.overdue:
        notes.append("longer than a healthy peer takes")
    if over:
        notes.append("the recording ends here")
    elif waiting.gives_up_in_s is not None:
        notes.append(f"gives up in {waiting.gives_up_in_s:.1f} s")
    if notes:
        rows.append(row((", ".join(notes), MUTED), gutter=text("  ")))
    return rows + _offered("{disconnect} to abort") if live else rows


def _offered(*keys: str) -> list[Row]:
    """Return a row that says what keys would do now, if there are such keys."""
    told = hint(*keys)
    return [row((f"Press {told}.", MUTED), gutter=text("  "))] if told else []


def _finding(finding: Finding) -> list[Row]:
    word, style, why = _CERTAINTY[finding.certainty]
    rows = [
        row((finding.headline, "bold"), gutter=text((f"{FAILED_SIGN} ", f"bold {BAD}"))),
        row(
            (word, style),
            (f" {why} · ", MUTED),
            _SIDES[finding.side],
            (f" · {finding.cause}", MUTED),
            gutter=text("  "),
        ),
        BLANK,
        row(finding.explanation),
    ]
    if finding.evidence:
        rows += [BLANK, heading("Evidence", hint("{row-choose} shows it"))]
        rows += [_evidence(item) for item in finding.evidence]
    if finding.fix:
        rows += [BLANK, heading("Fix")]
        for number, step in enumerate(finding.fix, 1):
            first, *more = step.split("\n")
            rows.append(row(first, gutter=text((f"{number}. ", STRONG))))
            rows += [row((line, ACCENT), gutter=text("   ")) for line in more]
    if finding.next_test:
        rows += [BLANK, heading("Next test")]
        rows += [row(line) for line in finding.next_test.split("\n")]
    if finding.candidates:
        rows += [BLANK, heading("These bytes look the same for")]
        rows += [row(one, gutter=text(("· ", MUTED))) for one in finding.candidates]
    if finding.sources:
        rows += [BLANK, heading("Sources")]
        rows += [row((one, MUTED), gutter=text(("· ", MUTED))) for one in finding.sources]
    return rows


def _evidence(item: Evidence) -> Row:
    place: Place | None = None
    if item.frame is not None:
        place = FramePlace(item.frame, item.byte_range)
    elif item.event is not None:
        place = EventPlace(item.event, item.byte_range)
    gutter = text(("› " if place is not None else "  ", ACCENT), (f"{item.ref}  ", MUTED))
    return row(shortened(item.text, _EVIDENCE_SHOWN), gutter=gutter, place=place)
