"""Refusals that one product writes and nobody else does, or hardly anybody: the matcher of the tables.

A row says what the product's own words are and, where the words are common, what shape the head has. Proxies add
fields, change their order and lower their case on the way, so a row asks for the order only where the words alone prove
nothing. What an answer means is the causes' affair: they ask for a row by its id.
"""

from __future__ import annotations

import re

from msgspec import Struct

from wsinspect.diagnosis.evidence import Evidence
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.products import Hop, Product, once
from wsinspect.diagnosis.quoting import known, quote_body, quote_field, quote_status

_HOPS_ADD = frozenset(
    {
        "server",
        "date",
        "via",
        "connection",
        "keep-alive",
        "transfer-encoding",
        "content-length",
        "content-encoding",
    }
    | {"x-request-id", "x-cache", "x-cache-lookup", "x-varnish", "age", "vary", "nel", "report-to", "alt-svc"}
    | {"strict-transport-security", "set-cookie", "expect-ct"}
)
_HOP_PREFIXES = ("cf-", "x-amz", "x-envoy", "x-served", "x-forwarded", "fly-", "x-vercel", "x-nf-", "x-proxy")


class Reply(Struct, frozen=True, kw_only=True):
    """One product's answer. Every condition given has to hold; patterns are compiled when a status fits."""

    id: str
    product: str
    hop: Hop
    statuses: tuple[int, ...]
    body: str | None = None
    """Found anywhere in the body."""
    reason: str | None = None
    """The whole reason phrase."""
    fields: tuple[tuple[str, str], ...] = ()
    """Found in the first value of the field, whatever its case."""
    lacks: tuple[str, ...] = ()
    only: frozenset[str] | None = None
    """Names, in lower case, that the head may have besides what hops add."""
    empty: bool = False
    """There is no body."""
    bare: bool = False
    """The head has no field at all."""
    vague: bool = False
    """It fits what `product` is known for, but does not prove who wrote the answer."""


class KnownReply(Struct, frozen=True, kw_only=True):
    """A row that fits, and the bytes that it fits."""

    reply: Reply
    said: str
    """The product's words in the body or the reason phrase, empty where it has none."""
    evidence: tuple[Evidence, ...]

    @property
    def product(self) -> Product:
        """Who wrote it."""
        return Product(name=self.reply.product, hop=self.reply.hop, evidence=self.evidence)


def row(
    id: str,  # noqa: A002 - as in `Cause`
    product: str,
    hop: Hop,
    *statuses: int,
    body: str | None = None,
    whole: str | None = None,
    reason: str | None = None,
    fields: dict[str, str] | None = None,
    lacks: str = "",
    only: str | None = None,
    empty: bool = False,
    bare: bool = False,
    vague: bool = False,
) -> Reply:
    """Write a row: patterns as text, `lacks` and `only` as names between spaces; `whole` is the body, trimmed."""
    pattern = body if whole is None else rf"\A\s*(?:{whole})\s*\Z"
    return Reply(
        id=id,
        product=product,
        hop=hop,
        statuses=statuses,
        body=pattern,
        reason=reason,
        fields=tuple((fields or {}).items()),
        lacks=tuple(lacks.split()),
        only=frozenset(only.split()) if only is not None else None,
        empty=empty,
        bare=bare,
        vague=vague,
    )


def own_fields(facts: Facts) -> frozenset[str]:
    """Return the names, in lower case, of the answer's fields that no hop on the way is known to add."""
    head = facts.head
    names = {line.name.lower() for line in head.fields} if head is not None else set()
    return frozenset(name for name in names - _HOPS_ADD if not name.startswith(_HOP_PREFIXES))


def match_reply(facts: Facts, reply: Reply) -> KnownReply | None:
    """Return what of the answer fits the row, or None where something does not."""
    head = facts.head
    if head is None or facts.status not in reply.statuses:
        return None
    if (reply.empty and facts.body.strip()) or (reply.bare and head.fields):
        return None
    if any(facts.has_header(name) for name in reply.lacks):
        return None
    if reply.only is not None and not own_fields(facts) <= reply.only:
        return None
    evidence: list[Evidence | None] = [quote_status(facts)]
    said = ""
    if reply.reason is not None:
        if not re.fullmatch(reply.reason, head.reason_phrase):
            return None
        said = head.reason_phrase
    for name, pattern in reply.fields:
        if not re.search(pattern, facts.header(name), re.IGNORECASE):
            return None
        evidence.append(quote_field(facts, name))
    if reply.body is not None:
        found = re.search(reply.body, facts.body_text)
        if found is None:
            return None
        evidence.insert(0, quote_body(facts, found))
        said = " ".join(found[0].split())
    return KnownReply(reply=reply, said=said, evidence=known(*evidence))


@once
def known_replies(facts: Facts) -> dict[str, KnownReply]:
    """Return every row that the refusal fits, by id, in the tables' order; empty without one."""
    # The tables need this module's `row`.
    from wsinspect.diagnosis.replies_of_clouds import CLOUDS
    from wsinspect.diagnosis.replies_of_intermediaries import INTERMEDIARIES
    from wsinspect.diagnosis.replies_of_scripts import SCRIPTS
    from wsinspect.diagnosis.replies_of_servers import SERVERS

    if facts.head is None or facts.status is None or facts.status == 101:
        return {}
    fitting = (match_reply(facts, reply) for reply in (*INTERMEDIARIES, *CLOUDS, *SCRIPTS, *SERVERS))
    return {found.reply.id: found for found in fitting if found is not None}


def reply_of(facts: Facts, *ids: str) -> KnownReply | None:
    """Return the first of these rows that the refusal fits, or None."""
    replies = known_replies(facts)
    return next((replies[wanted] for wanted in ids if wanted in replies), None)


def writer_of(facts: Facts) -> Product | None:
    """Return the product that alone writes such an answer, or None where no row proves one."""
    return next((found.product for found in known_replies(facts).values() if not found.reply.vague), None)
