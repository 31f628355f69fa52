"""Secrets in a line that somebody else wrote: of a server's log, or from a console. Nothing says which of its words they
are but the words themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from wsinspect.export.redact import Redactor, secrets_of_field, secrets_of_url

if TYPE_CHECKING:
    from wsinspect.session.record import SessionRecord

_URL = re.compile(r"[a-z][a-z+]{1,7}://[^\s'\"<>]+")
_REQUEST_TARGET = re.compile(r"(?<![\w/:.])/[^\s'\"<>?]*\?[^\s'\"<>]+")
_CREDENTIALS = re.compile(r"(?i)\b(bearer|basic) +([\w\-.~+/]{8,}=*)")
_COOKIE = re.compile(r"(?i)\bcookie['\"]?\s*[:=]\s*['\"]?([\w.\-]+=[^;\s'\"]+(?:; *[\w.\-]+=[^;\s'\"]+)*)")
_LOOKED_AT = 4000
_NEWEST_LINES = 2000
_MOST = 200
"""Each takes its time in every text that is masked."""


@lru_cache(maxsize=2 * _NEWEST_LINES)
def secrets_of_line(text: str) -> tuple[str, ...]:
    """Return the secrets in the first 4000 characters of a line: user-info and token-like values of URLs and request
    targets, what follows `Bearer` or `Basic`, and the values of cookies."""
    begin = text[:_LOOKED_AT]
    found = [secret for url in _URL.findall(begin) for secret in secrets_of_url(url)]
    for target in _REQUEST_TARGET.findall(begin):
        found += secrets_of_url(f"ws://h{target}")
    for scheme, credentials in _CREDENTIALS.findall(begin):
        found += secrets_of_field("authorization", f"{scheme} {credentials}")
    for pairs in _COOKIE.findall(begin):
        found += secrets_of_field("cookie", pairs)
    return tuple(found)


def masked_line(text: str, redact: Redactor) -> str:
    """Return a line without the session's secrets, and without its own: older lines may hold some that no one else knows."""
    if redact.shows:
        return text
    own = secrets_of_line(text)
    return redact(Redactor(own)(text) if own else text)


def secrets_of_log(record: SessionRecord) -> Iterator[str]:
    """Yield the secrets in the newest 2000 lines kept of the server's log, 200 of them at most, the newest first."""
    found: set[str] = set()
    for line in reversed(record.server_log.lines[-_NEWEST_LINES:]):
        for secret in secrets_of_line(line.event.text):
            if secret not in found:
                if len(found) == _MOST:
                    return
                found.add(secret)
                yield secret
