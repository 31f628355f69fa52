"""The attempts of a session, a line each: how far each one climbed, how long it took and what was waited before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import NamedTuple
from weakref import WeakKeyDictionary

from wsinspect.session.attempt import Attempt
from wsinspect.session.ladder import StepStatus
from wsinspect.tui.key_hints import hint
from wsinspect.tui.panes.ladder_rows import step_name, stopped
from wsinspect.tui.rows import (
    BAD,
    GOOD,
    MUTED,
    STRONG,
    WARNING,
    AttemptPlace,
    FoldPlace,
    Part,
    Row,
    heading,
    row,
    text,
)
from wsinspect.tui.wording import FAILED_SIGN, OK_SIGN, STOPPED_SIGN, UNREACHED_SIGN, counted, duration

FOLD = "attempts"
_SHOWN = 5
"""So many of the newest are shown; those before them are folded into a line."""
_SIGNS = {
    StepStatus.SUCCEEDED: (OK_SIGN, GOOD),
    StepStatus.FAILED: (FAILED_SIGN, BAD),
    StepStatus.RUNNING: ("…", WARNING),
    StepStatus.NEVER_REACHED: (UNREACHED_SIGN, MUTED),
}


def attempt_rows(
    attempts: list[Attempt], shown: Attempt, now_ns: int, opened: Collection[str] = (), *, brief: bool = False
) -> list[Row]:
    """Return a line for each attempt, older ones folded into one unless `opened` holds `FOLD`; none for a single one.

    With `brief`, what was waited before an attempt, and why it was made, is left to the events: a line has no room for it.
    """
    if len(attempts) < 2:
        return []
    folded = attempts[: max(0, len(attempts) - _SHOWN)]
    others = "{previous-attempt} and {next-attempt}"
    keys = hint(f"{others} go on") if brief else hint("{row-choose} shows one", f"{others} the next")
    rows: list[Row] = [heading("Attempts", "; ".join(filter(None, (str(len(attempts)), keys))))]
    if len(folded) > 1:
        is_open = FOLD in opened
        rows.append(
            row(
                (counted(len(folded), "earlier one"), STRONG),
                (f"  {_summary(folded)}", MUTED),
                gutter=text(("▾ " if is_open else "▸ ", STRONG)),
                place=FoldPlace(FOLD),
            )
        )
        if not is_open:
            folded = [one for one in folded if one is shown]
    width = len(str(attempts[-1].number))
    before = {} if brief else dict(zip(attempts[1:], attempts, strict=False))
    told = [*folded, *attempts[-_SHOWN:]]
    form = _Form(width, brief)
    return rows + [_row(one, before.get(one), now_ns, form, is_shown=one is shown) for one in told]


def _summary(attempts: list[Attempt]) -> str:
    said = Counter(_outcome(one)[0] for one in attempts)
    return ", ".join(f"{count} {what}" for what, count in said.most_common(3))


class _Form(NamedTuple):
    number_width: int
    brief: bool


_made: WeakKeyDictionary[Attempt, tuple[_Form, Row]] = WeakKeyDictionary()
"""The lines of attempts that have ended and are not shown, and their form: there may be hundreds."""


def _row(attempt: Attempt, before: Attempt | None, now_ns: int, form: _Form, *, is_shown: bool) -> Row:
    if is_shown or not attempt.ended:
        return _new_row(attempt, before, now_ns, form, is_shown=is_shown)
    known = _made.get(attempt)
    if known is None or known[0] != form:
        known = _made[attempt] = form, _new_row(attempt, before, now_ns, form, is_shown=False)
    return known[1]


def _new_row(attempt: Attempt, before: Attempt | None, now_ns: int, form: _Form, *, is_shown: bool) -> Row:
    end_ns = attempt.ended_ns if attempt.ended_ns is not None else now_ns
    signs: list[Part] = [
        (STOPPED_SIGN, WARNING) if stopped(rung) else _SIGNS[rung.status] for rung in attempt.rungs()
    ]
    said, style = _outcome(attempt)
    why = str(attempt.started.reason).replace("-", " ")
    if before is not None and before.ended_ns is not None:
        why = f"{duration(max(0, attempt.started.at_ns - before.ended_ns))} later, {why}"
    mark = "→" if is_shown else " "
    return row(
        (said, style),
        (f" {duration(max(0, end_ns - attempt.started.at_ns))}", STRONG if is_shown else MUTED),
        ("" if form.brief else f"  {why}", MUTED),
        gutter=text(
            (f"{mark} {attempt.number:>{form.number_width}} ", STRONG if is_shown else MUTED), *signs, " "
        ),
        place=AttemptPlace(attempt.number),
        about=(attempt.started.seq,),
        at_ns=attempt.started.at_ns,
    )


def _outcome(attempt: Attempt) -> tuple[str, str]:
    failed = attempt.ladder.failed()
    if failed is not None and stopped(failed):
        return f"stopped at {step_name(failed.step)}", WARNING
    if failed is not None and attempt.opened_ns is not None:
        return "opened, ended early", BAD
    if failed is not None:
        return f"failed at {step_name(failed.step)}", BAD
    if attempt.ended:
        return "ended", MUTED
    return str(attempt.ready_state), GOOD
