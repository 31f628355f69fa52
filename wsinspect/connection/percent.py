"""Percent-encoding (RFC 3986 section 2.1), with the character sets that browsers use."""

from __future__ import annotations

import re

_ENCODED = "(?:%[0-9A-Fa-f]{2})+"
_NOT_IN_A_PATH = '[^\x21-\x7e]|["<>^`{}]'
_NOT_IN_A_QUERY = "[^\x21-\x7e]|[\"<>']"
"""WHATWG URL's path and special-query percent-encode sets."""


def percent_decoded(text: str) -> str:
    """Return `text` with every `%XX` decoded as UTF-8; what is not UTF-8 becomes U+FFFD."""
    if "%" not in text:
        return text
    return re.sub(
        _ENCODED, lambda found: bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "replace"), text
    )


def encoded_path(path: str) -> str:
    """Return `path` with everything encoded that may not stand in a path; existing `%XX` stay."""
    return re.sub(_NOT_IN_A_PATH, _encoded, path) if path != "/" else path


def encoded_query(query: str) -> str:
    """Return `query` with everything encoded that may not stand in a query; existing `%XX` stay."""
    return re.sub(_NOT_IN_A_QUERY, _encoded, query) if query else query


def _encoded(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace"))
