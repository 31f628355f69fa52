"""The request's fields: their order, the user's own in their place, and what is refused before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from wsinspect.connection.request import build_request, check_request_options, request_fields
from wsinspect.connection.url import parse_url
from wsinspect.errors import UsageError
from wsinspect.options import ConnectOptions


def fields(url: str = "ws://example.com/chat", **options: Any) -> list[tuple[str, str]]:
    made = ConnectOptions(url=url, **options)
    return request_fields(made, parse_url(url), "KEY")


def test_every_field_stands_in_its_place() -> None:
    names = [
        name
        for name, _ in fields(
            subprotocols=("a", "b"),
            origin="https://example.com",
            bearer="t",
            cookies=("x=1", "y=2"),
            headers=(("X-One", "1"),),
        )
    ]
    assert names == [
        "Host",
        "Upgrade",
        "Connection",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Version",
        "Sec-WebSocket-Extensions",
        "Sec-WebSocket-Protocol",
        "Origin",
        "Authorization",
        "Cookie",
        "User-Agent",
        "X-One",
    ]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"basic_auth": "user:pass"}, ("Authorization", "Basic dXNlcjpwYXNz")),
        ({"url": "ws://user:pass@example.com/"}, ("Authorization", "Basic dXNlcjpwYXNz")),
        ({"bearer": "token"}, ("Authorization", "Bearer token")),
        ({"cookies": ("a=1", "b=2")}, ("Cookie", "a=1; b=2")),
        ({"subprotocols": ("a", "b")}, ("Sec-WebSocket-Protocol", "a, b")),
        ({"user_agent": "me"}, ("User-Agent", "me")),
        ({"url": "wss://example.com:444/"}, ("Host", "example.com:444")),
        ({"headers": (("host", "other"),)}, ("host", "other")),
    ],
)
def test_an_option_becomes_its_field(options: dict[str, Any], field: tuple[str, str]) -> None:
    assert field in fields(**options)


def test_extra_fields_replace_remove_and_follow() -> None:
    made = fields(
        headers=(
            ("UPGRADE", "h2c"),
            ("Sec-WebSocket-Key", ""),
            ("X-A", "1"),
            ("X-A", "2"),
            ("User-Agent", ""),
            ("X-B", ""),
        )
    )
    assert made == [
        ("Host", "example.com"),
        ("UPGRADE", "h2c"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"),
        ("X-A", "1"),
        ("X-A", "2"),
    ]


def test_without_compression_and_agent_their_fields_are_missing() -> None:
    names = [name for name, _ in fields(compression=False, user_agent="")]
    assert names == ["Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"]


def test_keys_are_fresh_and_sixteen_bytes_long() -> None:
    options = ConnectOptions(url="ws://example.com/a?b")
    one, two = (build_request(options, parse_url(options.url)) for _ in range(2))
    assert one != two
    assert one.startswith(b"GET /a?b HTTP/1.1\r\nHost: example.com\r\n")
    assert one.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"headers": (("X\r\nY", "1"),)}, "header name"),
        ({"headers": (("", "1"),)}, "header name"),
        ({"headers": (("X Y", "1"),)}, "header name"),
        ({"headers": (("X", "a\r\nEvil: 1"),)}, "0x0d at position 1"),
        ({"headers": (("X", "a\0"),)}, "0x00"),
        ({"cookies": ("a=1\n",)}, "cookie"),
        ({"origin": "x\n"}, "origin"),
        ({"bearer": "x\r"}, "bearer token"),
        ({"basic_auth": "x:\n"}, "basic auth"),
        ({"user_agent": "\x1b"}, "user agent"),
        ({"compression_offer": "a\n"}, "compression offer"),
        ({"subprotocols": ("a b",)}, "not a token"),
        ({"subprotocols": ("a", "a")}, "named twice"),
    ],
)
def test_what_would_break_the_head_is_refused(options: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_request_options(ConnectOptions(url="ws://example.com/", **options))
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "allowed" in str(caught.value)


def test_a_tab_and_letters_beyond_ascii_are_allowed() -> None:
    check_request_options(ConnectOptions(url="ws://x/", headers=(("X", "a\tü"),)))
