"""Canaries in every place where a secret may stand: none leaves, and the text around them stays readable."""

from __future__ import annotations

import base64
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.diagnosis.story import Story, answered, asked, close, fin, opened, text
from wsinspect.check.report import report
from wsinspect.check.text import text_report
from wsinspect.diagnosis.engine import diagnose
from wsinspect.export.redact import (
    Redactor,
    mask,
    secrets_of_field,
    secrets_of_options,
    secrets_of_url,
)
from wsinspect.export.token_words import looks_random
from wsinspect.options import ConnectOptions

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
BASIC = base64.b64encode(b"canary-user:canary-word").decode()


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("Authorization", "Bearer canary-token", "canary-token"),
        ("AUTHORIZATION", f"Basic {BASIC}", BASIC),
        ("Authorization", f"Basic {BASIC}", "canary-word"),
        ("Authorization", "canary-naked", "canary-naked"),
        ("Proxy-Authorization", f"Basic {BASIC}", BASIC),
        ("Cookie", "a=canary-1; b=canary-2", "canary-2"),
        ("Cookie", "canary-nameless", "canary-nameless"),
        ("Set-Cookie", "sid=canary-set; Path=/; HttpOnly", "canary-set"),
        ("X-Api-Key", "canary-key", "canary-key"),
        ("apikey", "canary-key", "canary-key"),
        ("X-Auth-Token", "canary-key", "canary-key"),
        ("X-CSRF-Token", "canary-key", "canary-key"),
        ("X-Session-Id", "canary-key", "canary-key"),
        ("Sec-WebSocket-Protocol", f"chat, {JWT}", JWT),
        ("Sec-WebSocket-Protocol", "access_token, short1", "short1"),
        ("Sec-WebSocket-Protocol", "Bearer, canary", "canary"),
        ("Sec-WebSocket-Protocol", "v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.Y2FuYXJ5LXRva2Vu", "Y2FuYXJ5LXRva2Vu"),
        ("Sec-WebSocket-Protocol", "realtime, openai-insecure-api-key.sk-canary-word", "sk-canary-word"),
        ("Sec-WebSocket-Protocol", "auth-canary-word", "canary-word"),
        ("Sec-WebSocket-Protocol", "access_token=canary-word", "canary-word"),
        ("Sec-WebSocket-Protocol", "chat, Bearer.canary", "Bearer.canary"),
        ("Sec-WebSocket-Protocol", "chat, 1a2b3c4d5e", "1a2b3c4d5e"),
        ("Sec-WebSocket-Protocol", "550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"),
        ("Referer", "https://h/?access_token=canary-ref", "canary-ref"),
        ("Location", "wss://u:canary-pw@h/", "canary-pw"),
    ],
)  # fmt: skip
def test_fields_that_hold_secrets(name: str, value: str, secret: str) -> None:
    assert secret in secrets_of_field(name, value)
    assert secret not in Redactor(secrets_of_field(name, value))(f"{name}: {value}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ("WWW-Authenticate", 'Basic realm="area"'),
        ("Proxy-Authenticate", "Basic"),
        ("Origin", "https://app.example"),
        ("Host", "a.example:8080"),
        ("Sec-WebSocket-Protocol", "graphql-transport-ws, base64.channel.k8s.io, actioncable-v1-json, wamp.2.msgpack.batched"),
        ("Sec-WebSocket-Protocol", "json.reliable.webpubsub.azure.v1, v12.stomp, ocpp2.0.1, mqtt"),
        ("Sec-WebSocket-Protocol", "auth-v2, token.ws, v10.pcp.sap.com, vnd.dash-isobmff-2020, base64url, h264h265, bearer"),
        ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"),
        ("Server", "nginx/1.22.1"),
        ("Authorization", ""),
    ],
)  # fmt: skip
def test_fields_that_tell_and_hold_none(name: str, value: str) -> None:
    assert secrets_of_field(name, value) == []


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("wss://h/ws?token=canary-q", ["canary-q"]),
        ("wss://h/ws?x=1&access_token=can%2Fary", ["can%2Fary", "can/ary"]),
        ("wss://h/ws?api_key=k1234567&room=7", ["k1234567"]),
        ("wss://h/ws?key=abcdefgh", ["abcdefgh"]),
        ("wss://h/ws?sid=abcdefgh", ["abcdefgh"]),
        (f"wss://h/ws?state={'x' * 40}", ["x" * 40]),
        ("wss://user:p%40ss@h/", ["user:p%40ss", "user:p@ss", "p%40ss", "p@ss"]),
        (f"wss://h/live/{JWT}/ws", [JWT]),
    ],
)
def test_secrets_in_urls(url: str, secrets: list[str]) -> None:
    found = secrets_of_url(url)
    assert set(secrets) <= set(found)
    masked = Redactor(found)(url)
    assert not [secret for secret in secrets if secret in masked]


