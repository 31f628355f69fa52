"""Application protocols on top of a WebSocket, and services that speak their own."""

from __future__ import annotations

from functools import partial

from wsinspect.lab import frames
from wsinspect.lab.storied import Approach, answering, storied
from wsinspect.lab.telling import SWITCHING, Act, opening

_framework = partial(storied, "framework")

_AT_GRAPHQL = "/graphql"
_STOMP_ERROR = "ERROR\nmessage:Bad CONNECT\ncontent-type:text/plain\nversion:1.2\ncontent-length:15\n\nAccess refused.\n\0"


def _selecting(subprotocol: str) -> str:
    return f"{SWITCHING}Sec-WebSocket-Protocol: {subprotocol}\n"


SCENARIOS = (
    _framework(
        "graphql-ws-subprotocol",
        "The client offers the old subprotocol, the server speaks the new one (4406)",
        opening(frames.close(4406, "Subprotocol not acceptable")),
        approach=Approach(path=_AT_GRAPHQL, options={"subprotocols": ("graphql-ws",)}),
    ),
    _framework(
        "graphql-ws-subprotocol-legacy",
        "The client offers the new subprotocol, the server speaks the old one (1002)",
        opening(frames.close(1002)),
        cause="graphql-ws-subprotocol",
        approach=Approach(path=_AT_GRAPHQL, options={"subprotocols": ("graphql-transport-ws",)}),
    ),
    _framework(
        "mqtt-over-ws",
        "An MQTT broker drops a client that does not offer the subprotocol mqtt",
        opening(0.2),
        likelier="open-then-fin",
        approach=Approach(path="/mqtt"),
    ),
    _framework(
        "stomp",
        "A STOMP broker sends an ERROR frame, and closes",
        opening(frames.text(_STOMP_ERROR), frames.close(1002), head=_selecting("v12.stomp")),
        approach=Approach(path="/ws", options={"subprotocols": ("v12.stomp",)}),
    ),
    _framework(
        "wamp",
        "A WAMP router knows no such realm",
        opening(
            Act.HEAR,
            frames.text('[3,{"message":"no such realm"},"wamp.error.no_such_realm"]'),
            frames.close(1000),
            head=_selecting("wamp.2.json"),
        ),
        approach=Approach(
            path="/ws",
            options={"subprotocols": ("wamp.2.json",)},
            send=('[1,"realm1",{"roles":{"caller":{}}}]',),
        ),
    ),
    _framework(
        "ocpp",
        "A charging backend knows none of the versions that we offer",
        opening(0.2),
        likelier="open-then-fin",
        approach=Approach(path="/ocpp/CP001", options={"subprotocols": ("ocpp1.6",)}),
    ),
    _framework(
        "supabase-realtime",
        "Supabase Realtime gets no key",
        answering(
            "HTTP/1.1 403 Forbidden\nDate: {date}\nContent-Length: 0\nConnection: keep-alive\n"
            "cache-control: max-age=0, private, must-revalidate\nsb-project-ref: abcdefghijklmnopqrst"
        ),
        approach=Approach(host="abcdefghijklmnopqrst.supabase.co", path="/realtime/v1/websocket?vsn=1.0.0"),
    ),
    _framework(
        "livekit-401",
        "LiveKit finds the access token expired",
        answering(
            "HTTP/1.1 401 Unauthorized\nContent-Type: text/plain; charset=utf-8\nX-Content-Type-Options: nosniff\n"
            "Date: {date}\nContent-Length: {length}",
            "invalid token: eyJhbGciOiJIUzI1NiJ9, error: go-jose/go-jose/jwt: validation failed, token is expired (exp)",
        ),
        approach=Approach(path="/rtc?access_token=eyJhbGciOiJIUzI1NiJ9&auto_subscribe=1"),
    ),
    _framework(
        "home-assistant-auth",
        "Home Assistant refuses the access token, in a message",
        opening(
            frames.text('{"type":"auth_required","ha_version":"2026.1.2"}'),
            Act.HEAR,
            frames.text('{"type":"auth_invalid","message":"Invalid access token or password"}'),
            frames.close(1000),
        ),
        approach=Approach(path="/api/websocket", send=('{"type":"auth","access_token":"wrong"}',)),
    ),
)
