"""Copied curl commands, as Chrome and Firefox write them, and what can't be part of a handshake."""

from __future__ import annotations

from typing import Any

import pytest

from wsinspect.errors import UsageError
from wsinspect.options import ConnectOptions, ConnectToRule, ResolveRule
from wsinspect.profiles.curl import looks_like_curl, parse_curl

CHROME_BASH = r"""curl 'wss://echo.example.org/chat?room=1' \
  -H 'Upgrade: websocket' \
  -H 'Origin: https://app.example.org' \
  -H 'Cache-Control: no-cache' \
  -H 'Accept-Language: en-US,en;q=0.9' \
  -b 'sid=abc; theme=dark' \
  -H 'Pragma: no-cache' \
  -H 'Connection: Upgrade' \
  -H 'Sec-WebSocket-Key: 8K1yQv0c0b6yq8zq1Yk0Aw==' \
  -H 'User-Agent: Mozilla/5.0 (X11; Linux x86_64)' \
  -H 'Sec-WebSocket-Version: 13' \
  -H $'X-Note: it\u0021s' \
  -H 'Sec-WebSocket-Protocol: graphql-transport-ws, graphql-ws' \
  -H 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'
"""
CHROME_CMD = """curl ^"wss://echo.example.org/chat?room=1^&x=%^7B%^22a%^22^" ^
  -H ^"Upgrade: websocket^" ^
  -H ^"Origin: https://app.example.org^" ^
  -b ^"sid=abc; theme=dark^" ^
  -H ^"Connection: Upgrade^" ^
  -H ^"X-Json: ^{^\\^"a^\\^":1^}^" ^
  -H ^"User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64)^"
"""
FIREFOX_BASH = (
    "curl 'wss://echo.example.org/chat' -H 'User-Agent: Mozilla/5.0 Firefox/153.0' -H 'Accept: */*'"
    " -H 'Accept-Encoding: gzip, deflate, br, zstd' -H 'Sec-WebSocket-Version: 13' -H 'Origin: https://app.example.org'"
    " -H 'Sec-WebSocket-Extensions: permessage-deflate' -H 'Sec-WebSocket-Key: x' -H 'Connection: keep-alive, Upgrade'"
    " -H 'Cookie: sid=abc' -H 'Sec-Fetch-Dest: empty' -H 'Upgrade: websocket'"
)
FIREFOX_CMD = (
    'curl ^"wss://echo.example.org/chat^" --compressed -H ^"User-Agent: Mozilla/5.0^" -H ^"Origin: https://app.example.org^"'
    ' -H ^"Sec-WebSocket-Key: x^" -H ^"Upgrade: websocket^"'
)


def test_chrome_for_bash() -> None:
    options = parse_curl(CHROME_BASH)
    assert options == ConnectOptions(
        url="wss://echo.example.org/chat?room=1",
        headers=(
            ("Cache-Control", "no-cache"),
            ("Accept-Language", "en-US,en;q=0.9"),
            ("Pragma", "no-cache"),
            ("X-Note", "it!s"),
        ),
        cookies=("sid=abc", "theme=dark"),
        origin="https://app.example.org",
        user_agent="Mozilla/5.0 (X11; Linux x86_64)",
        subprotocols=("graphql-transport-ws", "graphql-ws"),
    )


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_chrome_for_cmd(line_end: str) -> None:
    options = parse_curl(CHROME_CMD.replace("\n", line_end))
    assert options.url == "wss://echo.example.org/chat?room=1&x=%7B%22a%22"
    assert options.origin == "https://app.example.org"
    assert options.cookies == ("sid=abc", "theme=dark")
    assert options.headers == (("X-Json", '{"a":1}'),)
    assert options.user_agent == "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"


def test_firefox() -> None:
    for text in (FIREFOX_BASH, FIREFOX_CMD):
        options = parse_curl(text)
        assert options.url == "wss://echo.example.org/chat"
        assert options.origin == "https://app.example.org"
        assert options.compression
        names = {name.lower() for name, _ in options.headers}
        assert not names & {"sec-websocket-key", "upgrade", "connection", "accept-encoding", "cookie"}


