"""`wsinspect explain`: a cause id, a close code, an HTTP status, or a line from a browser's console."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wsinspect.check.text import Style, wrapped
from wsinspect.diagnosis.catalogue import find, load
from wsinspect.diagnosis.cause import Cause
from wsinspect.diagnosis.console_lines import ConsoleLine, read_console_line
from wsinspect.errors import UsageError, nearest
from wsinspect.safe_text import visible
from wsinspect.wire.close_codes import describe_close_code

_CLOSE_CODE_CAUSES = {
    1000: ("close-1000-immediately",),
    1001: ("close-1001-or-1012-restart", "idle-timeout-server-app", "server-drain-on-deploy"),
    1002: ("proto-unmasked-client", "client-violates-app-protocol"),
    1003: ("unsupported-data",),
    1005: ("proto-close-frame-invalid",),
    1006: ("open-then-fin", "open-then-rst", "idle-timeout-intermediary", "client-closed-while-connecting"),
    1007: ("proto-invalid-utf8",),
    1008: ("close-1008-or-44xx-auth",),
    1009: ("message-too-big",),
    1010: ("ext-invalid",),
    1011: ("close-1011", "keepalive-ping-timeout"),
    1012: ("close-1001-or-1012-restart",),
    1013: ("close-1013-overload",),
    1014: ("http-502",),
    1015: ("tls-self-signed", "tls-untrusted-ca-or-missing-intermediate", "tls-expired"),
    3000: ("close-1008-or-44xx-auth",),
    3003: ("close-1008-or-44xx-auth",),
}
_STATUS_CAUSES = {
    200: ("http-200-not-websocket",),
    301: ("http-redirect",),
    400: ("http-400-generic", "upgrade-stripped", "http-headers-too-large"),
    401: ("http-401",),
    403: ("http-403", "origin-rejected"),
    404: ("http-404",),
    405: ("http-405",),
    407: ("proxy-auth-required",),
    413: ("http-headers-too-large",),
    414: ("http-headers-too-large",),
    426: ("http-426", "upgrade-stripped", "ws-version-unsupported"),
    429: ("http-429",),
    431: ("http-headers-too-large",),
    500: ("http-500",),
    502: ("http-502",),
    503: ("http-503",),
    504: ("http-504",),
    511: ("captive-portal",),
}


def cause_lines(cause: Cause, style: Style, width: int = 96) -> Iterator[str]:
    """Yield one cause of the catalogue: what it is, why, how to fix it, what to test, where it is written."""
    yield style(cause.headline, "1")
    yield f"  {cause.id}   stage: {cause.stage}, side: {cause.side}, at best {cause.certainty}"
    yield ""
    yield from wrapped(cause.explanation, width, "  ")
    yield ""
    yield style("Fix", "1")
    for number, step in enumerate(cause.fix, 1):
        first, *rest = list(wrapped(step, width - 5)) or [""]
        yield f"  {number}. {first}"
        yield from (f"     {line}" for line in rest)
    yield ""
    yield style("Next test", "1")
    yield from wrapped(cause.next_test, width, "  ")
    yield ""
    yield style("Sources", "1")
    yield from (f"  {source}" for source in cause.sources)
    if cause.aliases:
        yield f"  also known as: {', '.join(cause.aliases)}"


def _short_lines(ids: tuple[str, ...]) -> Iterator[str]:
    causes = load()
    for cause_id in ids:
        cause = causes.get(cause_id)
        if cause is not None:
            yield f"  {cause.id}: {cause.headline}"
            if cause.fix:
                yield f"    fix: {cause.fix[0].splitlines()[0]}"


def _close_code_lines(code: int, style: Style) -> Iterator[str]:
    described = describe_close_code(code)
    yield style(f"Close code {code}: {described.name}", "1")
    yield f"  {described.meaning}"
    yield f"  range: {described.range}; {'may' if described.on_the_wire else 'must not'} stand in a Close frame"
    yield f"  source: {described.source}"
    ids = _CLOSE_CODE_CAUSES.get(code, ("close-1008-or-44xx-auth",) if 4000 <= code < 5000 else ())
    if ids:
        yield ""
        yield style("Causes that show it", "1")
        yield from _short_lines(ids)


def _status_lines(status: int, style: Style) -> Iterator[str]:
    from http import HTTPStatus

    try:
        known = HTTPStatus(status)
        name = f"{known.phrase}: {known.description}" if known.description else known.phrase
    except ValueError:
        name = "not registered"
    yield style(f"HTTP {status} {name}", "1")
    if status == 101:
        yield "  What a server must answer to an opening handshake (RFC 6455 section 4.2.2)."
        return
    yield "  As an answer to an opening handshake: the server did not switch protocols (RFC 6455 section 4.1)."
    general = "http-redirect" if 300 <= status < 400 else "http-421-or-451-etc"
    ids = _STATUS_CAUSES.get(status, (general,))
    yield ""
    yield style("Causes that show it", "1")
    yield from _short_lines(ids)


def _console_lines(found: ConsoleLine, style: Style) -> Iterator[str]:
    first, *others = found.causes
    yield f"Read as: {visible(found.read_as)}"
    yield ""
    yield from cause_lines(first, style)
    if others:
        yield ""
        yield style("Also possible, most likely first", "1")
        yield from _short_lines(tuple(cause.id for cause in others))
    if found.url:
        yield ""
        yield style("What would prove it", "1")
        yield f"  wsinspect check '{visible(found.url)}'"


def explain(what: str, *, colour: bool = False) -> str:
    """Return what is known of `what` as text, safe for a terminal.

    Raises:
        UsageError: nothing is known of it; the nearest id is named.
    """
    style = Style(colour=colour)
    text = what.strip()
    cause = find(text.lower())
    if cause is not None:
        return "\n".join(cause_lines(cause, style)) + "\n"
    code = re.fullmatch(r"(?:close |code |http |status )*(\d{1,5})", text.lower())
    if code is not None:
        number = int(code[1])
        if 1000 <= number < 5000:
            return "\n".join(_close_code_lines(number, style)) + "\n"
        if 100 <= number < 600:
            return "\n".join(_status_lines(number, style)) + "\n"
        raise UsageError(
            f"{number} is neither an HTTP status nor a close code",
            where="explain",
            allowed="100 to 599, or 1000 to 4999",
        )
    found = read_console_line(text)
    if found is not None:
        return "\n".join(_console_lines(found, style)) + "\n"
    raise UsageError(
        f"nothing is known of {visible(text)[:80]!r}",
        where="explain",
        allowed="a cause id, a close code, an HTTP status, or a line from a console",
        hint=nearest(text.lower(), load()) or "`wsinspect explain --list` names the causes",
    )


def listing() -> str:
    """Return all causes by stage, a line each."""
    by_stage: dict[str, list[Cause]] = {}
    for cause in load().values():
        by_stage.setdefault(str(cause.stage), []).append(cause)
    lines: list[str] = []
    for stage, causes in by_stage.items():
        lines.append(stage)
        lines += [f"  {cause.id:<44} {cause.headline}" for cause in causes]
        lines.append("")
    return "\n".join(lines)
