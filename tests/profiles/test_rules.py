"""Typed values: each that is refused says what, and what is allowed."""

from __future__ import annotations

import pytest

from wsinspect.errors import UsageError
from wsinspect.options import ConnectToRule, ResolveRule
from wsinspect.profiles.rules import (
    STEP_TIMEOUTS,
    default_timeouts,
    one_line,
    one_line_or_nothing,
    parse_connect_to,
    parse_header,
    parse_port,
    parse_resolve,
    seconds,
    with_step_timeout,
)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("X-A: 1", ("X-A", "1")),
        ("X-A:1", ("X-A", "1")),
        ("X-A:", ("X-A", "")),
        ("X-A;", ("X-A", "")),
        ("X-A: a: b", ("X-A", "a: b")),
        ("X-A:  \ta\tb ", ("X-A", "a\tb")),
        ("Überschrift: x".replace("Ü", "U"), ("Uberschrift", "x")),
        ("X-A: grün", ("X-A", "grün")),
    ],
)
def test_headers(text: str, field: tuple[str, str]) -> None:
    assert parse_header(text) == field


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("X-A", "header 'X-A' has no colon; allowed: 'Name: value'"),
        ("", "header '' has no colon"),
        (": x", "'' is not a field name; allowed: letters, digits"),
        ("a b: x", "'a b' is not a field name"),
        ("Ü: x", "'Ü' is not a field name"),
        ("X: a\nb", "the value of X holds the control character U+000A at character 3"),
        ("X: a\r\nEvil: b", "the value of X holds the control character U+000D"),
        ("X: \x00", "U+0000"),
        (
            "X: \udcff",
            "the value of X holds the byte 0xff at character 2, which is not UTF-8; allowed: text in UTF-8",
        ),
    ],
)
def test_headers_that_are_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_header(text)
    assert said in str(caught.value)


def test_a_credential_without_its_colon_is_not_printed() -> None:
    with pytest.raises(UsageError) as caught:
        parse_header("Authorization Bearer s3cret")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(("text", "port"), [("", 0), ("1", 1), ("65535", 65535), ("080", 80)])
def test_ports(text: str, port: int) -> None:
    assert parse_port(text, "x") == port


@pytest.mark.parametrize("text", ["0", "65536", "-1", "x", "٣", "1.5", " 80"])
def test_ports_that_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"here: port .*; allowed: 1 to 65535"):
        parse_port(text, "here")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a.example:443:192.0.2.1", ResolveRule(host="a.example", port=443, addresses=("192.0.2.1",))),
        (
            "a:443:192.0.2.1,[2001:db8::1]",
            ResolveRule(host="a", port=443, addresses=("192.0.2.1", "2001:db8::1")),
        ),
        ("a:443:2001:db8::1", ResolveRule(host="a", port=443, addresses=("2001:db8::1",))),
        ("*:*:127.0.0.1", ResolveRule(host="*", port=0, addresses=("127.0.0.1",))),
        ("a:80:fe80::1%eth0", ResolveRule(host="a", port=80, addresses=("fe80::1%eth0",))),
    ],
)
def test_resolve(text: str, rule: ResolveRule) -> None:
    assert parse_resolve(text) == rule


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a", "--resolve: 'a' is not of the form that it must have; allowed: HOST:PORT:ADDRESS"),
        ("a:80", "is not of the form"),
        ("a:80:", "is not of the form"),
        (":80:1.2.3.4", "is not of the form"),
        ("a:80:b.example", "'b.example' is not an IP address"),
        ("a:x:1.2.3.4", "port 'x'; allowed: 1 to 65535"),
    ],
)
def test_resolve_that_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_resolve(text)
    assert said in str(caught.value)
    assert str(caught.value).startswith("--resolve: ")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a:80:b:8080", ConnectToRule(host="a", port=80, to_host="b", to_port=8080)),
        (":80:b:", ConnectToRule(host="", port=80, to_host="b", to_port=0)),
        ("::b:1", ConnectToRule(host="", port=0, to_host="b", to_port=1)),
        ("a:1::", ConnectToRule(host="a", port=1, to_host="", to_port=0)),
        ("[::1]:80:[2001:db8::2]:81", ConnectToRule(host="::1", port=80, to_host="2001:db8::2", to_port=81)),
        (":::", ConnectToRule(host="", port=0, to_host="", to_port=0)),
    ],
)
def test_connect_to(text: str, rule: ConnectToRule) -> None:
    assert parse_connect_to(text) == rule


@pytest.mark.parametrize(
    "text", ["", "a", "a:80", "a:80:b", "a:80:b:81:c", "::1:80:b:81", "a:x:b:1", "a:1:b:70000"]
)
def test_connect_to_that_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--connect-to: .*; allowed: "):
        parse_connect_to(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("2", 2.0), ("0.5", 0.5), (".5", 0.5), ("2.", 2.0), ("0", 0.0), ("500ms", 0.5), ("2s", 2.0), ("1m", 60.0), ("1h", 3600.0), (" 3 s ", 3.0)],
)  # fmt: skip
def test_seconds(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize(
    "text", ["", "soon", "-1", "1e3", "inf", "nan", "2 weeks", "10000000", "1,5", "٣", "0x10"]
)
def test_times_that_are_refused(text: str) -> None:
    with pytest.raises(
        UsageError, match=r"is not a time; allowed: seconds such as 2 or 0\.5, or 500ms, 2s, 1m, 1h"
    ):
        seconds(text)


def test_a_long_mistake_is_shortened() -> None:
    for parse in (parse_header, parse_resolve, parse_connect_to, seconds):
        with pytest.raises(UsageError) as caught:
            parse("x" * 100_000)
        assert len(str(caught.value)) < 300


def test_lines_of_text() -> None:
    assert one_line("a b") == "a b"
    assert one_line_or_nothing("") == ""
    with pytest.raises(UsageError, match="the value is empty; leave the option out to send nothing"):
        one_line("  ")
    with pytest.raises(UsageError, match=r"control character U\+000A"):
        one_line("secret\nx")


def test_one_timeout_sets_every_step() -> None:
    assert with_step_timeout(3.0) == dict.fromkeys(STEP_TIMEOUTS, 3.0)
    assert set(default_timeouts()) == set(STEP_TIMEOUTS)
    assert all(value > 0 for value in default_timeouts().values())
