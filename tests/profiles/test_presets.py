"""A preset sends a browser's fields in its order, keeps the user's own, and can be taken back."""

from __future__ import annotations

import pytest
from msgspec import structs

from wsinspect.connection.request import request_fields
from wsinspect.connection.url import parse_url
from wsinspect.errors import UsageError
from wsinspect.options import ConnectOptions
from wsinspect.profiles.presets import CHROME, PRESETS, Preset, as_browser, as_ourselves, page_origin, preset

OWN = ConnectOptions(
    url="wss://example.com:8443/x",
    headers=(("X-Own", "1"), ("Accept-Language", "de")),
    cookies=("a=b",),
    subprotocols=("chat",),
)


@pytest.mark.parametrize("browser", PRESETS, ids=lambda one: one.id)
def test_the_order_is_the_browsers_and_own_fields_follow(browser: Preset) -> None:
    made = as_browser(OWN, browser)
    names = [name for name, _ in request_fields(made, parse_url(made.url), "k")]
    theirs = [name for name in browser.order if name in names]
    assert names[: len(theirs)] == theirs
    assert set(names[len(theirs) :]) <= {"X-Own", "Accept-Language"}
    fields = dict(request_fields(made, parse_url(made.url), "k"))
    assert fields["Accept-Language"] == "de"
    assert fields["Origin"] == "https://example.com:8443"
    assert fields["User-Agent"] == browser.user_agent


@pytest.mark.parametrize("browser", PRESETS, ids=lambda one: one.id)
def test_it_can_be_taken_back(browser: Preset) -> None:
    chosen = structs.replace(OWN, origin="https://page.example")
    assert as_ourselves(as_browser(chosen, browser)) == chosen
    assert as_browser(as_browser(chosen, CHROME), browser) == as_browser(chosen, browser)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("ws://h:80/x", "http://h"),
        ("wss://u:p@h:443/x", "https://h"),
        ("https://[::1]:9/", "https://[::1]:9"),
        ("nonsense", None),
    ],
)
def test_the_origin_of_a_page_on_the_target(url: str, origin: str | None) -> None:
    assert page_origin(url) == origin


def test_an_unknown_browser_is_named() -> None:
    with pytest.raises(UsageError, match="did you mean 'chrome'"):
        preset("chrom")
