"""What products mean by their private close codes (4000 to 4999).

The number alone says nothing: the same 4003 is "not authenticated" for one service and "unused" for another. A family is
told by host, subprotocol, path or first frames.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from wsinspect.diagnosis.app_protocol import AppProtocol, app_protocol
from wsinspect.diagnosis.evidence import Evidence, at_seq
from wsinspect.diagnosis.facts import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseFamily:
    """The private close codes of one product."""

    name: str
    codes: Mapping[int, str]
    """What each means, in a few words."""
    source: str
    protocols: tuple[AppProtocol, ...] = ()
    hosts: str = ""
    """A regular expression of hosts that speak it."""
    paths: str = ""
    """A regular expression of request targets."""
    do_not_reconnect: frozenset[int] = field(default_factory=frozenset)
    remedies: Mapping[int, str] = field(default_factory=dict)
    """What mends it, for the codes where that can be said in a sentence."""


_GRAPHQL = {
    4004: "bad response to our message",
    4005: "the client failed inside",
    4400: "invalid message",
    4401: "unauthorized: subscribed before the server acknowledged connection_init, or it refused the payload",
    4403: "forbidden: connection_init was refused",
    4406: "subprotocol not acceptable: client and server speak different graphql subprotocols",
    4408: "connection_init did not come in time (3 s by default)",
    4409: "a subscription with this id exists already",
    4429: "connection_init was sent more than once",
    4499: "terminated",
    4500: "the server failed inside",
    4504: "the server did not acknowledge connection_init in time",
}
_GRAPHQL_REMEDIES = {
    4400: 'Send JSON objects with a "type" that the subprotocol knows: connection_init, subscribe, complete, ping, pong; '
    "and no other message before connection_init.",
    4401: 'Send {"type":"connection_init"} first, and subscribe only once connection_ack has come.',
    4403: "Put what the server's onConnect checks into the payload: createClient({ url, connectionParams: { token } })",
    4408: 'Send {"type":"connection_init"} as soon as the socket is open; or raise connectionInitWaitTimeout in useServer().',
    4409: "Give every subscription an id of its own, and complete one before its id is used again.",
    4429: "Send connection_init once for each connection.",
}

FAMILIES: tuple[CloseFamily, ...] = (
    CloseFamily(
        name="Discord's gateway",
        hosts=r"(?:^|\.)gateway(?:-[\w-]+)?\.discord\.gg$",
        protocols=(AppProtocol.DISCORD,),
        codes={
            4000: "unknown error; reconnect and resume",
            4001: "unknown opcode, or a payload that fits none",
            4002: "the payload could not be decoded",
            4003: "sent something before identifying",
            4004: "the token is wrong",
            4005: "identified twice",
            4007: "invalid sequence number when resuming",
            4008: "rate limited: payloads were sent too fast",
            4009: "the session timed out",
            4010: "invalid shard",
            4011: "too many guilds for one connection: sharding is required",
            4012: "invalid version of the API",
            4013: "invalid intents",
            4014: "disallowed intents: they are not enabled for this bot",
        },
        do_not_reconnect=frozenset({4004, 4010, 4011, 4012, 4013, 4014}),
        source="https://docs.discord.com/developers/topics/opcodes-and-status-codes",
    ),
    CloseFamily(
        name="Discord's voice gateway",
        hosts=r"\.discord\.media$",
        codes={
            4001: "unknown opcode",
            4002: "the payload could not be decoded",
            4003: "not authenticated",
            4004: "authentication failed",
            4005: "already authenticated",
            4006: "the session is no longer valid",
            4009: "the session timed out",
            4011: "the voice server was not found",
            4012: "unknown protocol",
            4014: "disconnected: kicked, or the channel was deleted",
            4015: "the voice server crashed; resume",
            4016: "unknown encryption mode",
            4017: "the end-to-end encryption protocol is required",
        },
        do_not_reconnect=frozenset({4014}),
        source="https://docs.discord.com/developers/topics/opcodes-and-status-codes",
    ),
    CloseFamily(
        name="Pusher, Reverb and Soketi",
        protocols=(AppProtocol.PUSHER,),
        codes={
            4000: "the application takes TLS connections only",
            4001: "the application does not exist: wrong key or cluster",
            4003: "the application is disabled",
            4004: "the application is over its connection quota",
            4005: "the path was not found",
            4006: "the protocol version has an invalid format",
            4007: "unsupported protocol version",
            4008: "no protocol version was given",
            4009: "the connection is unauthorized, or its origin is not allowed",
            4100: "over capacity",
            4200: "generic reconnect",
            4201: "no pong to a ping in time",
            4202: "closed after inactivity",
            4301: "too many client events",
        },
        do_not_reconnect=frozenset(range(4000, 4100)),
        source="https://pusher.com/docs/channels/library_auth_reference/pusher-websockets-protocol/",
    ),
    CloseFamily(
        name="Twitch EventSub",
        hosts=r"^eventsub\.wss\.twitch\.tv$",
        protocols=(AppProtocol.TWITCH,),
        codes={
            4000: "internal server error",
            4001: "the client sent a message; only pongs are allowed",
            4002: "a ping was not answered",
            4003: "no subscription was made within 10 s of the welcome",
            4004: "the old connection was kept beyond 30 s after the reconnect message",
            4005: "network timeout at Twitch",
            4006: "network error at Twitch",
            4007: "the reconnect URL is invalid",
        },
        source="https://dev.twitch.tv/docs/eventsub/websocket-reference/",
    ),
    CloseFamily(
        name="graphql-ws",
        protocols=(AppProtocol.GRAPHQL_TRANSPORT_WS, AppProtocol.GRAPHQL_WS),
        codes=_GRAPHQL,
        remedies=_GRAPHQL_REMEDIES,
        do_not_reconnect=frozenset({4400, 4401, 4406, 4409, 4429, 4500, 4005}),
        source="https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md",
    ),
    CloseFamily(
        name="Hocuspocus and y-websocket",
        paths=r"/(?:collaboration|hocuspocus|yjs|y-websocket)\b",
        codes={4401: "unauthorized", 4403: "forbidden", 4408: "the connection timed out", 4205: "reset"},
        source="https://tiptap.dev/docs/hocuspocus",
    ),
    CloseFamily(
        name="AssemblyAI",
        hosts=r"\.assemblyai\.com$",
        codes={
            4001: "not authorized",
            4008: "the session expired",
            4029: "the client sent audio too fast",
            4031: "the session was idle for too long",
        },
        source="https://www.assemblyai.com/docs",
    ),
    CloseFamily(
        name="PandaScore",
        hosts=r"\.pandascore\.co$",
        codes={4001: "unauthorized", 4003: "forbidden", 4029: "too many connections"},
        source="https://developers.pandascore.co/docs",
    ),
)

MIRRORED = {
    400: "bad request",
    401: "unauthorized: the credentials are missing or expired",
    403: "forbidden",
    404: "not found",
    408: "timed out",
    409: "conflict",
    429: "too many requests",
    500: "the server failed",
    503: "unavailable",
}
"""HTTP statuses that applications copy into 4xxx, as 4000 + n or 4000 + n mod 100: a habit, not a rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyCode:
    """A close code read with its product's table."""

    family: CloseFamily
    code: int
    meaning: str
    evidence: Evidence
    """What shows the product."""
    sure: bool = True
    """The evidence is the product's alone; a path is not."""

    @property
    def reconnect(self) -> bool:
        """Whether the product says that trying again makes sense."""
        return self.code not in self.family.do_not_reconnect

    @property
    def remedy(self) -> str:
        """What mends it, empty where no sentence says so."""
        return self.family.remedies.get(self.code, "")


