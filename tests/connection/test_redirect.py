"""Redirects as a table: followed or not, and what goes along."""

from __future__ import annotations

from typing import Any

import pytest

from wsinspect.connection.redirect import redirect_of
from wsinspect.connection.url import parse_url
from wsinspect.options import ConnectOptions
from wsinspect.wire.http import parse_response_head


def redirect(url: str, location: str, status: int = 302, **options: Any) -> tuple[str | None, str] | None:
    """Returns the new URL, or None if it is not followed, and the note."""
    made = ConnectOptions(url=url, follow_redirects=True, **options)
    head = parse_response_head(f"HTTP/1.1 {status} X\r\nLocation: {location}\r\n\r\n".encode())
    found = redirect_of(made, parse_url(url), head)
    return None if found is None else (None if found.options is None else found.options.url, found.note)


@pytest.mark.parametrize(
    ("url", "location", "expected"),
    [
        ("ws://a.test/x/y", "/b", "ws://a.test/b"),
        ("ws://a.test/x/y", "b?c=1", "ws://a.test/x/b?c=1"),
        ("ws://a.test/x", "https://a.test/x", "wss://a.test/x"),
        ("wss://a.test/x", "//b.test/y", "wss://b.test/y"),
        ("wss://a.test:444/x", "?q", "wss://a.test:444/x?q"),
        ("ws://ws.test/x", "/ws", "ws://ws.test/ws"),
    ],
)
def test_a_location_is_resolved(url: str, location: str, expected: str) -> None:
    found = redirect(url, location)
    assert found is not None
    assert found[0] == expected


@pytest.mark.parametrize(
    ("url", "location", "said"),
    [
        ("wss://a.test/", "http://a.test/", "from wss to ws"),
        ("wss://a.test/", "ws://a.test/", "from wss to ws"),
        ("ws://a.test/", "ftp://a.test/", "not followed"),
        ("ws://a.test/", "ws+unix:///run/x.sock", "Unix socket"),
    ],
)
def test_what_is_not_followed_says_why(url: str, location: str, said: str) -> None:
    found = redirect(url, location)
    assert found is not None
    assert found[0] is None
    assert said in found[1]


def test_what_is_no_redirect() -> None:
    assert redirect("ws://a.test/", "/b", status=200) is None
    assert redirect("ws://a.test/", "/b", status=304) is None
    assert redirect("ws://a.test/", "", status=302) is None


@pytest.mark.parametrize("location", ["ws://b.test/", "wss://a.test/", "ws://a.test:81/"])
def test_another_origin_gets_no_credential(location: str) -> None:
    made = ConnectOptions(
        url="ws://u:p@a.test/",
        follow_redirects=True,
        bearer="b",
        cookies=("c=1",),
        headers=(("Host", "h"), ("X-Key", "k"), ("accept-language", "de")),
        cert_file="c.pem",
        key_file="k.pem",
        origin="https://a.test",
    )
    head = parse_response_head(f"HTTP/1.1 307 X\r\nLocation: {location}\r\n\r\n".encode())
    found = redirect_of(made, parse_url(made.url), head)
    assert found is not None
    new = found.options
    assert new is not None
    assert (new.bearer, new.basic_auth, new.cookies, new.cert_file, new.key_file) == (
        None,
        None,
        (),
        None,
        None,
    )
    assert new.headers == (("accept-language", "de"),)
    assert new.origin == made.origin
    assert found.note == "not sent to another origin: Authorization, Cookie, Host, X-Key, client certificate"


def test_one_origin_keeps_what_the_url_said() -> None:
    made = ConnectOptions(url="ws://u:p@a.test/", follow_redirects=True, cookies=("c=1",))
    head = parse_response_head(b"HTTP/1.1 301 X\r\nLocation: /b\r\n\r\n")
    found = redirect_of(made, parse_url(made.url), head)
    assert found is not None
    assert found.options is not None
    assert (found.options.basic_auth, found.options.cookies, found.note) == ("u:p", ("c=1",), "")
