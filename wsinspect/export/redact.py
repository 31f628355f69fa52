"""Masks secrets in everything that leaves the program: the one mask, in front of every output.

The same secret gets the same mask, so that two dumps stay comparable; different secrets get different masks.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from wsinspect.export.cut_secrets import CutSecrets
from wsinspect.export.token_words import looks_random, secret_subprotocols
from wsinspect.export.written_forms import is_plain, written_forms
from wsinspect.options import ConnectOptions

if TYPE_CHECKING:
    from wsinspect.session.attempt import Attempt
    from wsinspect.session.record import SessionRecord
    from wsinspect.wire.http import RequestHead, ResponseHead

# Compiled when there is a field to look at: an attempt that failed before has none.
_SECRET_FIELDS = r"(?i)authorization|cookie|token|secret|password|passwd|api-?key|apikey|auth-?key|x-auth|credential|signature|session"
_SECRET_PARAMETERS = r"(?i)token|secret|passw|pwd|api_?key|^key$|auth|jwt|sig$|signature|session|^sid$|ticket|credential|^code$|^hash$"
_NOT_SECRET = {"sec-websocket-key", "sec-websocket-accept", "www-authenticate", "proxy-authenticate"}
_URL_FIELDS = {"referer", "location", "content-location", "link"}
SHORTEST = 3
"""Characters of the shortest text that is masked."""
_LONG = 8
_REWRITTEN = 64
"""Secrets that are sought in each way to write them; our own are the first, and a peer may set any number of cookies."""
_LONG_URL = 32
"""Shorter ones have no room for a token in their path; the usual URL needn't be parsed."""
_BEFORE_VALUE = r"(?:(?<=[=:'\"])|(?<=[=:] )|(?<=//)|(?<=earer )|(?<=asic ))"
_AFTER_VALUE = r"(?![\w\-.~+/=%])"


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
        return secret_subprotocols([item.strip() for item in value.split(",")])
    if lower in _URL_FIELDS:
        return secrets_of_url(value)
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


def _basic_forms(credentials: str) -> list[str]:
    """Return what `user:password` becomes in an Authorization field, where it was not sent yet, too."""
    from base64 import b64encode

    return [b64encode(credentials.encode("utf-8", "surrogatepass")).decode()]


def secrets_of_url(url: str) -> list[str]:
    """Return a URL's user-info, the query values that are secret by their name or length, as written and decoded, and
    the segments of its path that look like tokens."""
    if "@" not in url and "?" not in url and len(url) < _LONG_URL:
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
        found += _basic_forms(unquote(user_info))
    for pair in parts.query.split("&"):
        name, _, value = pair.partition("=")
        if value and (re.search(_SECRET_PARAMETERS, unquote(name)) or len(value) >= 40):
            found += [value, unquote(value)]
    found += [segment for segment in parts.path.split("/") if looks_random(segment)]
    return found


def secrets_of_options(options: ConnectOptions) -> list[str]:
    """Return the secrets in what an attempt was asked to use."""
    found = secrets_of_url(options.url) + secrets_of_url(options.proxy or "")
    for name, value in options.headers:
        found += secrets_of_field(name, value)
    for cookie in options.cookies:
        found += secrets_of_field("cookie", cookie)
    if options.basic_auth:
        found += [
            options.basic_auth,
            *_basic_forms(options.basic_auth),
            options.basic_auth.partition(":")[2],
        ]
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
    if attempt.proxy is not None and attempt.proxy.scheme.startswith("socks"):
        found += _secrets_of_socks(bytes(attempt.proxy_exchange.request))
    return found


def _secrets_of_socks(sent: bytes) -> list[str]:
    """Return the password of a SOCKS5 login, which the environment may have named (RFC 1928 section 3, RFC 1929)."""
    login = sent[2 + sent[1] :] if len(sent) > 2 else b""
    if login[:1] != b"\x01" or len(login) < 3:
        return []
    at = 2 + login[1]
    password = login[at + 1 : at + 1 + login[at]] if len(login) > at else b""
    return [password.decode("utf-8", "replace"), password.decode("latin-1")]