@pytest.mark.parametrize(
    "url", ["wss://h/", "wss://h/ws?room=7&transport=websocket&EIO=4", "wss://h:8080/socket.io/", "wss://[", "not a url", "wss://h/graphql-transport-ws"]
)  # fmt: skip
def test_urls_without_secrets(url: str) -> None:
    assert secrets_of_url(url) == []


@pytest.mark.parametrize(
    ("text", "random"),
    [
        (JWT, True),
        ("9f86d081884c7d659a2feaa0c55ad015", True),
        ("dGhlIHNhbXBsZSBub25jZQ", True),
        ("graphql-transport-ws", False),
        ("internationalization", False),
        ("INTERNATIONALIZATION", False),
        ("2026-11-23", False),
        ("12345678901234567890", False),
        ("QWxhZGRpbjpvcGVuIHNlc2FtZQ", True),
        ("a" * 1_000_000, False),
        ("", False),
    ],
)
def test_what_looks_random(text: str, random: bool) -> None:
    assert looks_random(text) is random


OPTIONS = ConnectOptions(
    url="wss://urluser:canary-urlpw@h/ws?token=canary-query",
    proxy="http://proxyuser:canary-proxypw@p:1",
    headers=(("X-Api-Key", "canary-header"), ("X-Plain", "visible")),
    cookies=("sid=canary-cookie",),
    basic_auth="me:canary-basic",
    bearer="canary-bearer",
    subprotocols=("chat", JWT),
)
CANARIES = [
    "canary-urlpw", "canary-query", "canary-proxypw", "canary-header", "canary-cookie", "canary-basic", "canary-bearer", JWT,
    base64.b64encode(b"me:canary-basic").decode(),
]  # fmt: skip


def test_every_secret_of_the_options_is_known() -> None:
    assert set(CANARIES) <= set(secrets_of_options(OPTIONS))
    masked = Redactor.for_options(OPTIONS)(" ".join(CANARIES) + " visible chat")
    assert "canary" not in masked
    assert masked.endswith(" visible chat")


STORIES = [
    asked("wss://h/ws?token=canary-query", bearer="canary-bearer", cookies=("sid=canary-cookie",), subprotocols=("chat", JWT))
    + answered(
        "HTTP/1.1 403 Forbidden\nSet-Cookie: sid=canary-set\nLocation: https://h/?code=canary-code\nContent-Length: {length}",
        f'{{"you sent": "canary-cookie", "and": "{JWT}"}}' + "x" * 985 + "canary-bearer",
    ),
    opened("wss://h/ws?token=canary-query", cookies=("sid=canary-cookie",)) + text("canary-cookie") + close(4401, "canary-cookie is old") + fin(),
]  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
def test_no_canary_in_any_report(story: Story) -> None:
    record = story.record()
    redact = Redactor.for_session(record)
    diagnosis = diagnose(record)
    as_text = text_report(record, diagnosis, redact, width=60)
    as_json = json.dumps(report(record, diagnosis, redact), ensure_ascii=False)
    for output in (as_text, as_json):
        assert "canary" not in output
        assert JWT not in output
        assert "***" in output
    shown = text_report(record, diagnosis, Redactor.for_session(record, show=True), width=60)
    assert "canary-query" in shown


