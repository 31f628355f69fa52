"""Development servers, application protocols and services: told by first frames, subprotocols and close codes."""

from __future__ import annotations

import pytest

from tests.diagnosis.refusals import DATE, NGINX, Refusal, refusal
from tests.diagnosis.story import (
    MASK,
    Story,
    answered,
    asked,
    close,
    fin,
    idle,
    opened,
    raw_answer,
    received,
    sent,
    sent_text,
    switched,
    text,
    timed_out,
)
from tests.diagnosis.table import Row, beside, check, fires, silent
from wsinspect.diagnosis.app_protocol import AppProtocol, app_protocol
from wsinspect.diagnosis.cause import Certainty
from wsinspect.diagnosis.close_families import family_code, readings
from wsinspect.diagnosis.facts import Facts
from wsinspect.lab import frames

CERTAIN, LIKELY, POSSIBLE = Certainty.CERTAIN, Certainty.LIKELY, Certainty.POSSIBLE
WS = "Connection: close\nContent-Type: text/html\nContent-Length: {length}"
HMR = "ws://localhost:3000/_next/webpack-hmr"
NEXT_404 = '<!DOCTYPE html><html><head><link href="/_next/static/css/a.css"/></head><body><div id="__next">404</div></body></html>'
VITE = "ws://localhost:5173/?token=abc"
DISCORD = "wss://gateway.discord.gg/?v=10&encoding=json"
TWITCH = "wss://eventsub.wss.twitch.tv/ws"
TRANSPORT_WS, OLD_WS = "graphql-transport-ws", "graphql-ws"
MQTT = opened("ws://broker.example/", answer=("Sec-WebSocket-Protocol: mqtt",), subprotocols=("mqtt",))
MQTT_CONNECT = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a"
INVALID_HOST = '{"type":"error","data":"Invalid Host/Origin header"}'
SLACK_LEAVES = '{"type":"disconnect","reason":"refresh_requested","debug_info":{"host":"x"}}'
PUSHER_WELCOME = '{"event":"pusher:connection_established","data":"{}"}'

REFUSALS: tuple[Refusal, ...] = (
    refusal(
        "vite-hmr",
        CERTAIN,
        "403 Forbidden\nContent-Type: text/plain",
        'Blocked request. This host ("evil.example") is not allowed.\nTo allow this host, add it',
        url=VITE,
    ),
    refusal(
        "vite-hmr", LIKELY, f"400 Bad Request\n{WS}", "Bad Request", url=VITE, subprotocols=("vite-hmr",)
    ),
    refusal("vite-hmr", None, f"400 Bad Request\n{WS}", "Bad Request"),
    refusal(
        "next-dev-hmr",
        LIKELY,
        f"502 Bad Gateway\n{DATE}",
        "Error: Parse Error: HPE_INVALID_CONSTANT",
        url=HMR,
    ),
    refusal("next-dev-hmr", None, f"502 Bad Gateway\n{DATE}", "Error: Parse Error: HPE_INVALID_CONSTANT"),
    refusal("nextjs-rewrite-no-ws", LIKELY, f"404 Not Found\n{DATE}\nX-Powered-By: Next.js", NEXT_404),
    refusal("nextjs-rewrite-no-ws", None, f"404 Not Found\n{DATE}", "<div>404</div>"),
    refusal(
        "nextjs-api-route-no-ws",
        LIKELY,
        f"404 Not Found\n{DATE}\nX-Powered-By: Next.js",
        NEXT_404,
        url="ws://app.example/api/socket",
    ),
    refusal(
        "nextjs-api-route-no-ws",
        LIKELY,
        f"405 Method Not Allowed\n{NGINX}\nvary: rsc, next-router-state-tree",
        "",
        url="ws://app.example/api/socket",
    ),
    refusal(
        "nextjs-api-route-no-ws", None, f"404 Not Found\n{DATE}", "no", url="ws://app.example/api/socket"
    ),
    refusal(
        "supabase-realtime",
        LIKELY,
        f"403 Forbidden\n{DATE}",
        "",
        url="wss://ab.supabase.co/realtime/v1/websocket?vsn=1.0.0",
    ),
    refusal(
        "supabase-realtime",
        LIKELY,
        f"403 Forbidden\n{DATE}\ncontent-length: 0\ncache-control: max-age=0, private, must-revalidate",
        "",
        url="wss://ab.supabase.co/realtime/v1/websocket?vsn=1.0.0",
    ),
    refusal("supabase-realtime", None, f"403 Forbidden\n{DATE}", "", url="wss://ab.supabase.co/rest/v1/x"),
    refusal(
        "livekit-401",
        LIKELY,
        f"401 Unauthorized\n{DATE}",
        "invalid token: ab",
        url="wss://live.example/rtc?access_token=ab",
    ),
    refusal("livekit-401", None, f"401 Unauthorized\n{DATE}", "invalid token: ab"),
)