class Redactor:
    """Replaces known secrets in any text. With `show`, it changes nothing.

    A short secret, such as the value of `theme=dark`, may be a word of ordinary text: it is masked only where a value
    stands, after `=`, `:`, a scheme or a quote, and up to the end of the value. What is masked `also`, because somebody
    said so, is masked wherever it stands.
    """

    def __init__(
        self, secrets: Iterable[str] = (), *, show: bool = False, also: Collection[str] = ()
    ) -> None:
        known = dict.fromkeys(s for s in (*also, *secrets) if len(s) >= SHORTEST)
        rewritten = set(islice((s for s in known if not is_plain(s)), _REWRITTEN))
        wanted = sorted(known, key=len)
        self.count = 0 if show else len(wanted)
        """How many different secrets are masked."""
        self._masks: dict[str, str] = {}
        """By each way to write a secret, its mask."""
        for secret in wanted:
            # Where one is another way to write a shorter one, it is the same secret.
            masked = self._masks.setdefault(secret, mask(secret))
            for form in written_forms(secret) if secret in rewritten else ():
                self._masks.setdefault(form, masked)
        self._cut = CutSecrets(self._masks)
        self._also = frozenset(form for secret in also for form in (secret, *written_forms(secret)))
        self._pattern = None if show or not wanted else self._compiled(self._masks)
        self.shows = show
        """Whether secrets are left as they are because somebody asked for it."""
        self._payload_masks: dict[str, str] = {}
        self._payload_pattern: re.Pattern[str] | None = None

    def _compiled(self, secrets: Iterable[str]) -> re.Pattern[str]:
        longest_first = sorted(secrets, key=len, reverse=True)
        return re.compile("|".join(re.escape(s) if s in self._also else _pattern(s) for s in longest_first))

    @property
    def active(self) -> bool:
        """Whether there is anything to mask."""
        return self._pattern is not None

    @property
    def masks(self) -> dict[str, tuple[str, ...]]:
        """Return the mask of each secret, in each way to write it, and what the mask is cut or stretched to in a payload;
        nothing where nothing is masked."""
        if self._pattern is None:
            return {}
        shown: dict[str, dict[str, None]] = {masked: {masked: None} for masked in self._masks.values()}
        for form, masked in self._masks.items():
            shown[masked] |= {stretched: None for _, stretched in _read_as_latin_1({form: masked})}
        return {form: tuple(shown[masked]) for form, masked in self._masks.items()}

    def was_added(self, secret: str) -> bool:
        """Whether a text is masked because somebody said so."""
        return secret in self._also

    @classmethod
    def for_session(
        cls, session: SessionRecord, *, show: bool = False, also: Collection[str] = ()
    ) -> Redactor:
        """Make the redactor of everything that a session is known to hold, in the server's log, too."""
        secrets = [s for attempt in session.attempts for s in secrets_of_attempt(attempt)]
        if session.server_log.lines:
            from wsinspect.export.line_secrets import secrets_of_log

            secrets += secrets_of_log(session)
        return cls(secrets, show=show, also=also)

    @classmethod
    def for_options(cls, options: ConnectOptions, *, show: bool = False) -> Redactor:
        """Make the redactor of what was asked for, before anything was sent."""
        return cls(secrets_of_options(options), show=show)

    def __call__(self, text: str) -> str:
        """Return `text` with every known secret masked."""
        if self._pattern is None:
            return text
        if text in self._masks:
            return self._masks[text]
        masked = self._pattern.sub(lambda m: self._masks[m[0]], text)
        for start, end, shown in reversed(self._cut.found(masked)):
            masked = f"{masked[:start]}{shown}{masked[end:]}"
        return masked

    def found(self, text: str) -> list[tuple[int, int, str]]:
        """Return where in `text` secrets stand, as (start, end, mask) in ascending order."""
        if self._pattern is None:
            return []
        if text in self._masks:
            return [(0, len(text), self._masks[text])]
        whole = [(*m.span(), self._masks[m[0]]) for m in self._pattern.finditer(text)]
        cut = [one for one in self._cut.found(text) if not any(_meet(one, other) for other in whole)]
        return sorted([*whole, *cut])

    def data(self, data: bytes) -> bytes:
        """Return payload bytes with every known secret masked in as many bytes as it takes: lengths stay true."""
        if self._pattern is None:
            return data
        pattern = self._for_payloads()
        text = data.decode("latin-1")
        if text not in self._payload_masks:
            masked = pattern.sub(lambda m: self._payload_masks[m[0]], text)
        else:
            masked = self._payload_masks[text]
        return masked.encode("latin-1")

    def may_be_in(self, data: bytes) -> bool:
        """Whether bytes hold what `data` might mask in any part of them; quick, for the many that hold nothing."""
        if self._pattern is None:
            return False
        self._for_payloads()
        return any(secret.encode("latin-1") in data for secret in self._payload_masks)

    def _for_payloads(self) -> re.Pattern[str]:
        if self._payload_pattern is None:
            self._payload_masks = dict(_read_as_latin_1(self._masks))
            # As bytes in Latin-1, what was asked for is still to be masked wherever it stands.
            self._also |= {found for found, _ in _read_as_latin_1(dict.fromkeys(self._also, ""))}
            self._payload_pattern = self._compiled(self._payload_masks)
        return self._payload_pattern


def _meet(one: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _pattern(secret: str) -> str:
    if len(secret) >= _LONG:
        return re.escape(secret)
    return f"{_BEFORE_VALUE}{re.escape(secret)}{_AFTER_VALUE}"


def _read_as_latin_1(masks: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each secret as the bytes on the wire look in Latin-1, and a mask of the same length."""
    for secret, masked in masks.items():
        for encoding in ("utf-8", "latin-1"):
            with suppress(UnicodeEncodeError):
                found = secret.encode(encoding).decode("latin-1")
                yield found, masked[: len(found)].ljust(len(found), "*")
