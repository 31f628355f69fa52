"""Which application protocol runs over the connection: told by the subprotocol, and by the first frames of both sides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from wsinspect.diagnosis.evidence import Evidence, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import show_frame
from wsinspect.diagnosis.products import once
from wsinspect.wire.opcode import Direction

_LOOKED_AT = 8
"""Frames from the beginning, control frames included."""
_PREVIEW = 256


class AppProtocol(StrEnum):
    """Protocols that have causes or close codes of their own."""

    SOCKET_IO = "Socket.IO"
    ENGINE_IO = "Engine.IO"
    GRAPHQL_TRANSPORT_WS = "graphql-transport-ws"
    GRAPHQL_WS = "graphql-ws (subscriptions-transport-ws)"
    SIGNALR = "SignalR"
    STOMP = "STOMP"
    SOCKJS = "SockJS"
    PHOENIX = "Phoenix channels"
    ACTION_CABLE = "Action Cable"
    MQTT = "MQTT"
    WAMP = "WAMP"
    OCPP = "OCPP"
    PUSHER = "Pusher"
    VITE_HMR = "vite HMR"
    WEBPACK_HMR = "webpack-dev-server"
    DISCORD = "Discord's gateway"
    SLACK = "Slack's socket mode"
    TWITCH = "Twitch EventSub"
    HOME_ASSISTANT = "Home Assistant"
    APPSYNC = "AWS AppSync"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A protocol and what shows it."""

    protocol: AppProtocol
    evidence: Evidence
    sure: bool = True
    """Told by a subprotocol, frames or the service's own host; not by a path that anybody may use."""


_SUBPROTOCOLS: tuple[tuple[str, AppProtocol], ...] = (
    (r"graphql-transport-ws", AppProtocol.GRAPHQL_TRANSPORT_WS),
    (r"graphql-ws", AppProtocol.GRAPHQL_WS),
    (r"v1[0-2]\.stomp", AppProtocol.STOMP),
    (r"mqtt(?:v3\.1)?", AppProtocol.MQTT),
    (r"wamp\..+", AppProtocol.WAMP),
    (r"ocpp[\d.]+j?", AppProtocol.OCPP),
    (r"actioncable-v\d+-json|actioncable-unsupported", AppProtocol.ACTION_CABLE),
    (r"vite-hmr|vite-ping", AppProtocol.VITE_HMR),
)
_RECEIVED: tuple[tuple[bytes, AppProtocol], ...] = (
    (rb'\A0\{"sid":', AppProtocol.ENGINE_IO),
    (rb'\A40(?:/[^,]*,)?(?:\{"sid":|\Z)', AppProtocol.SOCKET_IO),
    (rb"\Ao\Z|\Ah\Z|\Aa\[|\Ac\[\d", AppProtocol.SOCKJS),
    (rb'\A\{\}\x1e|\A\{"(?:error|type)":[^\x1e]*\x1e', AppProtocol.SIGNALR),
    (rb"\A(?:CONNECTED|ERROR|MESSAGE|RECEIPT)\r?\n", AppProtocol.STOMP),
    (rb'\A\{"event":\s*"pusher(?:_internal)?:', AppProtocol.PUSHER),
    (rb'\A\{"type":\s*"welcome"\}|\A\{"type":\s*"ping",\s*"message":\s*\d+\}', AppProtocol.ACTION_CABLE),
    (rb'\A\{"identifier":.{0,200}"type":\s*"confirm_subscription"', AppProtocol.ACTION_CABLE),
    (
        rb'\A\{"type":\s*"disconnect",\s*"reason":\s*"(?:unauthorized|invalid_request|server_restart|remote)"',
        AppProtocol.ACTION_CABLE,
    ),
    (rb'\A\[(?:null|"[^"]*"),\s*(?:null|"[^"]*"),\s*"[^"]+",\s*"phx_', AppProtocol.PHOENIX),
    (rb'"event":\s*"phx_(?:reply|error|close)"', AppProtocol.PHOENIX),
    (rb"\A\x20\x02[\x00\x01][\x00-\x05]|\A\x20.\x00.\x00", AppProtocol.MQTT),
    (rb'\A\[(?:2,\s*\d+,\s*\{|3,\s*\{[^}]*\},\s*"(?:wamp|[\w.]+)\.)', AppProtocol.WAMP),
    (rb'\A\[[234],\s*"[^"]{1,36}",\s*["{]', AppProtocol.OCPP),
    (rb'\A\{"type":\s*"connected"\}\Z', AppProtocol.VITE_HMR),
    (rb'\A\{"type":\s*"(?:hot|liveReload|overlay|hash|still-ok)"', AppProtocol.WEBPACK_HMR),
    (rb'"heartbeat_interval":', AppProtocol.DISCORD),
    (rb'"type":\s*"hello".{0,200}"num_connections"', AppProtocol.SLACK),
    (rb'\A\{"metadata":\s*\{"message_id":.{0,200}"session_welcome"', AppProtocol.TWITCH),
    (rb'\A\{"type":\s*"auth_required"', AppProtocol.HOME_ASSISTANT),
    (rb'\A\{"type":\s*"connection_ack"', AppProtocol.GRAPHQL_TRANSPORT_WS),
)
_SENT: tuple[tuple[bytes, AppProtocol], ...] = (
    (rb"\A40(?:/|\{|\Z)", AppProtocol.SOCKET_IO),
    (rb'\A\{"protocol":\s*"(?:json|messagepack)",\s*"version":\s*\d+\}\x1e', AppProtocol.SIGNALR),
    (rb"\A(?:CONNECT|STOMP)\r?\n", AppProtocol.STOMP),
    (rb"\A\x10.{1,4}\x00\x04MQTT", AppProtocol.MQTT),
    (rb'\A\[1,\s*"[^"]+",\s*\{', AppProtocol.WAMP),
    (rb'\A\[2,\s*"[^"]{1,36}",\s*"(?:BootNotification|Heartbeat|StatusNotification)"', AppProtocol.OCPP),
    (rb'\A\{"type":\s*"connection_init"', AppProtocol.GRAPHQL_TRANSPORT_WS),
    (rb'\A\{"event":\s*"pusher:subscribe"', AppProtocol.PUSHER),
    (rb'\A\{"command":\s*"subscribe",\s*"identifier"', AppProtocol.ACTION_CABLE),
    (rb'"phx_join"', AppProtocol.PHOENIX),
)
_HOSTS: tuple[tuple[str, AppProtocol], ...] = (
    (r"(?:^|\.)gateway(?:-[\w-]+)?\.discord\.gg$", AppProtocol.DISCORD),
    (r"^eventsub\.wss\.twitch\.tv$", AppProtocol.TWITCH),
    (r"^wss(?:-[\w-]+)?\.slack\.com$", AppProtocol.SLACK),
    (r"^ws(?:-[\w]+)?\.pusher(?:app)?\.com$", AppProtocol.PUSHER),
    (r"\.appsync-realtime-api\.", AppProtocol.APPSYNC),
)
_PATHS: tuple[tuple[str, AppProtocol], ...] = (
    (r"/app/[\w-]+\?(?:.*&)?protocol=\d", AppProtocol.PUSHER),
    (r"[?&]EIO=\d", AppProtocol.ENGINE_IO),
    (r"/websocket\?(?:.*&)?vsn=\d", AppProtocol.PHOENIX),
)