def graphql(*offered: str, chosen: str = "") -> Story:
    """An open connection to a GraphQL endpoint."""
    answer = (f"Sec-WebSocket-Protocol: {chosen}",) if chosen else ()
    return opened("wss://api.example/graphql", answer=answer, subprotocols=offered)


ROWS: tuple[Row, ...] = (
    *(told.row() for told in REFUSALS),
    fires("next-dev-hmr", CERTAIN, asked(HMR) + raw_answer(b"Unauthorized") + fin()),
    fires("next-dev-hmr", LIKELY, asked("ws://app.example/hot") + raw_answer(b"Unauthorized") + fin()),
    fires("next-dev-hmr", LIKELY, asked(HMR) + timed_out()),
    fires("next-dev-hmr", LIKELY, asked("ws://localhost:3000/_next/hmr") + timed_out()),
    silent("next-dev-hmr", asked("ws://localhost:3000/hmr") + timed_out()),
    silent("next-dev-hmr", asked(HMR) + raw_answer(b"Unknown") + fin()),
    beside("vite-hmr", POSSIBLE, asked(VITE) + timed_out()),
    beside("vite-proxy-ws-false", POSSIBLE, asked("ws://localhost:3000/ws") + timed_out()),
    silent("vite-proxy-ws-false", asked("ws://app.example/ws") + timed_out()),
    fires("webpack-dev-server-host", CERTAIN, opened("ws://dev.example:8080/ws") + text(INVALID_HOST) + close() + fin()),
    silent("webpack-dev-server-host", opened("ws://dev.example:8080/ws") + text('{"type":"hot"}') + close() + fin()),
    fires("graphql-ws-subprotocol", CERTAIN, graphql(OLD_WS) + close(4406, "Subprotocol not acceptable") + fin()),
    fires("graphql-ws-subprotocol", CERTAIN, graphql() + close(4406, "Subprotocol not acceptable") + fin()),
    fires("graphql-ws-subprotocol", LIKELY, graphql(TRANSPORT_WS) + close(1002) + fin()),
    fires("graphql-ws-subprotocol", LIKELY, graphql(TRANSPORT_WS, chosen=TRANSPORT_WS) + close(1002) + fin()),
    fires("graphql-ws-subprotocol", LIKELY, opened("ws://api.example/graphql") + close(1002) + fin()),
    silent("graphql-ws-subprotocol", opened("ws://api.example/graphql") + close(1000) + fin()),
    silent("graphql-ws-subprotocol", graphql(TRANSPORT_WS, chosen=TRANSPORT_WS) + sent_text("{}") + close(1002) + fin()),
    fires("graphql-ws-subprotocol", LIKELY, graphql(TRANSPORT_WS) + fin()),
    silent("graphql-ws-subprotocol", graphql(TRANSPORT_WS, chosen=TRANSPORT_WS) + close(4401, "Unauthorized") + fin()),
    silent("graphql-ws-subprotocol", opened(subprotocols=("chat",)) + close(1002) + fin()),
    fires("close-of-product", CERTAIN, graphql(TRANSPORT_WS, chosen=TRANSPORT_WS) + close(4408, "Connection initialisation timeout") + fin()),
    fires("close-of-product", CERTAIN, opened(DISCORD) + text('{"op":10,"d":{"heartbeat_interval":41250}}') + close(4004, "Authentication failed.") + fin()),
    fires("close-of-product", CERTAIN, opened() + text(PUSHER_WELCOME) + close(4201, "Pong reply not received") + fin()),
    silent("close-of-product", opened() + text("hi") + close(4004, "no") + fin()),
    silent("close-of-product", opened(DISCORD) + text("{}") + close(4999) + fin()),
    fires("twitch-eventsub", CERTAIN, opened(TWITCH) + idle(s=10) + close(4003, "connection unused") + fin()),
    silent("twitch-eventsub", opened() + idle(s=10) + close(4003, "connection unused") + fin()),
    fires("slack-socket-mode", CERTAIN, opened("wss://wss-primary.slack.com/link/?ticket=x") + text(SLACK_LEAVES) + close(1000) + fin()),
    silent("slack-socket-mode", opened() + text('{"type":"disconnect","reason":"bored"}') + close(1000) + fin()),
    fires("home-assistant-auth", CERTAIN, opened() + text('{"type":"auth_required","ha_version":"2026.1"}') + sent_text("{}") + text('{"type":"auth_invalid","message":"Invalid access token"}') + close(1000) + fin()),
    silent("home-assistant-auth", opened() + text('{"type":"auth_required"}') + text('{"type":"auth_ok"}') + close(1000) + fin()),
    fires("stomp", CERTAIN, opened(subprotocols=("v12.stomp",), answer=("Sec-WebSocket-Protocol: v12.stomp",)) + text("ERROR\nmessage:Bad CONNECT\n\nno\0") + close(1002) + fin()),
    silent("stomp", opened() + text("CONNECTED\nversion:1.2\n\n\0") + close(1000) + fin()),
    fires("wamp", CERTAIN, opened(subprotocols=("wamp.2.json",), answer=("Sec-WebSocket-Protocol: wamp.2.json",)) + text('[3,{"message":"no"},"wamp.error.no_such_realm"]') + close(1000) + fin()),
    silent("wamp", opened() + text('[3,{"message":"no"},"wamp.error.no_such_realm"]') + close(1000) + fin()),
    beside("mqtt-over-ws", POSSIBLE, opened("ws://broker.example:8083/mqtt") + idle(s=0.2) + fin()),
    silent("mqtt-over-ws", opened("ws://broker.example:8083/mqtt", subprotocols=("mqtt",)) + idle(s=0.2) + fin()),
    fires("mqtt-over-ws", LIKELY, MQTT + idle(s=1.5) + close() + fin()),
    fires("mqtt-over-ws", LIKELY, MQTT + sent_text("hello") + fin()),
    silent("mqtt-over-ws", MQTT + sent(frames.frame(frames.BINARY, MQTT_CONNECT, mask=MASK)) + fin()),
    silent("mqtt-over-ws", MQTT + idle(s=1.5)),
    beside("mqtt-over-ws", POSSIBLE, asked("ws://broker.example:8083/mqtt") + answered("HTTP/1.1 400 Bad Request", "") + fin()),
    beside("ocpp", POSSIBLE, asked("wss://csms.example/ocpp/CP1", subprotocols=("ocpp1.6",)) + switched() + fin()),
    silent("ocpp", asked("wss://csms.example/ocpp/CP1", subprotocols=("ocpp1.6",)) + switched("Sec-WebSocket-Protocol: ocpp1.6")),
    fires("appsync-realtime", LIKELY, opened("wss://ab.appsync-realtime-api.eu-west-1.amazonaws.com/graphql") + close(4401, "UnauthorizedException") + fin()),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_story(row: Row) -> None:
    check(row)


SPOKEN: tuple[tuple[AppProtocol, Story], ...] = (
    (AppProtocol.ENGINE_IO, opened() + text('0{"sid":"x","pingInterval":25000}')),
    (AppProtocol.SOCKET_IO, opened() + sent_text("40") + text('40{"sid":"x"}')),
    (AppProtocol.GRAPHQL_TRANSPORT_WS, graphql(TRANSPORT_WS, chosen=TRANSPORT_WS)),
    (AppProtocol.GRAPHQL_WS, graphql(OLD_WS, chosen=OLD_WS)),
    (AppProtocol.GRAPHQL_TRANSPORT_WS, opened() + sent_text('{"type":"connection_init"}')),
    (AppProtocol.SIGNALR, opened() + sent_text('{"protocol":"json","version":1}\x1e') + text("{}\x1e")),
    (AppProtocol.STOMP, opened() + text("CONNECTED\nversion:1.2\n\n\0")),
    (AppProtocol.SOCKJS, opened() + text("o")),
    (AppProtocol.PHOENIX, opened() + sent_text('["1","1","room:1","phx_join",{}]')),
    (AppProtocol.ACTION_CABLE, opened() + text('{"type":"welcome"}')),
    (AppProtocol.MQTT, opened() + received(frames.frame(frames.BINARY, b"\x20\x02\x00\x00"))),
    (AppProtocol.WAMP, opened() + sent_text('[1,"realm1",{"roles":{}}]')),
    (AppProtocol.OCPP, opened() + sent_text('[2,"19","BootNotification",{}]')),
    (AppProtocol.PUSHER, opened() + text(PUSHER_WELCOME)),
    (AppProtocol.VITE_HMR, opened() + text('{"type":"connected"}')),
    (AppProtocol.WEBPACK_HMR, opened() + text('{"type":"hot"}') + text('{"type":"liveReload"}')),
    (AppProtocol.DISCORD, opened(DISCORD)),
    (AppProtocol.TWITCH, opened(TWITCH)),
)


@pytest.mark.parametrize(
    ("protocol", "story"), SPOKEN, ids=lambda value: str(value) if isinstance(value, str) else ""
)
def test_a_protocol_is_told_by_its_first_frames_or_its_name(protocol: AppProtocol, story: Story) -> None:
    record = story.record()
    spoken = app_protocol(Facts(record, record.attempts[-1]))
    assert spoken is not None
    assert spoken.protocol is protocol
    assert spoken.evidence.text


@pytest.mark.parametrize(
    "message", ["hello", "{}", "0", "[1,2,3]", '{"type":"message"}', "a", "{'event': 'x'}"]
)
def test_ordinary_messages_are_no_protocol(message: str) -> None:
    record = (opened() + text(message) + sent_text(message)).record()
    assert app_protocol(Facts(record, record.attempts[-1])) is None


def test_a_private_code_is_read_by_its_product_and_never_by_the_number_alone() -> None:
    discord = (opened(DISCORD) + close(4004) + fin()).record()
    told = family_code(Facts(discord, discord.attempts[-1]), 4004)
    assert told is not None
    assert (told.meaning, told.reconnect) == ("the token is wrong", False)
    unknown = (opened() + close(4004) + fin()).record()
    assert family_code(Facts(unknown, unknown.attempts[-1]), 4004) is None


def test_without_a_connection_a_private_code_has_several_readings() -> None:
    names = [name for name, _ in readings(4003)]
    assert "Discord's gateway" in names
    assert "Twitch EventSub" in names
    assert names[-1] == "applications that copy HTTP's 403"
    assert readings(4429)[-1] == ("applications that copy HTTP's 429", "too many requests")
    assert readings(1000) == readings(5000) == ()