def test_a_browser_that_offered_no_compression() -> None:
    assert not parse_curl("curl ws://h/ -H 'Sec-WebSocket-Extensions: x-none'").compression


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ("-k", {"insecure": True}),
        ("-sSk", {"insecure": True}),
        ("-kL4", {"insecure": True, "follow_redirects": True, "family": "ipv4"}),
        ("-6", {"family": "ipv6"}),
        ("-u me:pw", {"basic_auth": "me:pw"}),
        ("-ume", {"basic_auth": "me:"}),
        ("--oauth2-bearer t", {"bearer": "t"}),
        ("-x socks5h://p:1", {"proxy": "socks5h://p:1"}),
        ("-x http://p:1 -U 'a:b@c'", {"proxy": "http://a:b%40c@p:1"}),
        ("--socks5 p:1", {"proxy": "socks5://p:1"}),
        ("--socks5-hostname p:1", {"proxy": "socks5h://p:1"}),
        ("--noproxy '*'", {"proxy": ""}),
        ("--cacert c.pem --cert a.pem --key b.pem", {"ca_file": "c.pem", "cert_file": "a.pem", "key_file": "b.pem"}),
        ("--resolve h:80:127.0.0.1", {"resolve": (ResolveRule(host="h", port=80, addresses=("127.0.0.1",)),)}),
        ("--connect-to h:80:i:81", {"connect_to": (ConnectToRule(host="h", port=80, to_host="i", to_port=81),)}),
        ("-b a=1 -b 'b=2; c=3'", {"cookies": ("a=1", "b=2", "c=3")}),
        ("-e http://ref/", {"headers": (("Referer", "http://ref/"),)}),
        ("-A ''", {"user_agent": ""}),
        ("-XGET", {}),
        ("--tlsv1.3 --tls-max 1.3", {"min_tls": "1.3", "max_tls": "1.3"}),
        ("-o out.txt -m 5 -sS --compressed", {}),
    ],
)  # fmt: skip
def test_options_of_curl(arguments: str, options: dict[str, Any]) -> None:
    assert parse_curl(f"curl {arguments} ws://h/") == ConnectOptions(url="ws://h/", **options)


def test_the_connect_timeout_holds_for_every_step() -> None:
    options = parse_curl("curl --connect-timeout 3 ws://h/")
    assert (options.resolve_timeout_s, options.tls_timeout_s, options.upgrade_timeout_s) == (3.0, 3.0, 3.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("curl", "there is no URL in it; copy it again, whole"),
        ("curl -H 'A: b'", "there is no URL in it"),
        ("curl ws://a/ ws://b/", "more than one URL ('ws://b/' is the second); allowed: one"),
        (
            "curl -d x ws://a/",
            "curl's -d sends a body; allowed: a GET request: an opening handshake has no body",
        ),
        ("curl --data-raw x ws://a/", "sends a body"),
        ("curl -I ws://a/", "sends a HEAD request"),
        ("curl -X POST ws://a/", "the method is POST; allowed: GET (RFC 6455 section 4.1)"),
        ("curl --frobnicate ws://a/", "curl's option --frobnicate is not understood; leave it out"),
        ("curl ws://a/ -H", "curl's option -H lacks its value"),
        ("curl ws://a/ -H nonsense", "header 'nonsense' has no colon"),
        ("curl ws://a/ -H @file", "curl's -H names a file of fields"),
        ("curl ws://a/ -b jar.txt", "curl's -b names a file of cookies; allowed: NAME=VALUE"),
        ("curl ws://a/ --resolve x", "'x' is not of the form"),
        ("curl ws://a/ --connect-timeout soon", "'soon' is not a time"),
        ("curl ws://a/ -A $'a\\nb'", "control character U+000A"),
        ("curl ws://a/ --tls-max 9", "TLS version '9'; allowed: 1.0, 1.1, 1.2, 1.3"),
        ("curl 'ws://a/", "the quote ' at character 6 is never closed"),
    ],
)
def test_what_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_curl(text)
    line = str(caught.value)
    assert line.startswith("curl command: ")
    assert said in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("curl ws://h/", True),
        ("  $ curl ws://h/", True),
        ("curl.exe ws://h/", True),
        ("curl \\\n ws://h/", True),
        ("curl", True),
        ("curly", False),
        ("wss://curl/", False),
        ("", False),
    ],
)
def test_what_looks_like_curl(text: str, is_one: bool) -> None:
    assert looks_like_curl(text) is is_one
