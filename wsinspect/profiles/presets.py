"""Opening handshakes as browsers send them: which fields, with which values, in which order."""

from __future__ import annotations

import re

from msgspec import Struct, structs

from wsinspect.errors import UsageError, nearest
from wsinspect.options import ConnectOptions


class Preset(Struct, frozen=True, kw_only=True):
    """A client whose opening handshake is imitated."""

    id: str
    name: str
    user_agent: str
    compression_offer: str
    headers: tuple[tuple[str, str], ...]
    """Fields that it sends beside the handshake's own."""
    order: tuple[str, ...]
    """Every field that it may send, in its order."""
    source: str
    """Where the order and the values are known from."""


CHROME = Preset(
    id="chrome",
    name="as Chrome",
    user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
    compression_offer="permessage-deflate; client_max_window_bits",
    headers=(
        ("Pragma", "no-cache"),
        ("Cache-Control", "no-cache"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("Accept-Language", "en-US,en;q=0.9"),
    ),
    order=(
        "Host", "Connection", "Pragma", "Cache-Control", "User-Agent", "Upgrade", "Origin", "Sec-WebSocket-Version",
        "Accept-Encoding", "Accept-Language", "Cookie", "Sec-WebSocket-Key", "Sec-WebSocket-Extensions",
        "Sec-WebSocket-Protocol",
    ),
    source="captured from Chromium 156 on loopback; the tests compare it with the Chromium that is installed",
)  # fmt: skip

FIREFOX = Preset(
    id="firefox",
    name="as Firefox",
    user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0",
    compression_offer="permessage-deflate",
    headers=(
        ("Accept", "*/*"),
        ("Accept-Language", "en-US,en;q=0.9"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("Sec-Fetch-Dest", "empty"),
        ("Sec-Fetch-Mode", "websocket"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Pragma", "no-cache"),
        ("Cache-Control", "no-cache"),
    ),
    order=(
        "Host", "User-Agent", "Accept", "Accept-Language", "Accept-Encoding", "Sec-WebSocket-Version", "Origin",
        "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Sec-WebSocket-Key", "Connection", "Cookie",
        "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Pragma", "Cache-Control", "Upgrade",
    ),
    source="captured from Firefox 153 ESR on loopback",
)  # fmt: skip

SAFARI = Preset(
    id="safari",
    name="as Safari",
    user_agent="Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    compression_offer="permessage-deflate",
    headers=(("Pragma", "no-cache"), ("Cache-Control", "no-cache")),
    order=(
        "Upgrade", "Connection", "Host", "Origin", "Cookie", "Pragma", "Cache-Control", "Sec-WebSocket-Key",
        "Sec-WebSocket-Version", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "User-Agent",
    ),
    source="not captured by us: WebKit's fields as quoted in whatwg/html issue 852, its extension since Safari 15 as in "
    "gorilla/websocket issue 696",
)  # fmt: skip

PRESETS = (CHROME, FIREFOX, SAFARI)


def preset(name: str) -> Preset:
    """Return a preset by its id.

    Raises:
        UsageError: there is none of that id.
    """
    for one in PRESETS:
        if one.id == name:
            return one
    known = [one.id for one in PRESETS]
    raise UsageError(f"no browser is called {name!r}", allowed=", ".join(known), hint=nearest(name, known))


def as_browser(options: ConnectOptions, browser: Preset) -> ConnectOptions:
    """Return options that send what `browser` sends; headers, cookies and subprotocols of the user's own stay.

    Browsers always send an Origin. Where none is chosen, it is that of a page on the target itself.
    """
    plain = as_ourselves(options)
    taken = {name.lower() for name, _ in plain.headers}
    added = tuple((name, value) for name, value in browser.headers if name.lower() not in taken)
    return structs.replace(
        plain,
        headers=added + plain.headers,
        user_agent=browser.user_agent,
        compression_offer=browser.compression_offer,
        field_order=browser.order,
        origin=plain.origin if plain.origin is not None else page_origin(plain.url),
    )


def as_ourselves(options: ConnectOptions) -> ConnectOptions:
    """Return options without what a preset put there."""
    agents = {one.user_agent for one in PRESETS}
    put = {field for one in PRESETS for field in one.headers}
    default = ConnectOptions(url="")
    offers = {one.compression_offer for one in PRESETS}
    return structs.replace(
        options,
        headers=tuple(field for field in options.headers if field not in put)
        if options.field_order
        else options.headers,
        user_agent=None if options.user_agent in agents else options.user_agent,
        compression_offer=default.compression_offer
        if options.compression_offer in offers
        else options.compression_offer,
        field_order=(),
    )


def page_origin(url: str) -> str | None:
    """Return the origin of a page on the URL's own host, or None where the URL has none."""
    found = re.match(r"(?i)(ws|wss|http|https)://(?:[^/?#@]*@)?([^/?#@]+)", url)
    if found is None:
        return None
    secure = found[1].lower() in ("wss", "https")
    host = re.sub(r":443\Z" if secure else r":80\Z", "", found[2])
    return f"{'https' if secure else 'http'}://{host}"
