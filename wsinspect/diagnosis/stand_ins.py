"""What the braces of a cause's texts are called where no connection fills them in: `explain` speaks in general."""

from __future__ import annotations

import re

from wsinspect.diagnosis.cause import Cause

_BRACES = re.compile(r"(?<!\w)(?<!\))\{([a-z_]+)\}|\{([a-z_]+)\}")
"""A value with a word's room before it; and one that is joined to what is before it, which it only adds to."""
_LEFT_OVER = re.compile(r"(?<=\w) \(\)|(?<=: ) +|: *$")
"""What a value that only adds leaves behind: empty brackets, two spaces, a colon with nothing after it."""
_ADDITIONS = (
    "behind",
    "ended",
    "error",
    "fits",
    "hit",
    "how",
    "key",
    "number",
    "offers",
    "refused",
    "retry",
    "to",
    "version",
)
"""Values that only add to a sentence which is whole without them."""
_WORDS = {
    "asked": "NAME",
    "asleep": "a while",
    "aia": "the address in the certificate",
    "backend": "the server behind",
    "eio": "EIO=3",
    "front": "the proxy",
    "between": "something between",
    "closed": "one of them",
    "host": "HOST",
    "http_url": "https://HOST/PATH",
    "ip": "ADDRESS",
    "issuer": "ISSUER",
    "name": "NAME",
    "open": "the other",
    "origin": "ORIGIN",
    "other_origin": "ORIGIN",
    "other_scheme": "wss",
    "other_url": "wss://HOST/PATH",
    "own_origin": "ORIGIN",
    "path": "/PATH",
    "pending": "the handshake was still pending",
    "half": "HALF",
    "negotiate_url": "https://HOST/hub/negotiate?negotiateVersion=1",
    "phoenix_url": "wss://HOST/socket/websocket?vsn=2.0.0",
    "plain_path": "/PATH",
    "platform": "the platform",
    "polling_url": "https://HOST/socket.io/?EIO=4&transport=polling",
    "port": "PORT",
    "product": "the product",
    "reverb_url": "wss://HOST/app/KEY?protocol=7&client=js&version=8.4.0",
    "said": "its own words",
    "sockjs_url": "wss://HOST/PATH/websocket",
    "twice": "TWICE",
    "proxy": "PROXY",
    "same_port_url": "ws://HOST:PORT/PATH",
    "scheme": "ws",
    "service": "one that does not speak HTTP",
    "site": "https://HOST",
    "slash_url": "URL",
    "sni": "NAME",
    "socketio_url": "wss://HOST/socket.io/?EIO=4&transport=websocket",
    "source": "the environment",
    "status": "STATUS",
    "url": "URL",
    "where": "the address",
    "who": "the server",
}


def in_general(text: str) -> str:
    """Return a cause's text with a general word for each `{value}`, an ellipsis where there is none."""
    if "{" not in text:
        return text
    said = _BRACES.sub(lambda found: _word(found[1]) if found[1] else "", text)
    return _LEFT_OVER.sub("", said) if "\n" not in text else said


def headline_in_general(cause: Cause) -> str:
    """Return a cause's headline in general; where it is made of values alone, what its explanation begins with."""
    said = in_general(cause.headline)
    if not re.search(r"[A-Za-z]{3}.*\s", said.replace("NAME", "")):
        said = in_general(cause.explanation).split(". ")[0].rstrip(".")
    return said[:1].upper() + said[1:] if said.startswith(tuple(_WORDS.values())) else said


def _word(name: str) -> str:
    return "" if name in _ADDITIONS else _WORDS.get(name, "…")