def family_code(facts: Facts, code: int | None) -> FamilyCode | None:
    """Read a private close code by the product that the connection shows, or return None where none does."""
    if code is None or not 4000 <= code <= 4999:
        return None
    spoken, target = app_protocol(facts), facts.attempt.target
    for family in FAMILIES:
        meaning = family.codes.get(code)
        if meaning is None:
            continue
        if spoken is not None and spoken.protocol in family.protocols:
            return FamilyCode(
                family=family, code=code, meaning=meaning, evidence=spoken.evidence, sure=spoken.sure
            )
        if target is None:
            continue
        by_host = family.hosts and re.search(family.hosts, target.host.lower())
        by_path = family.paths and re.search(family.paths, target.request_target)
        if by_host or by_path:
            evidence = at_seq(target.seq, f"the URL is {target.url}")
            return FamilyCode(
                family=family, code=code, meaning=meaning, evidence=evidence, sure=bool(by_host)
            )
    return None


def readings(code: int) -> tuple[tuple[str, str], ...]:
    """Return what a private close code means by product, `(product, meaning)`, the habit of copying HTTP last.

    For `explain`, where only the number is known; empty outside 4000 to 4999.
    """
    if not 4000 <= code <= 4999:
        return ()
    found = [(family.name, family.codes[code]) for family in FAMILIES if code in family.codes]
    status = code - 4000 if code >= 4400 else 400 + code - 4000 if code < 4100 else 0
    if status in MIRRORED:
        found.append((f"applications that copy HTTP's {status}", MIRRORED[status]))
    return tuple(found)
