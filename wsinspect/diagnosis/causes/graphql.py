"""GraphQL over WebSocket: two subprotocols with confusing names, and the close codes of graphql-ws."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.ending import peer_close
from wsinspect.diagnosis.evidence import Match, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import has_data
from wsinspect.diagnosis.quoting import known, quote_field, quote_request_field
from wsinspect.wire.opcode import Direction

_NAMES = ("graphql-transport-ws", "graphql-ws")


@cause(
    id="graphql-ws-subprotocol",
    stage=Stage.FRAMEWORK,
    side=Side.CLIENT,
    certainty=Certainty.LIKELY,
    headline="Client and GraphQL server don't speak the same subprotocol",
    explanation="""There are two incompatible subprotocols, and their names are crossed: the library graphql-ws speaks
    graphql-transport-ws, the old library subscriptions-transport-ws speaks graphql-ws. Both ends have to use the same;
    offered was {offered}.""",
    fix=(
        "With the library graphql-ws on the server, offer graphql-transport-ws: "
        "wsinspect check '{url}' -s graphql-transport-ws",
        "With subscriptions-transport-ws (old Apollo Server, old Hasura), offer graphql-ws: wsinspect check '{url}' -s graphql-ws",
        "Better, move both to graphql-ws; in Apollo Client: new GraphQLWsLink(createClient({ url })), not WebSocketLink.",
    ),
    next_test="wsinspect check '{url}' -s {other}",
    sources=(
        "https://github.com/enisdenjo/graphql-ws/issues/79",
        "https://github.com/apollographql/apollo-server/issues/7924",
        "https://the-guild.dev/graphql/ws/recipes",
    ),
    supersedes=(
        *(
            "subproto-none-returned",
            "close-1008-or-44xx-auth",
            "close-of-product",
            "close-other-code",
            "client-violates-app-protocol",
        ),
        *("close-1000-immediately", "proto-unmasked-client", "open-then-fin"),
    ),
    console=(r"Subprotocol not acceptable", r"Sent non-empty 'Sec-WebSocket-Protocol' header"),
)
def graphql_ws_subprotocol(facts: Facts) -> Match | None:
    if facts.status != 101:
        return None
    offered = facts.attempt.handshake.request_head.tokens("Sec-WebSocket-Protocol")
    chosen = facts.attempt.subprotocol
    other = next((name for name in _NAMES if name not in offered), "graphql-transport-ws")
    values = {"offered": ", ".join(offered) or "nothing", "other": other}
    ours = quote_request_field(facts, "Sec-WebSocket-Protocol")
    close = peer_close(facts)
    if close is not None and close.code == 4406 and close.says("subprotocol"):
        what = "The GraphQL server closed with 4406: it wants another subprotocol than we offered"
        none = at_seq(facts.attempt.handshake.request_seq, "our request offers no subprotocol")
        return Match(
            headline="{what}",
            evidence=known(close.evidence(facts), ours or none, quote_field(facts, "Sec-WebSocket-Protocol")),
            certainty=Certainty.CERTAIN,
            values={**values, "what": what},
        )
    target = facts.attempt.target
    unnamed = not offered and target is not None and "graphql" in target.request_target.lower()
    if not (set(offered) & set(_NAMES) or unnamed) or (chosen is not None and chosen not in _NAMES):
        return None
    if (
        close is not None
        and close.code == 1002
        and not close.reason
        and not has_data(facts, Direction.RECEIVED)
        and not has_data(facts, Direction.SENT)
    ):
        # The old library looks at the subprotocol after `ws` has taken the first one offered in its name.
        did = f"took {chosen}" if chosen else "chose no GraphQL subprotocol"
        what = f"The server {did} and closed with 1002 before any message, as the old library does"
        return Match(
            headline="{what}",
            evidence=known(close.evidence(facts), ours, quote_field(facts, "Sec-WebSocket-Protocol")),
            values={**values, "what": what},
        )
    if chosen is not None or unnamed:
        return None
    if facts.opened and close is None and facts.attempt.closure.stream_end is None:
        return None
    what = "The server chose none of the GraphQL subprotocols that we offered"
    answer = at_seq(facts.attempt.handshake.response_seq, "the 101 has no Sec-WebSocket-Protocol")
    return Match(
        headline="{what}",
        evidence=known(ours, answer, close.evidence(facts) if close is not None else None),
        candidates=("subproto-none-returned",),
        values={**values, "what": what},
    )
