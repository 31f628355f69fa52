"""In which other ways a text is written by whoever repeats it: percent-encoded, as in a form, escaped for JSON or HTML."""

from __future__ import annotations

import re

_PLAIN = r"(?a)[\w.~-]*"
_LONGEST = 1024
"""No longer text is a credential that a page repeats, and whoever sends one must not cost us time."""


def is_plain(text: str) -> bool:
    """Say whether a text is written in one way only; one that is too long counts as such."""
    return len(text) > _LONGEST or re.fullmatch(_PLAIN, text) is not None


def written_forms(text: str) -> list[str]:
    """Return what a URL, a form, a JSON document or a page would hold in place of `text`, each once and not itself."""
    if is_plain(text):
        return []
    # Loaded only where a text has signs that are written in other ways.
    import html
    import json
    from urllib.parse import quote, quote_plus

    encoded = [
        quote(text, safe=safe, errors="surrogatepass") for safe in ("", "/", "/:=+@,", "!$&'()*+,;=:@/")
    ]
    encoded.append(quote_plus(text, errors="surrogatepass"))
    escaped = [json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)]
    forms = [
        *encoded,
        *(re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), one) for one in encoded),
        *escaped,
        *(one.replace("/", "\\/") for one in escaped),
        html.escape(text),
        html.escape(text, quote=False),
    ]
    return [form for form in dict.fromkeys(forms) if form != text]
