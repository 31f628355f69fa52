"""URLs as people type and paste them: understood, or refused with a reason."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wsinspect.connection.url import Target, UrlError, UrlProblem, parse_url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("ws://example.com", "ws://example.com/"),
        ("wss://example.com/chat", "wss://example.com/chat"),
        ("WSS://EXAMPLE.com:443/Chat", "wss://example.com/Chat"),
        ("ws://example.com:80", "ws://example.com/"),
        ("ws://example.com:443", "ws://example.com:443/"),
        ("wss://example.com:80/", "wss://example.com:80/"),
        ("http://example.com/a", "ws://example.com/a"),
        ("HTTPS://example.com/a", "wss://example.com/a"),
        ("ws://example.com:/a", "ws://example.com/a"),
        ("ws://example.com:00080/", "ws://example.com/"),
        ("ws://example.com?x=1", "ws://example.com/?x=1"),
        ("ws://example.com./", "ws://example.com./"),
        ("ws://my_service:8080/", "ws://my_service:8080/"),
        ("ws://0.0.0.0:8080", "ws://0.0.0.0:8080/"),
        ("ws://127.1/", "ws://127.0.0.1/"),
        ("ws://0x7f000001:9000/", "ws://127.0.0.1:9000/"),
        ("ws://2130706433/", "ws://127.0.0.1/"),
        ("ws://[::1]:8080/x", "ws://[::1]:8080/x"),
        ("ws://[0:0:0:0:0:0:0:1]/x", "ws://[::1]/x"),
        ("ws://[::FFFF:1.2.3.4]/", "ws://[::ffff:1.2.3.4]/"),
        ("ws://user:secret@example.com/x", "ws://example.com/x"),
        ("ws://a@b@example.com/x", "ws://example.com/x"),
        ("ws://example.com/a b", "ws://example.com/a%20b"),
        ("ws://example.com/ü?q=ü&w='", "ws://example.com/%C3%BC?q=%C3%BC&w=%27"),
        ("ws://example.com/%20%zz", "ws://example.com/%20%zz"),
        ("ws://example.com/a/./b/../c", "ws://example.com/a/c"),
        ("ws://example.com/%2e%2E/a/..", "ws://example.com/"),
        ("ws://example.com/a//b", "ws://example.com/a//b"),
        ("ws://example.com\\a\\b", "ws://example.com/a/b"),
        ("ws://example.com/?next=wss://other/", "ws://example.com/?next=wss://other/"),
        ("ws://ws:8080/", "ws://ws:8080/"),
        ("wss://https.example.com/", "wss://https.example.com/"),
        ("ws://straße.example/", "ws://xn--strae-oqa.example/"),
        ("ws://BÜCHER.example/", "ws://xn--bcher-kva.example/"),
        ("ws://ｅｘａｍｐｌｅ。com/", "ws://example.com/"),
        ("ws://☃.example/", "ws://xn--n3h.example/"),
        ("ws://b%C3%BCcher.example/", "ws://xn--bcher-kva.example/"),
        ("  ws://example.com/ \n", "ws://example.com/"),
        ("\ufeffws://example.com/\u200b", "ws://example.com/"),
        ('"ws://example.com/"', "ws://example.com/"),
        ("<ws://example.com/>", "ws://example.com/"),
        # Without a scheme.
        ("localhost:8080", "ws://localhost:8080/"),
        ("localhost", "ws://localhost/"),
        ("localhost/x", "ws://localhost/x"),
        ("app.localhost:3000/x", "ws://app.localhost:3000/x"),
        ("127.0.0.1:9/x", "ws://127.0.0.1:9/x"),
        ("[::1]:8080/x", "ws://[::1]:8080/x"),
        ("example.com", "wss://example.com/"),
        ("example.com/chat", "wss://example.com/chat"),
        ("host/chat", "wss://host/chat"),
        ("example.com:443/chat", "wss://example.com/chat"),
        ("example.com:8080/chat", "ws://example.com:8080/chat"),
        ("//example.com/chat", "wss://example.com/chat"),
        ("http:8080/x", "ws://http:8080/x"),
        ("example.com/?u=ws://x", "wss://example.com/?u=ws://x"),
    ],
)
def test_understood(text: str, url: str) -> None:
    target = parse_url(text)
    assert target.url == url
    assert parse_url(target.url).url == url


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", UrlProblem.EMPTY),
        (" \t\n", UrlProblem.EMPTY),
        ("ws://example.com/" + "a" * 70_000, UrlProblem.TOO_LONG),
        ("ws://example.com/a\tb", UrlProblem.WHITESPACE),
        ("ws://exam\nple.com/", UrlProblem.WHITESPACE),
        ("ws://example.com/a\u00a0b", UrlProblem.WHITESPACE),
        ("ws://exam ple.com/", UrlProblem.WHITESPACE),
        ("ws://example.com/\x1b]0;x\x07y", UrlProblem.CONTROL_CHARACTER),
        ("ws://example.com/\u202egpj.exe", UrlProblem.CONTROL_CHARACTER),
        ("ws://exam\u200bple.com/", UrlProblem.CONTROL_CHARACTER),
        ("ws://example.com/\ud800x", UrlProblem.CONTROL_CHARACTER),
        ("undefined", UrlProblem.PLACEHOLDER),
        ("[object Object]", UrlProblem.PLACEHOLDER),
        ("undefined://example.com", UrlProblem.PLACEHOLDER),
        ("${SCHEME}://example.com", UrlProblem.PLACEHOLDER),
        ("ws://undefined", UrlProblem.PLACEHOLDER),
        ("ws://undefined:8080/x", UrlProblem.PLACEHOLDER),
        ("wss://null/x", UrlProblem.PLACEHOLDER),
        ("ws://[object Object]/x", UrlProblem.PLACEHOLDER),
        ("ws://[object%20Object]/x", UrlProblem.PLACEHOLDER),
        ("ws://${HOST}:${PORT}/x", UrlProblem.PLACEHOLDER),
        ("ws://${HOST:-a}/x", UrlProblem.PLACEHOLDER),
        ("ws://$HOST/x", UrlProblem.PLACEHOLDER),
        ("ws://{host}/x", UrlProblem.PLACEHOLDER),
        ("ws://{{host}}/x", UrlProblem.PLACEHOLDER),
        ("ws://<host>/x", UrlProblem.PLACEHOLDER),
        ("ws://%API_HOST%/x", UrlProblem.PLACEHOLDER),
        ("undefined/chat", UrlProblem.PLACEHOLDER),
        ("ftp://example.com", UrlProblem.SCHEME),
        ("wws://example.com", UrlProblem.SCHEME),
        ("://example.com", UrlProblem.SCHEME),
        ("javascript:alert(1)", UrlProblem.SCHEME),
        ("mailto:me@example.com", UrlProblem.SCHEME),
        ("ws:/example.com", UrlProblem.SCHEME),
        ("wss:example.com", UrlProblem.SCHEME),
        ("wss//example.com", UrlProblem.SCHEME),
        ("ws;//example.com", UrlProblem.SCHEME),
        ("staging", UrlProblem.SCHEME),
        ("wss://https://example.com/x", UrlProblem.DOUBLED_SCHEME),
        ("ws://ws://example.com", UrlProblem.DOUBLED_SCHEME),
        ("ws://HTTP%3A//example.com", UrlProblem.DOUBLED_SCHEME),
        ("wss://https//example.com", UrlProblem.DOUBLED_SCHEME),
        ("wss://https:/example.com", UrlProblem.DOUBLED_SCHEME),
        ("ws://example.com/#a", UrlProblem.FRAGMENT),
        ("ws://example.com#", UrlProblem.FRAGMENT),
        ("ws+unix:///tmp/a.sock:/x#y", UrlProblem.FRAGMENT),
        ("ws://", UrlProblem.HOST_MISSING),
        ("ws:///chat", UrlProblem.HOST_MISSING),
        ("ws://:8080/", UrlProblem.HOST_MISSING),
        ("ws://user@/x", UrlProblem.HOST_MISSING),
        ("/chat", UrlProblem.HOST_MISSING),
        (":8080/chat", UrlProblem.HOST_MISSING),
        ("ws://[bad", UrlProblem.HOST_INVALID),
        ("ws://[bad]/", UrlProblem.HOST_INVALID),
        ("ws://[::1]x/", UrlProblem.HOST_INVALID),
        ("ws://::1:8080/", UrlProblem.HOST_INVALID),
        ("ws://999.1.1.1/", UrlProblem.HOST_INVALID),
        ("ws://1.2.3.4.5/", UrlProblem.HOST_INVALID),
        ("ws://a,b/", UrlProblem.HOST_INVALID),
        ("ws://a*b.example/", UrlProblem.HOST_INVALID),
        ("ws://a%00b.example/", UrlProblem.HOST_INVALID),
        ("ws://chat..example.com/", UrlProblem.IDNA),
        ("ws://.example.com/", UrlProblem.IDNA),
        ("ws://" + "x" * 64 + ".example.com/", UrlProblem.IDNA),
        ("ws://" + "ü" * 64 + ".example.com/", UrlProblem.IDNA),
        ("ws://" + "x" * 60 + ".x" * 100 + "/", UrlProblem.IDNA),
        ("ws://example.com:0/", UrlProblem.PORT),
        ("ws://example.com:65536/", UrlProblem.PORT),
        ("ws://example.com:-1/", UrlProblem.PORT),
        ("ws://example.com:8o8o/", UrlProblem.PORT),
        ("ws://example.com:８０/", UrlProblem.PORT),
        ("ws://example.com:" + "9" * 5000, UrlProblem.PORT),
        ("ws://localhost:undefined/", UrlProblem.PORT),
        ("ws://localhost:NaN/", UrlProblem.PORT),
        ("localhost:undefined", UrlProblem.PORT),
        ("ws://localhost:${PORT}/", UrlProblem.PORT),
        ("ws+unix://", UrlProblem.SOCKET_PATH),
        ("ws+unix://" + "/a" * 60 + ":/x", UrlProblem.SOCKET_PATH),
        ("ws+unix:///a%00b:/x", UrlProblem.SOCKET_PATH),
    ],
)
def test_refused_in_one_line(text: str, problem: UrlProblem) -> None:
    with pytest.raises(UrlError) as caught:
        parse_url(text)
    assert caught.value.problem is problem
    line = str(caught.value)
    assert line.startswith("URL: ")
    assert len(line) < 400
    assert line.isprintable()


@pytest.mark.parametrize(
    ("text", "host", "port", "host_field"),
    [
        ("ws://example.com", "example.com", 80, "example.com"),
        ("wss://example.com:8443", "example.com", 8443, "example.com:8443"),
        ("wss://[::1]", "::1", 443, "[::1]"),
        ("ws://[fe80::1%25eth0]:8080", "fe80::1%eth0", 8080, "[fe80::1]:8080"),
        ("ws://[fe80::1%eth0]", "fe80::1%eth0", 80, "[fe80::1]"),
    ],
)
def test_host_field_has_brackets_no_zone_and_only_a_port_that_is_not_the_default(
    text: str, host: str, port: int, host_field: str
) -> None:
    target = parse_url(text)
    assert (target.host, target.port, target.host_field) == (host, port, host_field)


@pytest.mark.parametrize(
    ("text", "user_info"),
    [
        ("ws://user:pass@h.example/", "user:pass"),
        ("ws://user@h.example/", "user:"),
        ("ws://:token@h.example/", ":token"),
        ("ws://us%40er:p%3Ass%20%C3%BC@h.example/", "us@er:p:ss ü"),
        ("ws://a:b:c@h.example/", "a:b:c"),
        ("ws://@h.example/", None),
        ("ws://h.example/", None),
    ],
)
def test_user_info_is_decoded_and_leaves_the_url(text: str, user_info: str | None) -> None:
    target = parse_url(text)
    assert target.user_info == user_info
    assert "@" not in target.url


@pytest.mark.parametrize(
    ("text", "path", "request_target"),
    [
        ("ws+unix:///tmp/a.sock:/chat?x=1", "/tmp/a.sock", "/chat?x=1"),
        ("ws+unix://a.sock:/chat", "a.sock", "/chat"),
        ("ws+unix:/tmp/a.sock:/chat", "/tmp/a.sock", "/chat"),
        ("ws+unix:///tmp/a.sock", "/tmp/a.sock", "/"),
        ("ws+unix:///tmp/a.sock:", "/tmp/a.sock", "/"),
        ("ws+unix:///tmp/a%20b:?q", "/tmp/a b", "/?q"),
        ("ws+unix://%2Frun%2Fa.sock/chat", "/run/a.sock", "/chat"),
    ],
)
def test_unix_sockets(text: str, path: str, request_target: str) -> None:
    target = parse_url(text)
    assert (target.unix_path, target.request_target) == (path, request_target)
    assert (target.host, target.port, target.secure, target.host_field) == ("", 0, False, "localhost")
    assert parse_url(target.url).unix_path == path


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("https://example.com", "https:// read as wss://"),
        ("example.com", "no scheme: read as wss://"),
        (" ws://example.com", "removed"),
        ("ws://example.com:6000", "browsers refuse port 6000"),
        ("ws://ü.example", "IDNA"),
        ("ws://127.1", "127.1 read as 127.0.0.1"),
        ("ws://a:b@example.com", "Authorization: Basic"),
        ("ws://example.com/a b", "percent-encoded"),
        ("ws://example.com/a/../b", "resolved"),
        ("ws://example.com/${ROOM}", "never filled in"),
        ("ws://example.com/undefined", "never filled in"),
        ("ws://example.com/?token=undefined", "never filled in"),
    ],
)
def test_what_was_changed_is_noted(text: str, note: str) -> None:
    assert any(note in each for each in parse_url(text).notes)


def test_a_plain_url_has_no_notes() -> None:
    assert parse_url("wss://example.com:8443/chat?room=undefined-behaviour").notes == ()


@pytest.mark.parametrize(
    "text",
    [
        "ws://me:hunter2@exa mple.com/x",
        "ws://me:hunter2@/x",
        "wss://https://me:hunter2@example.com",
        "ws://me:hunter2@h.example:99999/x",
        "ws://h.example/?token=hunter2#a",
        "ws://h.example/#hunter2",
        "ftp://me:hunter2@example.com",
    ],
)
def test_an_error_repeats_no_secret(text: str) -> None:
    with pytest.raises(UrlError) as caught:
        parse_url(text)
    assert "hunter2" not in str(caught.value)


def _holds(target: Target) -> None:
    assert target.request_target.startswith("/")
    assert re.fullmatch("[!-~]+", target.request_target)
    if target.unix_path is None:
        assert 0 < target.port < 65536
        assert target.host
        assert re.fullmatch("[!-~]+", target.host)
        if not re.match("wss?://(wss?|https?)//", target.url):
            # `ws://ws:80//` is understood, and without its port it is a doubled scheme.
            assert parse_url(target.url).url == target.url
    else:
        assert target.unix_path


_PIECES = st.sampled_from(
    [
        *(
            "ws",
            "wss",
            "http",
            "ws+unix",
            ":",
            "/",
            "//",
            "://",
            "@",
            "[",
            "]",
            "%",
            "%25",
            "?",
            "#",
            ".",
            "..",
        ),
        *(
            "\\",
            "::1",
            "host",
            "undefined",
            "${A}",
            "{a}",
            "<",
            ">",
            "80",
            "0",
            "0x",
            "xn--",
            "127.1",
            "-",
            "_",
        ),
        *(
            "%00",
            "%zz",
            "%2F",
            " ",
            "\t",
            "\0",
            "ü",
            "ß",
            "\u3002",
            "\u202e",
            "\ud800",
            "\u200d",
            "\U0001f600",
        ),
        *("\u0345", "\u0130", "\u1e9e"),
    ]
)


@settings(deadline=None)
@given(st.one_of(st.text(), st.lists(_PIECES, max_size=12).map("".join), st.text().map("ws://".__add__)))
@example("ws://\u1e9e")
@example("ws://[::1%25%]")
def test_any_text_is_a_target_or_a_url_error(text: str) -> None:
    understood = _parsed_or_refusal(text)
    if isinstance(understood, Target):
        _holds(understood)
    else:
        assert understood.isprintable()


def _parsed_or_refusal(text: str) -> Target | str:
    try:
        return parse_url(text)
    except UrlError as error:
        return str(error)
