"""Which proxy applies: `-x`, the environment in its order, NO_PROXY, and what is refused."""

from __future__ import annotations

import pytest

from wsinspect.connection.proxy_environment import ProxyBypass, ProxySetting, choose_proxy, parse_proxy
from wsinspect.connection.url import parse_url
from wsinspect.errors import UsageError
from wsinspect.options import ConnectOptions

WSS, WS = "wss://example.com/", "ws://example.com/"


def chosen(url: str, environ: dict[str, str], proxy: str | None = None) -> ProxySetting | ProxyBypass | None:
    return choose_proxy(ConnectOptions(url=url, proxy=proxy), parse_url(url), environ)


def source(url: str, environ: dict[str, str]) -> str | None:
    choice = chosen(url, environ)
    assert not isinstance(choice, ProxyBypass)
    return choice.source if choice else None


@pytest.mark.parametrize(
    ("url", "variables", "expected"),
    [
        (WSS, ["https_proxy"], "https_proxy"),
        (WSS, ["HTTPS_PROXY"], "HTTPS_PROXY"),
        (WSS, ["HTTPS_PROXY", "https_proxy"], "https_proxy"),
        (WSS, ["https_proxy", "wss_proxy", "all_proxy"], "wss_proxy"),
        (WSS, ["ALL_PROXY"], "ALL_PROXY"),
        (WSS, ["all_proxy", "https_proxy"], "https_proxy"),
        (WSS, ["socks_proxy"], "socks_proxy"),
        (WSS, ["http_proxy", "ws_proxy"], None),
        (WS, ["http_proxy"], "http_proxy"),
        (WS, ["HTTP_PROXY"], "HTTP_PROXY"),
        (WS, ["http_proxy", "WS_PROXY"], "WS_PROXY"),
        (WS, ["ALL_PROXY", "SOCKS_PROXY"], "ALL_PROXY"),
        (WS, ["https_proxy", "wss_proxy"], None),
        (WS, [], None),
    ],
)
def test_the_variable_that_applies(url: str, variables: list[str], expected: str | None) -> None:
    assert source(url, dict.fromkeys(variables, "http://proxy.test:3128")) == expected


def test_an_empty_variable_switches_the_upper_case_one_off() -> None:
    assert source(WSS, {"https_proxy": "", "HTTPS_PROXY": "http://proxy.test"}) is None


def test_upper_case_http_proxy_is_a_request_field_in_a_cgi_script() -> None:
    environ = {"HTTP_PROXY": "http://evil.test", "REQUEST_METHOD": "GET"}
    assert source(WS, environ) is None
    assert source(WS, {**environ, "http_proxy": "http://proxy.test"}) == "http_proxy"


def test_the_option_wins_over_environment_and_no_proxy() -> None:
    environ = {"https_proxy": "http://other.test", "no_proxy": "*"}
    choice = chosen(WSS, environ, proxy="http://proxy.test:8080")
    assert choice == ProxySetting("http", "proxy.test", 8080, None, None, "-x")


@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_option_is_no_proxy(empty: str) -> None:
    assert chosen(WSS, {"https_proxy": "http://proxy.test"}, proxy=empty) is None


def test_a_unix_socket_has_no_proxy() -> None:
    assert chosen("ws+unix:///tmp/a.sock", {"http_proxy": "http://proxy.test"}) is None


@pytest.mark.parametrize(
    "url", ["ws://localhost:8080/", "ws://127.0.0.1:8080/", "ws://[::1]/", "ws://app.localhost/"]
)
def test_loopback_is_not_exempt_by_itself(url: str) -> None:
    assert source(url, {"http_proxy": "http://proxy.test"}) == "http_proxy"


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("wss://example.com/", "*"),
        ("wss://example.com/", "example.com"),
        ("wss://example.com/", ".example.com"),
        ("wss://example.com/", "EXAMPLE.com"),
        ("wss://example.com./", "example.com"),
        ("wss://a.b.example.com/", "example.com"),
        ("wss://a.example.com/", ".example.com"),
        ("wss://a.example.com/", "*.example.com"),
        ("wss://example.com/", "com"),
        ("wss://example.com/", "example.com:443"),
        ("wss://example.com:8443/", "example.com:8443"),
        ("wss://localhost/", "localhost"),
        ("wss://127.0.0.1/", "127.0.0.1"),
        ("wss://127.0.0.1:9/", "127.0.0.1:9"),
        ("wss://127.0.0.1/", "127.0.0.0/8"),
        ("wss://127.0.0.1/", "127.0.0.3/8"),
        ("wss://[::1]/", "::1"),
        ("wss://[::1]/", "[::1]"),
        ("wss://[::1]:9/", "[::1]:9"),
        ("wss://[::1]/", "0:0::1"),
        ("wss://[fe80::1%25eth0]/", "fe80::/10"),
    ],
)
@pytest.mark.parametrize("pattern", ["{}", "other.test, {}", "other.test {},more.test"])
def test_no_proxy_exempts(url: str, rule: str, pattern: str) -> None:
    environ = {"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": pattern.format(rule)}
    assert chosen(url, environ) == ProxyBypass("HTTPS_PROXY", rule)


