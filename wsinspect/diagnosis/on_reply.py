"""Checks for causes that a product's own words tell: built from the ids of the tables of replies."""

from __future__ import annotations

from collections.abc import Callable

from wsinspect.diagnosis.answered_by import answered_by
from wsinspect.diagnosis.cause import Certainty, Check
from wsinspect.diagnosis.evidence import Evidence, Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.no_upgrade_seen import NoUpgradeSeen, no_upgrade_seen
from wsinspect.diagnosis.products import Product
from wsinspect.diagnosis.quoting import known, quote_request_field
from wsinspect.diagnosis.replies import KnownReply, reply_of

Condition = Callable[[Facts, KnownReply], bool]


def on_reply(
    *ids: str,
    likely: tuple[str, ...] = (),
    possible: tuple[str, ...] = (),
    candidates: tuple[str, ...] = (),
    when: Condition | None = None,
    shows: tuple[str, ...] = (),
) -> Check:
    """Return a check that matches where the refusal fits one of these rows.

    Rows in `likely` and `possible` match with no more than that certainty. `shows` are fields of our own request that
    belong to the evidence.
    """

    def check(facts: Facts) -> Match | None:
        told = reply_of(facts, *ids, *likely, *possible)
        if told is None or (when is not None and not when(facts, told)):
            return None
        row = told.reply.id
        certainty = Certainty.LIKELY if row in likely else Certainty.POSSIBLE if row in possible else None
        return match_reply_of(facts, told, certainty=certainty, candidates=candidates, shows=shows)

    return check


def match_reply_of(
    facts: Facts,
    told: KnownReply,
    *,
    certainty: Certainty | None = None,
    candidates: tuple[str, ...] = (),
    shows: tuple[str, ...] = (),
    first_fix: tuple[str, ...] = (),
) -> Match:
    """Return a match that quotes the row's words, who passed them on, and fields of our request."""
    sent = (quote_request_field(facts, name) for name in shows)
    passed = tuple(piece for front in fronts(facts) for piece in front.evidence)
    return Match(
        evidence=unique((*told.evidence, *passed, *known(*sent))),
        certainty=certainty,
        candidates=candidates,
        first_fix=first_fix,
        values={**reply_values(facts), "said": told.said},
    )


def reply_values(facts: Facts) -> dict[str, str]:
    """For the braces of texts: `who` wrote the answer, and `behind` (`, behind nginx 1.22.1`, or nothing)."""
    names = " and ".join(str(product) for product in fronts(facts))
    who = answered_by(facts).words
    return {
        "who": who[:1].upper() + who[1:] if who.startswith(("the ", "a ", "an ")) else who,
        "behind": f", behind {names}" if names else "",
    }


def fronts(facts: Facts) -> tuple[Product, ...]:
    """Return the edges and proxies that passed the answer on, the outermost first."""
    return tuple(product for product in answered_by(facts).passed_on_by if product.hop in ("edge", "proxy"))


def lost_behind(facts: Facts, *names: str) -> tuple[Product, NoUpgradeSeen] | None:
    """Return the named product, and who behind it says that no upgrade arrived; None unless both show."""
    if facts.head is None or facts.status == 101:
        return None
    product = next((p for p in fronts(facts) if p.name in names), None)
    seen = no_upgrade_seen(facts) if product is not None else None
    return (product, seen) if product is not None and seen is not None else None


def lost_upgrade(*names: str, candidates: tuple[str, ...] = (), most: Certainty = Certainty.CERTAIN) -> Check:
    """Return a check that matches where a product passed our request on and the server behind saw no upgrade.

    With two products in front it is at most likely: the bytes don't tell which of them took it away.
    """

    def check(facts: Facts) -> Match | None:
        lost = lost_behind(facts, *names)
        if lost is None:
            return None
        product, seen = lost
        sure = seen.proven and len(fronts(facts)) == 1 and facts.attempt.proxy is None
        certainty = most if sure else max(most, Certainty.LIKELY, key=_ORDER.index)
        return Match(
            evidence=unique((*seen.evidence, *product.evidence)),
            certainty=certainty,
            candidates=candidates if sure else (*candidates, "upgrade-stripped"),
            values={
                **reply_values(facts),
                "front": str(product),
                "version": f" {product.version}" if product.version else "",
                "backend": seen.backend or "the server behind it",
            },
        )

    return check


_ORDER = [Certainty.CERTAIN, Certainty.LIKELY, Certainty.POSSIBLE]


def unique(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """Return the pieces in order, each text once."""
    return tuple({piece.text: piece for piece in evidence}.values())
