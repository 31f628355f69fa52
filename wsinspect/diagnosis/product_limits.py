"""An idle cut or a lifetime that a product known to stand here has as its own: the check that such causes share."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Check
from wsinspect.diagnosis.ending import cut_of, peer_close
from wsinspect.diagnosis.evidence import Evidence, Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.fronts import hint
from wsinspect.diagnosis.idle_numbers import CutBy, Limit, Measure, limits_near

_LATE_S = 0.35
"""How late a timer that was set to whole seconds fires, the way back to us included."""
_EARLY_S = 0.05
"""How much shorter the silence may look here, where the last message took longer than the end of the stream."""


def cut_at_limit(
    *shown_as: str,
    limits: tuple[str, ...],
    measure: Measure = Measure.SILENCE,
    set_by_hand: bool = False,
    candidates: tuple[str, ...] = ("idle-timeout-intermediary",),
    most: Certainty = Certainty.LIKELY,
) -> Check:
    """Return a check for a cut without a Close frame at a product's limit, where the product has shown itself.

    `shown_as` are names that `fronts.hint` knows, `limits` products of `idle_numbers`. With `set_by_hand`, another whole
    number of seconds of silence fits too, as no more than possible.
    """

    def check(facts: Facts) -> Match | None:
        shown = hint(facts, *shown_as)
        cut = cut_of(facts.attempt) if shown is not None else None
        if shown is None or cut is None:
            return None
        seconds = cut.silence_s if measure is Measure.SILENCE else cut.age_s
        by = CutBy.RST if cut.reset else CutBy.FIN
        fitting = [limit for limit in limits_near(seconds, measure, by) if limit.product in limits]
        if fitting:
            return _match(shown, cut.evidence, seconds, fitting[0].knob, most, candidates)
        if not set_by_hand or measure is Measure.AGE or cut.reset or not _whole(seconds):
            return None
        return _match(shown, cut.evidence, seconds, "", Certainty.POSSIBLE, candidates)

    return check


def _whole(seconds: float) -> bool:
    return seconds >= 1 - _EARLY_S and (seconds + _EARLY_S) % 1 <= _EARLY_S + _LATE_S


def _match(
    shown: Evidence,
    cut: Evidence,
    seconds: float,
    knob: str,
    certainty: Certainty,
    candidates: tuple[str, ...],
) -> Match:
    return Match(
        evidence=(cut, shown),
        certainty=certainty,
        candidates=candidates,
        values={
            "seconds": f"{seconds:.1f}",
            "fits": "its default"
            if knob or certainty is not Certainty.POSSIBLE
            else "a whole number, as of a setting",
            "half": f"{max(1.0, seconds / 2):.0f}",
            "twice": f"{max(2.0, seconds * 2):.0f}",
        },
    )


def closed_at_limit(facts: Facts, code: int, *limits: str) -> tuple[Evidence, Limit] | None:
    """Return a Close frame with `code` that came at one of these products' limits, and the limit; or None."""
    close = peer_close(facts)
    if close is None or close.code != code:
        return None
    for measure, seconds in ((Measure.SILENCE, close.silence_s), (Measure.AGE, close.age_s)):
        for limit in limits_near(seconds, measure, CutBy.CLOSE):
            if limit.product in limits:
                return close.evidence(facts), limit
    return None