@once
def app_protocol(facts: Facts) -> Spoken | None:
    """Return the protocol spoken on an open connection, or None where nothing tells; frames tell before names."""
    if not facts.opened:
        return None
    return _by_subprotocol(facts) or _by_frames(facts) or _by_target(facts)


def _by_subprotocol(facts: Facts) -> Spoken | None:
    chosen = facts.attempt.subprotocol or ""
    for pattern, protocol in _SUBPROTOCOLS:
        if re.fullmatch(pattern, chosen):
            text = f"the server chose the subprotocol {chosen}"
            return Spoken(protocol=protocol, evidence=at_seq(facts.attempt.handshake.response_seq, text))
    return None


def _by_frames(facts: Facts) -> Spoken | None:
    for direction, rows in ((Direction.RECEIVED, _RECEIVED), (Direction.SENT, _SENT)):
        for number, payload in first_messages(facts, direction):
            for pattern, protocol in rows:
                if re.search(pattern, payload, re.DOTALL):
                    return Spoken(protocol=protocol, evidence=show_frame(facts, number))
    return None


def _by_target(facts: Facts) -> Spoken | None:
    target = facts.attempt.target
    if target is None:
        return None
    for rows, value in ((_HOSTS, target.host.lower()), (_PATHS, target.request_target)):
        for pattern, protocol in rows:
            if re.search(pattern, value):
                evidence = at_seq(target.seq, f"the URL is {target.url}")
                return Spoken(protocol=protocol, evidence=evidence, sure=rows is _HOSTS)
    return None


def first_messages(facts: Facts, direction: Direction) -> Iterator[tuple[int, bytes]]:
    """Yield number and beginning (256 bytes) of the data frames in this direction among the first eight frames."""
    attempt, log = facts.attempt, facts.session.frames
    for number in range(attempt.first_frame, min(attempt.end_frame, attempt.first_frame + _LOOKED_AT)):
        if log.direction(number) is direction and log.opcode(number) in (1, 2):
            yield number, log.preview(number, _PREVIEW)


def speaks(facts: Facts, *protocols: AppProtocol) -> Evidence | None:
    """Return what shows that one of these protocols is spoken, or None."""
    spoken = app_protocol(facts)
    return spoken.evidence if spoken is not None and spoken.protocol in protocols else None
