"""Subprotocols and extensions that the two sides could not agree on (RFC 6455 sections 4.1 and 9)."""

from __future__ import annotations

import re

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.ending import cut_of, peer_close
from wsinspect.diagnosis.evidence import Match, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.handshake_root import refused_for, root_check
from wsinspect.diagnosis.quoting import known, quote_request_field, quote_status
from wsinspect.wire.handshake import CheckName

_FIELD = "Sec-WebSocket-Protocol"
_TOKEN = re.compile(r"[\w.+-]+")


@cause(
    id="subproto-none-returned",
    stage=Stage.HANDSHAKE,
    side=Side.SERVER,
    certainty=Certainty.LIKELY,
    headline="We offered {offered} and the server selected no subprotocol: Chromium fails such a handshake",
    explanation="""The RFC lets a server select none, so this connection went on, as Firefox and many command-line clients
    do. Chromium and node's ws treat it as a failure: if a page dies there and works here, this is why. Often the two
    sides simply name the subprotocol differently.""",
    fix=(
        "Let the server select one of those that the client offers: handleProtocols in node's ws, "
        "accept(subprotocol=...) in Starlette, Upgrader.Subprotocols in Go's gorilla.",
        "Or offer none in the client: new WebSocket(url) without the second argument.",
    ),
    next_test="wsinspect check '{url}' (without -s: does the server behave the same?)",
    sources=("RFC 6455 section 4.2.2", "https://github.com/enisdenjo/graphql-ws/issues/79"),
    console=(
        r"Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received",
        r"Server sent no subprotocol",
    ),
)
def none_returned(facts: Facts) -> Match | None:
    if facts.status != 101 or not all(check.ok for check in facts.attempt.checks):
        return None
    check = next(c for c in facts.attempt.checks if c.name is CheckName.SUBPROTOCOL)
    if check.chromium_ok:
        return None
    offered = facts.attempt.handshake.request_head.get(_FIELD) or ""
    missing = at_seq(facts.attempt.handshake.response_seq, f"the 101 has no {_FIELD}")
    # Where the peer ended the connection, that is the news, and this a remark on it.
    ended = cut_of(facts.attempt) is not None or peer_close(facts) is not None
    return Match(
        evidence=known(missing, quote_request_field(facts, _FIELD), quote_status(facts)),
        certainty=Certainty.POSSIBLE if ended else None,
        values={"offered": offered},
    )


@cause(
    id="subproto-mismatch",
    stage=Stage.HANDSHAKE,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The server selected the subprotocol {arrived}, and we offered {offered}",
    explanation="""A server may select only what was offered. Client and server mean different subprotocols, or different
    versions of one: the names of GraphQL's libraries and subprotocols are famous for being crossed over. Firefox
    accepts one where none was offered, Chromium never does.""",
    fix=(
        "Offer what the server speaks: new WebSocket(url, '{choice}')",
        "Or let the server choose from the client's list, and name none if nothing fits.",
        "For GraphQL: the library graphql-ws speaks graphql-transport-ws; subscriptions-transport-ws speaks graphql-ws.",
    ),
    next_test="wsinspect check -s '{choice}' '{url}'",
    sources=("RFC 6455 section 4.1", "https://github.com/enisdenjo/graphql-ws/issues/79"),
    console=(
        r"does not match any of sent values",
        r"Response must not include 'Sec-WebSocket-Protocol' header",
        r"Server sent an invalid subprotocol",
        r"Sec-WebSocket-Protocol mismatch",
    ),
)
def mismatch(facts: Facts) -> Match | None:
    check = root_check(facts, CheckName.SUBPROTOCOL)
    if check is None or _lines(facts) != 1 or "," in check.arrived:
        return None
    # It goes into a command that somebody may paste: nothing but a token may stand there.
    choice = check.arrived if _TOKEN.fullmatch(check.arrived) else "NAME"
    offered = facts.attempt.handshake.request_head.get(_FIELD) or "none"
    return refused_for(facts, check, offered=offered, choice=choice)


@cause(
    id="subproto-list-returned",
    stage=Stage.HANDSHAKE,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The server answered with a list of subprotocols, {arrived}, where one belongs",
    explanation="""The answer has to name the one subprotocol that will be spoken. This server echoes the client's whole
    list, as handlers do that copy the request's field into the response.""",
    fix=(
        "Choose one name of the request's list and answer with it alone.",
        "As a stopgap, offer exactly one subprotocol in the client: an echo of one is valid.",
    ),
    next_test="wsinspect check -s ONE_OF_THEM '{url}'",
    sources=("RFC 6455 section 4.2.2", "RFC 6455 section 11.3.4"),
    console=(
        r"Server sent an invalid subprotocol",
        r"'Sec-WebSocket-Protocol' header must not appear more than once in a response",
    ),
)
def list_returned(facts: Facts) -> Match | None:
    check = root_check(facts, CheckName.SUBPROTOCOL)
    if check is None or _lines(facts) != 1 or "," not in check.arrived:
        return None
    return refused_for(facts, check)


@cause(
    id="ext-invalid",
    stage=Stage.HANDSHAKE,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The 101 accepts extensions that it must not: {detail}",
    explanation="""A server may accept only extensions that were offered, with parameters that make sense for them. This
    answer names something else, so both sides would read the frames differently, and every client refuses; only an
    empty field passes in Firefox.""",
    fix=(
        "Switch compression off on the server (perMessageDeflate: false in node's ws) and see whether it opens.",
        "Update the server's WebSocket library, or the proxy that adds the field.",
        "Negotiate permessage-deflate with the parameters that the client offered, or not at all.",
    ),
    next_test="wsinspect check --no-compression '{url}'",
    sources=("RFC 6455 section 9.1", "RFC 7692 section 7.1"),
    console=(
        r"Found an unsupported extension",
        r"rejected by the parser",
        r"permessage-deflate (?:extension parameter|response)",
        r"Error in permessage-deflate: .*",
        r"Invalid Sec-WebSocket-Extensions header",
        r"Server indicated an extension that was not requested",
    ),
)
def extension_invalid(facts: Facts) -> Match | None:
    check = root_check(facts, CheckName.EXTENSIONS)
    return refused_for(facts, check, detail=check.detail) if check is not None else None


def _lines(facts: Facts) -> int:
    return len(facts.head.lines(_FIELD)) if facts.head is not None else 0