@pytest.mark.parametrize(
    ("url", "rules"),
    [
        ("wss://example.com/", ""),
        ("wss://example.com/", ","),
        ("wss://example.com/", "."),
        ("wss://notexample.com/", "example.com"),
        ("wss://notexample.com/", ".example.com"),
        ("wss://example.com/", "a.example.com"),
        ("wss://example.com/", "example.com:8443"),
        ("wss://example.com/", "example.com:x"),
        ("wss://127.0.0.1/", "0.0.1"),
        ("wss://127.0.0.1/", "10.0.0.0/8"),
        ("wss://127.0.0.1/", "127.0.0.1/99"),
        ("wss://127.0.0.1/", "localhost"),
        ("wss://[::1]/", "127.0.0.1"),
        ("wss://[::1]:9/", "[::1]:8"),
        ("wss://10.example.com/", "10.0.0.0/8"),
    ],
)
def test_no_proxy_does_not_exempt(url: str, rules: str) -> None:
    assert source(url, {"https_proxy": "http://proxy.test", "no_proxy": rules}) == "https_proxy"


def test_no_proxy_without_a_proxy_is_nothing_to_tell() -> None:
    assert chosen(WSS, {"no_proxy": "*"}) is None


def test_lower_case_no_proxy_wins_even_empty() -> None:
    assert source(WSS, {"https_proxy": "http://p.test", "no_proxy": "", "NO_PROXY": "*"}) == "https_proxy"


def test_an_exempt_target_does_not_care_for_a_malformed_proxy() -> None:
    assert chosen(WSS, {"https_proxy": "::", "no_proxy": "*"}) == ProxyBypass("https_proxy", "*")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://proxy.test:3128", ("http", "proxy.test", 3128, None, None)),
        ("http://proxy.test:3128/", ("http", "proxy.test", 3128, None, None)),
        ("HTTP://PROXY.test", ("http", "proxy.test", 80, None, None)),
        ("proxy.test:3128", ("http", "proxy.test", 3128, None, None)),
        ("127.0.0.1:3128", ("http", "127.0.0.1", 3128, None, None)),
        ("http://[::1]:3128", ("http", "::1", 3128, None, None)),
        ("socks5://proxy.test", ("socks5", "proxy.test", 1080, None, None)),
        ("socks5h://me:p%40ss@proxy.test:1081", ("socks5h", "proxy.test", 1081, "me", "p@ss")),
        ("http://m%C3%A9:a:b@proxy.test", ("http", "proxy.test", 80, "mé", "a:b")),
        ("http://me@proxy.test", ("http", "proxy.test", 80, "me", "")),
    ],
)
def test_proxies_as_people_write_them(
    text: str, expected: tuple[str, str, int, str | None, str | None]
) -> None:
    setting = parse_proxy(text, "-x")
    assert setting == ProxySetting(*expected, "-x")
    assert setting.with_credentials == (expected[3] is not None)


def test_socks_proxy_without_a_scheme_is_socks() -> None:
    choice = chosen(WSS, {"SOCKS_PROXY": "proxy.test:1081"})
    assert choice == ProxySetting("socks5h", "proxy.test", 1081, None, None, "SOCKS_PROXY")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("https://proxy.test:3129", "TLS to the proxy itself is not supported"),
        ("socks4://proxy.test", "socks4 is not supported"),
        ("socks://proxy.test", "write socks5h://"),
        ("sock5://proxy.test", "did you mean 'socks5'?"),
        ("ftp://proxy.test", "'ftp' is not known"),
        ("http://", "the host is missing"),
        ("http://proxy.test:0", "'0' is not a port"),
        ("http://proxy.test:port", "'port' is not a port"),
        ("http://proxy.test:3128/path", "path, query or fragment"),
        ("http://proxy.test?x", "path, query or fragment"),
        ("http://undefined:3128", "never filled in"),
        ("http://a b:3128", "white space"),
        ("::", "colon"),
    ],
)
def test_a_proxy_that_can_not_be_used_is_refused_by_its_name(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        chosen(WSS, {"HTTPS_PROXY": text})
    line = str(caught.value)
    assert line.startswith("HTTPS_PROXY: ")
    assert said in line
    assert "socks5h://" in line


@pytest.mark.parametrize(
    "text",
    [
        "http://me:hunter2@",
        "http://me:hunter2@p.test:0",
        "https://me:hunter2@p.test",
        "http://me:hun/ter2@p.test",
    ],
)
def test_neither_errors_nor_representations_hold_the_password(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_proxy(text, "-x")
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(parse_proxy("http://me:hunter2@p.test", "-x"))
