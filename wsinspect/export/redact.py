"""Masks secrets in everything that leaves the program: the one mask, in front of every output.

The same secret gets the same mask, so that two dumps stay comparable; different secrets get different masks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from wsinspect.options import ConnectOptions

if TYPE_CHECKING:
    from wsinspect.session.attempt import Attempt
    from wsinspect.session.record import SessionRecord
    from wsinspect.wire.http import RequestHead, ResponseHead

# Compiled when there is a field to look at: an attempt that failed before has none.
_SECRET_FIELDS = r"(?i)authorization|cookie|token|secret|password|passwd|api-?key|apikey|auth-?key|x-auth|credential|signature|session"
_SECRET_PARAMETERS = r"(?i)token|secret|passw|pwd|api_?key|^key$|auth|jwt|sig$|signature|session|^sid$|ticket|credential|^code$|^hash$"
_NOT_SECRET = {"sec-websocket-key", "sec-websocket-accept", "www-authenticate", "proxy-authenticate"}
_TOKEN_LIKE = r"[A-Za-z0-9_\-.~+/=]{20,}\Z"
_SHORTEST = 3


def mask(secret: str) -> str:
    """Return the mask of a secret: four hexadecimal digits that two equal secrets share."""
    import hashlib

    return f"***{hashlib.sha256(secret.encode('utf-8', 'surrogatepass')).hexdigest()[:4]}***"


def secrets_of_field(name: str, value: str) -> list[str]:
    """Return the parts of a header field that are secrets: credentials, cookie values, token-like subprotocols."""
    lower = name.lower()
    if lower in _NOT_SECRET or not value:
        return []
    if lower == "sec-websocket-protocol":
        return [item.strip() for item in value.split(",") if re.match(_TOKEN_LIKE, item.strip())]
    if not re.search(_SECRET_FIELDS, lower):
        return []
    if lower == "cookie":
        return [pair.partition("=")[2].strip() or pair.strip() for pair in value.split(";")]
    if lower == "set-cookie":
        return [value.split(";")[0].partition("=")[2].strip()]
    scheme, blank, credentials = value.partition(" ")
    if blank and lower.endswith("authorization"):
        found = [credentials]
        if scheme.lower() == "basic":
            found += _basic_parts(credentials)
        return found
    return [value]


def _basic_parts(credentials: str) -> list[str]:
    from base64 import b64decode

    try:
        decoded = b64decode(credentials, validate=True).decode("utf-8")
    except ValueError:
        return []
    return [decoded, decoded.partition(":")[2]]


def secrets_of_url(url: str) -> list[str]:
    """Return the password and the token-like query values of a URL, as written and decoded."""
    if "@" not in url and "?" not in url:
        return []
    from urllib.parse import unquote, urlsplit

    try:
        parts = urlsplit(url)
    except ValueError:
        return []
    found: list[str] = []
    user_info = parts.netloc.rpartition("@")[0]
    if user_info:
        password = user_info.partition(":")[2]
        found += [user_info, unquote(user_info), password, unquote(password)]
    for pair in parts.query.split("&"):
        name, _, value = pair.partition("=")
        if value and (re.search(_SECRET_PARAMETERS, unquote(name)) or len(value) >= 40):
            found += [value, unquote(value)]
    return found


def secrets_of_options(options: ConnectOptions) -> list[str]:
    """Return the secrets in what an attempt was asked to use."""
    found = secrets_of_url(options.url) + secrets_of_url(options.proxy or "")
    for name, value in options.headers:
        found += secrets_of_field(name, value)
    for cookie in options.cookies:
        found += secrets_of_field("cookie", cookie)
    if options.basic_auth:
        from base64 import b64encode

        encoded = b64encode(options.basic_auth.encode()).decode()
        found += [options.basic_auth, encoded, options.basic_auth.partition(":")[2]]
    if options.bearer:
        found.append(options.bearer)
    found += secrets_of_field("sec-websocket-protocol", ", ".join(options.subprotocols))
    return found


def _secrets_of_head(head: RequestHead | ResponseHead | None) -> list[str]:
    if head is None:
        return []
    return [secret for line in head.fields for secret in secrets_of_field(line.name, line.value)]


def secrets_of_attempt(attempt: Attempt) -> list[str]:
    """Return every secret that an attempt is known to hold."""
    found = secrets_of_options(attempt.options)
    for exchange in (attempt.handshake, attempt.proxy_exchange):
        found += _secrets_of_head(exchange.request_head if exchange.request else None)
        found += _secrets_of_head(exchange.head)
        if exchange.request:
            found += secrets_of_url(f"ws://h{exchange.request_head.target}")
        if exchange.head is not None:
            found += secrets_of_url(exchange.head.get("Location") or "")
    return found


class Redactor:
    """Replaces known secrets in any text. With `show`, it changes nothing."""

    def __init__(self, secrets: Iterable[str] = (), *, show: bool = False) -> None:
        wanted = sorted({s for s in secrets if len(s) >= _SHORTEST}, key=len, reverse=True)
        self.count = 0 if show else len(wanted)
        """How many different secrets are masked."""
        self._masks = {secret: mask(secret) for secret in wanted}
        self._pattern = None if show or not wanted else re.compile("|".join(re.escape(s) for s in wanted))

    @classmethod
    def for_session(cls, session: SessionRecord, *, show: bool = False) -> Redactor:
        """Make the redactor of everything that a session is known to hold."""
        return cls((s for attempt in session.attempts for s in secrets_of_attempt(attempt)), show=show)

    @classmethod
    def for_options(cls, options: ConnectOptions, *, show: bool = False) -> Redactor:
        """Make the redactor of what was asked for, before anything was sent."""
        return cls(secrets_of_options(options), show=show)

    def __call__(self, text: str) -> str:
        """Return `text` with every known secret masked."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda m: self._masks[m[0]], text)
