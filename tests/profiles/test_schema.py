"""Profiles: every mistake is one line that says where, what and what next."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from wsinspect.errors import UsageError
from wsinspect.options import ConnectOptions, ResolveRule
from wsinspect.profiles.schema import Profile, check_name, to_table


def profile(**table: Any) -> Profile:
    return Profile(
        name="staging",
        table={"url": "ws://h/"} | table,
        where="profiles.toml",
        line=lambda key: 7 if key else 3,
    )


def test_a_table_becomes_options() -> None:
    options = profile(
        origin="https://a",
        insecure=True,
        ping_interval_s=5,
        subprotocols=["a", "b"],
        headers={"X-A": "1", "X-B": "2"},
        resolve=[{"host": "h", "port": 80, "addresses": ["127.0.0.1"]}],
        limits={"body_bytes": 10},
    ).options({})
    assert options.origin == "https://a"
    assert options.insecure
    assert options.ping_interval_s == 5.0
    assert options.subprotocols == ("a", "b")
    assert options.headers == (("X-A", "1"), ("X-B", "2"))
    assert options.resolve == (ResolveRule(host="h", port=80, addresses=("127.0.0.1",)),)
    assert options.limits.body_bytes == 10


def test_headers_may_repeat_as_an_array() -> None:
    assert profile(headers=["X-A: 1", "X-A: 2"]).options({}).headers == (("X-A", "1"), ("X-A", "2"))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"ping_intervall_s": 5}, "profiles.toml: line 7: profile 'staging': unknown key 'ping_intervall_s'; did you mean 'ping_interval_s'?"),
        ({"zzz": 5}, "unknown key 'zzz'; known keys: url, headers"),
        ({"insecure": "yes"}, "profiles.toml: line 7: profile 'staging': insecure: expected bool, got str"),
        ({"tcp_timeout_s": "soon"}, "tcp_timeout_s: expected float, got str"),
        ({"tcp_timeout_s": -1}, "tcp_timeout_s is -1; allowed: seconds, 0 or more"),
        ({"tcp_timeout_s": float("inf")}, "tcp_timeout_s is inf; allowed: seconds, 0 or more"),
        ({"tcp_timeout_s": float("nan")}, "tcp_timeout_s is nan; allowed: seconds, 0 or more"),
        ({"family": "ipv5"}, "family: invalid enum value 'ipv5'"),
        ({"min_tls": "1.4"}, "min_tls: invalid enum value '1.4'"),
        ({"subprotocols": "a"}, "subprotocols: expected array, got str"),
        ({"headers": "X: 1"}, 'headers has the wrong form; allowed: a table `Name = "value"` or an array of "Name: value"'),
        ({"headers": ["no colon"]}, "headers has the wrong form"),
        ({"headers": {"X": 1}}, "headers has the wrong form"),
        ({"headers": {"X Y": "1"}}, "'X Y' is not a field name"),
        ({"headers": {"X": "a\nb"}}, "the value of X holds the control character U+000A"),
        ({"origin": "a\nb"}, "origin: the value holds the control character U+000A"),
        ({"resolve": [{"host": "h"}]}, "resolve[0]: object missing required field port"),
        ({"limits": {"body_bytes": "x"}}, "limits.body_bytes: expected int, got str"),
        ({"limits": {"head_bites": 1}}, "line 7: profile 'staging': unknown key 'head_bites' in limits; did you mean 'head_bytes'?"),
        ({"limits": {"memory_bytes": -1}}, "limits.memory_bytes is -1; allowed: a number, 0 or more"),
        ({"limits": {"body_wait_s": float("nan")}}, "limits.body_wait_s is nan; allowed: a number, 0 or more"),
        ({"reconnect": {"attemps": 3}}, "unknown key 'attemps' in reconnect; did you mean 'attempts'?"),
        ({"reconnect": {"factor": 0.5}}, "reconnect.factor is 0.5; allowed: a number, 1 or more"),
        ({"url": ""}, "profiles.toml: line 7: profile 'staging': the key 'url' is missing or empty; allowed: a ws:// or wss:// URL as a string"),
        ({"url": 5}, "the key 'url' is missing or empty"),
    ],
)  # fmt: skip
def test_mistakes(table: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        profile(**table).unexpanded()
    line = str(caught.value)
    assert said in line
    assert line.startswith("profiles.toml: line ")
    assert "\n" not in line


def test_a_profile_without_a_url_names_its_table() -> None:
    with pytest.raises(UsageError, match=r"line 3: profile 'p': the key 'url' is missing"):
        Profile(name="p", table={}, where="profiles.toml", line=lambda _: 3).unexpanded()


def test_environment_references_are_filled_in_everywhere() -> None:
    found = profile(
        url="wss://${HOST}/ws?token=${TOKEN}",
        bearer="${TOKEN}",
        headers={"X-Key": "k-${TOKEN}"},
        cookies=["sid=${SID}"],
    )
    options = found.options({"HOST": "h", "TOKEN": "t$2", "SID": ""})
    assert options.url == "wss://h/ws?token=t$2"
    assert options.bearer == "t$2"
    assert options.headers == (("X-Key", "k-t$2"),)
    assert options.cookies == ("sid=",)
    assert found.unexpanded().bearer == "${TOKEN}"


def test_what_is_not_a_reference_stays() -> None:
    assert profile(origin="$HOME {x} ${} ${1}").options({}).origin == "$HOME {x} ${} ${1}"


def test_a_variable_that_is_not_set_is_named_with_its_key() -> None:
    with pytest.raises(UsageError) as caught:
        profile(bearer="${TOKEN}").options({})
    assert str(caught.value) == (
        "profiles.toml: line 7: profile 'staging': bearer refers to ${TOKEN}, and no such environment variable is set;"
        " set it, e.g. `export TOKEN=…`"
    )


def test_the_value_of_a_variable_is_not_printed_when_it_is_wrong() -> None:
    with pytest.raises(UsageError) as caught:
        profile(bearer="${TOKEN}").options({"TOKEN": "s3cret\nx"})
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("name", ["a", "a-b", "a.b_c", "A1", "0"])
def test_names(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize("name", ["", "-a", ".a", "a b", "a/b", "ä", "a\n", "ws://h", "check me"])
def test_names_that_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="can't be a profile's name; allowed: letters, digits"):
        check_name(name)


@pytest.mark.parametrize(
    "options",
    [
        ConnectOptions(url="ws://h/"),
        ConnectOptions(url="ws://h/", headers=(("A", "1"), ("B", "2")), cookies=("a=b",), insecure=True),
        ConnectOptions(url="ws://h/", headers=(("A", "1"), ("a", "2"))),
        ConnectOptions(url="ws://h/", resolve=(ResolveRule(host="h", port=1, addresses=("::1",)),), proxy=""),
        ConnectOptions(url="ws://h/", ping_interval_s=0.5, compression=False, user_agent="", family="ipv6"),
    ],
)
def test_what_is_saved_is_read_again(options: ConnectOptions) -> None:
    table = to_table(options)
    assert Profile(name="x", table=table).options({}) == options
    assert set(table) <= set(ConnectOptions.__struct_fields__)


def test_defaults_are_not_saved() -> None:
    assert to_table(ConnectOptions(url="ws://h/")) == {"url": "ws://h/"}


def test_references_are_put_back_where_their_values_stand_unchanged() -> None:
    table = {
        "url": "wss://${HOST}/",
        "bearer": "${TOKEN}",
        "headers": {"X-Key": "${TOKEN}", "X-Plain": "p"},
        "cookies": ["a=${TOKEN}", "b=2"],
    }
    profile = Profile(name="p", table=table)
    environ = {"HOST": "h", "TOKEN": "t0p"}
    options = profile.options(environ)
    assert profile.as_written(options, environ) == profile.unexpanded()
    changed = msgspec.structs.replace(
        options, bearer="other", headers=(*options.headers, ("X-New", "n")), cookies=("a=t0p",)
    )
    written = profile.as_written(changed, environ)
    assert written.bearer == "other"
    assert written.headers == (("X-Key", "${TOKEN}"), ("X-Plain", "p"), ("X-New", "n"))
    assert written.cookies == ("a=${TOKEN}",)
    assert written.url == "wss://${HOST}/"