def test_the_same_secret_has_the_same_mask_everywhere_and_another_has_another() -> None:
    redact = Redactor(["first-secret", "other-secret"])
    masked = redact("a=first-secret b=first-secret c=other-secret")
    one, two, three = re.findall(r"\*\*\*[0-9a-f]{4}\*\*\*", masked)
    assert one == two != three
    assert mask("first-secret") == one
    assert Redactor(["first-secret"])("first-secret") == one


def test_the_longer_secret_wins() -> None:
    redact = Redactor(["canary-word", "user:canary-word"])
    assert redact("user:canary-word") == mask("user:canary-word")
    assert redact("say canary-word") == f"say {mask('canary-word')}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("in the dark room", "in the dark room"),
        ("darkness=darker", "darkness=darker"),
        ("Cookie: theme=dark; a=1", f"Cookie: theme={mask('dark')}; a=1"),
        ("X-Api-Key: dark", f"X-Api-Key: {mask('dark')}"),
        ("Authorization: Bearer dark", f"Authorization: Bearer {mask('dark')}"),
        ("ws://u:dark@h/", f"ws://u:{mask('dark')}@h/"),
        ("'dark'", f"'{mask('dark')}'"),
        ("dark", mask("dark")),
    ],
)
def test_short_secrets_do_not_eat_the_text(before: str, after: str) -> None:
    assert Redactor(["dark"])(before) == after


@pytest.mark.parametrize(
    "repeated",
    [
        "next=%2Fws%3Ftoken%3Dcan%2Fary%2B%22w%20rd%22%3D%3D",
        "next=%2fws%3ftoken%3dcan%2fary%2b%22w%20rd%22%3d%3d",
        "token=can%2Fary%2B%22w+rd%22%3D%3D&room=7",
        "/can/ary%2B%22w%20rd%22%3D%3D/",
        r'{"token": "can/ary+\"w rd\"=="}',
        r'{"token": "can\/ary+\"w rd\"=="}',
        "<a href='?token=can/ary+&quot;w rd&quot;=='>",
    ],
)
def test_a_secret_is_found_however_it_is_written(repeated: str) -> None:
    redact = Redactor(['can/ary+"w rd"=='])
    masked = mask('can/ary+"w rd"==')
    assert masked in redact(repeated)
    assert "ary" not in redact(repeated)
    assert masked.encode() in redact.data(repeated.encode())
    assert b"ary" not in redact.data(repeated.encode())


def test_a_secret_has_one_mask_however_it_is_written() -> None:
    redact = Redactor(secrets_of_url("wss://h/ws?access_token=can%2Fary%3D"))
    assert redact("can%2Fary%3D") == redact("can/ary=") == mask("can/ary=")


def test_our_own_secret_is_found_however_it_is_written_among_any_number_of_cookies() -> None:
    redact = Redactor(["can/ary+word==", *(f"a/{number}" for number in range(1000))])
    assert redact("token=can%2Fary%2Bword%3D%3D") == f"token={mask('can/ary+word==')}"


def test_very_short_ones_are_left_alone() -> None:
    assert Redactor(["1", "on", ""])("a=1; b=on") == "a=1; b=on"
    assert Redactor(["1"]).count == 0


def test_shown_means_unchanged() -> None:
    redact = Redactor(["canary-word"], show=True)
    assert redact("canary-word") == "canary-word"
    assert redact.count == 0


@given(st.lists(st.text(min_size=8, max_size=30), min_size=1, max_size=5), st.text(max_size=50))
def test_no_long_secret_survives(secrets: list[str], around: str) -> None:
    masked = Redactor(secrets)(around.join(secrets))
    for secret in secrets:
        assert secret not in masked or secret in "".join(map(mask, secrets))
