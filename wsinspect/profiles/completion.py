"""What is likely to be typed next: names of request fields and their usual values."""

from __future__ import annotations

_VALUES: dict[str, tuple[str, ...]] = {
    "Accept": ("*/*",),
    "Accept-Encoding": ("gzip, deflate, br, zstd", "identity"),
    "Accept-Language": ("en-US,en;q=0.9", "de-DE,de;q=0.9,en;q=0.8"),
    "Api-Key": ("${API_KEY}",),
    "Authorization": ("Bearer ${TOKEN}", "Basic ${CREDENTIALS}"),
    "Cache-Control": ("no-cache",),
    "CF-Access-Client-Id": ("${CF_ACCESS_CLIENT_ID}",),
    "CF-Access-Client-Secret": ("${CF_ACCESS_CLIENT_SECRET}",),
    "Connection": ("Upgrade", "keep-alive, Upgrade"),
    "Cookie": ("session=${SESSION}",),
    "Forwarded": ("for=192.0.2.1;proto=https",),
    "Host": (),
    "Origin": ("https://", "http://localhost:3000", "null"),
    "Pragma": ("no-cache",),
    "Proxy-Authorization": ("Basic ${CREDENTIALS}",),
    "Referer": ("https://",),
    "Sec-Fetch-Dest": ("empty", "websocket"),
    "Sec-Fetch-Mode": ("websocket",),
    "Sec-Fetch-Site": ("same-origin", "same-site", "cross-site"),
    "Sec-WebSocket-Extensions": (
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    ),
    "Sec-WebSocket-Key": (),
    "Sec-WebSocket-Protocol": (),
    "Sec-WebSocket-Version": ("13",),
    "Upgrade": ("websocket",),
    "User-Agent": ("Mozilla/5.0",),
    "X-API-Key": ("${API_KEY}",),
    "X-Forwarded-For": ("192.0.2.1",),
    "X-Forwarded-Host": (),
    "X-Forwarded-Proto": ("https",),
    "X-Real-IP": ("192.0.2.1",),
    "X-Request-ID": (),
}
SUBPROTOCOLS = (
    "graphql-transport-ws", "graphql-ws", "mqtt", "mqttv3.1", "stomp", "v12.stomp", "v11.stomp", "v10.stomp", "wamp.2.json",
    "ocpp1.6", "ocpp2.0.1", "actioncable-v1-json", "soap", "sip", "xmpp", "json.webpubsub.azure.v1", "base64.channel.k8s.io",
    "v5.channel.k8s.io", "phoenix", "janus-protocol", "chat",
)  # fmt: skip


def complete_header(typed: str) -> str | None:
    """Return what `Name: value` is likely to become, beginning with what is typed, or None."""
    name, colon, value = typed.partition(":")
    if not name:
        return None
    if not colon:
        found = next((known for known in _VALUES if known.lower().startswith(name.lower())), None)
        return None if found is None else f"{typed}{found[len(typed) :]}: "
    known_values = next(
        (values for known, values in _VALUES.items() if known.lower() == name.strip().lower()), ()
    )
    bare = value.lstrip()
    found = next((one for one in known_values if one.lower().startswith(bare.lower()) and one != bare), None)
    if found is None:
        return None
    return f"{typed if value != '' else typed + ' '}{found[len(bare) :]}"


def complete_list(typed: str, known: tuple[str, ...]) -> str | None:
    """Return what the last item of a list with commas is likely to become, the list before it included, or None."""
    before, comma, last = typed.rpartition(",")
    bare = last.lstrip()
    there = {item.strip() for item in before.split(",")}
    if not bare:
        return None
    found = next(
        (one for one in known if one.lower().startswith(bare.lower()) and one != bare and one not in there),
        None,
    )
    return None if found is None else f"{before}{comma}{last}{found[len(bare) :]}"
