"""`wsinspect explain`: a cause id, a close code, an HTTP status, or a line from a browser's console."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wsinspect.check.page import BOLD, MUTED, Page
from wsinspect.diagnosis.catalogue import by_stage, find, load
from wsinspect.diagnosis.cause import Cause, Stage
from wsinspect.diagnosis.close_families import readings
from wsinspect.diagnosis.console_lines import ConsoleLine, read_console_line
from wsinspect.diagnosis.numbers import causes_of_close_code, causes_of_status
from wsinspect.diagnosis.product_statuses import products_with_status
from wsinspect.diagnosis.stand_ins import headline_in_general, in_general
from wsinspect.errors import UsageError, nearest
from wsinspect.safe_text import shortened, visible
from wsinspect.wire.close_codes import describe_close_code

if TYPE_CHECKING:
    from wsinspect.export.redact import Redactor

_TOLD = 8
"""So many causes of a line are told with headline and fix."""
_ALLOWED = "a cause id, a close code, an HTTP status, or a line from a console"


def cause_lines(cause: Cause, page: Page) -> Iterator[str]:
    """Yield one cause of the catalogue: what it is, why, how to fix it, what to test, where it is written."""
    for line in page.wrapped(headline_in_general(cause)):
        yield page.styled(line, BOLD)
    yield f"  {cause.id}   stage: {cause.stage}, side: {cause.side}, at best {cause.certainty}"
    yield ""
    yield from page.wrapped(in_general(cause.explanation), "  ")
    yield from page.section("Fix")
    yield from page.numbered(tuple(in_general(step) for step in cause.fix))
    yield from page.section("Next test")
    yield from page.wrapped(in_general(cause.next_test), "  ")
    yield from page.section("Sources")
    yield from (f"  {source}" for source in cause.sources)
    if cause.aliases:
        yield from page.wrapped(f"also known as: {', '.join(cause.aliases)}", "  ")
    yield from _lab_lines(cause, page)


def _lab_lines(cause: Cause, page: Page) -> Iterator[str]:
    from wsinspect.lab.registry import scenarios

    if any(scenario.id == cause.id for scenario in scenarios()):
        yield from page.section("See it happen")
        yield f"  wsinspect lab {cause.id} --check"


def _short_lines(ids: tuple[str, ...], page: Page) -> Iterator[str]:
    causes = load()
    for cause_id in ids:
        cause = causes.get(cause_id)
        if cause is not None:
            yield from page.wrapped(f"{cause.id}: {headline_in_general(cause)}", "  ", "    ")
            if cause.fix:
                first, *snippet = in_general(cause.fix[0]).splitlines()
                yield from page.wrapped(f"fix: {first}{' …' if snippet else ''}", "    ", "      ")


def _showing(ids: tuple[str, ...], page: Page) -> Iterator[str]:
    if ids:
        yield from page.section("Causes that show it")
        yield from _short_lines(ids, page)
        yield ""
        yield page.styled("(`wsinspect explain ID` tells more)", MUTED)


def _more(ids: tuple[str, ...], page: Page) -> Iterator[str]:
    """Yield what is too rare, or too many, for lines of its own: the ids."""
    if ids:
        yield ""
        yield from page.wrapped(f"And by product: {', '.join(ids)}", "  ", "    ")


def _close_code_lines(code: int, page: Page) -> Iterator[str]:
    described = describe_close_code(code)
    yield page.styled(f"Close code {code}: {described.name}", BOLD)
    yield from page.wrapped(described.meaning, "  ")
    may = "may" if described.on_the_wire else "must not"
    yield from page.wrapped(f"range: {described.range}; {may} stand in a Close frame", "  ")
    yield from page.wrapped(f"source: {described.source}", "  ")
    products = readings(code)
    if products:
        yield from page.section("What it means by product; the number alone does not tell which")
        yield from page.pairs(list(products))
    yield from _showing(causes_of_close_code(code), page)


def _status_lines(status: int, page: Page) -> Iterator[str]:
    from http import HTTPStatus

    try:
        name = HTTPStatus(status).phrase
    except ValueError:
        name = "not registered"
    yield page.styled(f"HTTP {status} {name}", BOLD)
    if status == 101:
        yield "  What a server must answer to an opening handshake (RFC 6455 section 4.2.2)."
        return
    yield from page.wrapped(
        "As the answer to an opening handshake: the server did not switch protocols, and the connection fails"
        " (RFC 6455 section 4.1). A browser shows 1006 for it, whatever the status.",
        "  ",
    )
    yield from _showing(causes_of_status(status), page)
    yield from _more(products_with_status(status), page)


def _console_lines(found: ConsoleLine, page: Page) -> Iterator[str]:
    yield f"Read as: {page.clean(found.read_as, 200)}"
    yield ""
    others = found.causes
    if found.meaning:
        yield from page.wrapped(found.meaning)
    else:
        first, *rest = found.causes
        others = tuple(rest)
        yield from cause_lines(first, page)
    if others:
        title = (
            "The usual reasons, most frequent first" if found.meaning else "Also possible, most likely first"
        )
        yield from page.section(title)
        ids = tuple(cause.id for cause in others)
        yield from _short_lines(ids[:_TOLD], page)
        yield from _more(ids[_TOLD:], page)
    yield from page.section("What would prove it")
    url = page.clean(found.url) or "URL"
    yield f"  wsinspect check '{url}'" if found.url else f"  wsinspect check {url}"


def explain(what: str, *, colour: bool = False, width: int = 100) -> str:
    """Return what is known of `what` as text, safe for a terminal.

    Raises:
        UsageError: nothing is known of it; the nearest id is named.
    """
    page = Page(width=width, colour=colour)
    text = what.strip()
    if not text:
        raise UsageError(
            "nothing to explain",
            where="explain",
            allowed=_ALLOWED,
            hint="`wsinspect explain --list` names the causes",
        )
    cause = find(text.lower())
    if cause is not None:
        return "\n".join(cause_lines(cause, page)) + "\n"
    code = re.fullmatch(r"(?:close |code |http |status )*(\d{1,5})", text.lower())
    if code is not None:
        number = int(code[1])
        if 1000 <= number < 5000:
            return "\n".join(_close_code_lines(number, page)) + "\n"
        if 100 <= number < 600:
            return "\n".join(_status_lines(number, page)) + "\n"
        raise UsageError(
            f"{number} is neither an HTTP status nor a close code",
            where="explain",
            allowed="100 to 599, or 1000 to 4999",
        )
    found = read_console_line(text)
    if found is not None:
        page = Page(width=width, colour=colour, redact=_redactor(text))
        return "\n".join(_console_lines(found, page)) + "\n"
    raise UsageError(
        f"nothing is known of {_quoted(text)!r}",
        where="explain",
        allowed=_ALLOWED,
        hint=nearest(text.lower(), _ids()) or "`wsinspect explain --list` names the causes",
    )


def _quoted(text: str) -> str:
    """Return the beginning of what somebody pasted, its secrets masked."""
    return shortened(visible(_redactor(text)(text[:4000])), 80)


def _redactor(text: str) -> Redactor:
    from wsinspect.export.line_secrets import secrets_of_line
    from wsinspect.export.redact import Redactor

    return Redactor(secrets_of_line(text))


def _ids() -> list[str]:
    return [word for cause in load().values() for word in (cause.id, *cause.aliases)]


def listing(what: str = "", *, width: int = 100) -> str:
    """Return the causes by stage, a line each: all, or those whose id, stage or headline holds `what`.

    Raises:
        UsageError: no cause has it.
    """
    wanted = what.strip().lower()
    found = [
        cause
        for cause in load().values()
        if wanted in f"{cause.stage} {cause.id} {' '.join(cause.aliases)} {cause.headline}".lower()
    ]
    if not found:
        raise UsageError(
            f"no cause has {_quoted(what)!r} in its id, stage or headline",
            where="explain --list",
            allowed=f"nothing, or a stage such as {', '.join(Stage)}",
        )
    page = Page(width=width)
    column = min(max(len(cause.id) for cause in found) + 2, 44)
    lines: list[str] = []
    for stage, members in by_stage(found).items():
        lines.append(stage)
        for cause in members:
            lines += page.wrapped(headline_in_general(cause), f"  {cause.id:<{column}}", " " * (column + 2))
        lines.append("")
    return "\n".join(lines)
