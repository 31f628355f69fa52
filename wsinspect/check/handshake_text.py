"""The opening handshake as text: what was sent and answered, and the requirements that the answer misses."""

from __future__ import annotations

from collections.abc import Iterator

from wsinspect.check.page import BAD, MUTED, Page
from wsinspect.session.attempt import Attempt
from wsinspect.session.exchange import Exchange
from wsinspect.wire.handshake import HandshakeCheck

_BODY_SHOWN = 1000


def check_lines(attempt: Attempt, page: Page) -> Iterator[str]:
    """Yield the checklist of a 101, a requirement a line, and more of what it misses: wanted, arrived, who refuses."""
    head = attempt.handshake.head
    if head is None or head.status_code != 101:
        return
    yield from page.section("Checklist of the answer")
    yield from page.wrapped("by RFC 6455, Chromium, Firefox, a strict library (node's ws):", "  ")
    for check in attempt.checks:
        begin = f"  {' '.join(f'{_verdict(ok):<3}' for _, ok in _verdicts(check))} {check.name!s:<19} "
        for line in page.wrapped(page.clean(check.arrived, 300), begin, " " * len(begin)):
            yield page.styled(line, BAD) if _refusing(check) else line
    missed = [check for check in attempt.checks if _refusing(check)]
    if not missed:
        return
    yield from page.section(f"Checks of the answer that fail ({len(missed)} of {len(attempt.checks)})")
    for check in missed:
        yield f"  {check.field or check.name!s}"
        rows = [("wanted", check.requirement), ("arrived", check.arrived)]
        if check.detail:
            rows.append(("so", check.detail))
        rows += [
            ("refused by", ", ".join(_refusing(check))),
            ("accepted by", ", ".join(_accepting(check)) or "nobody"),
        ]
        yield from page.pairs([(name, page.clean(text, 300)) for name, text in rows], "    ")


def _verdict(ok: bool) -> str:
    return "ok" if ok else "NO"


def _verdicts(check: HandshakeCheck) -> list[tuple[str, bool]]:
    return [
        (check.source, check.ok),
        ("Chromium", check.chromium_ok),
        ("Firefox", check.firefox_ok),
        ("strict libraries (node's ws)", check.strict_ok),
    ]


def _refusing(check: HandshakeCheck) -> list[str]:
    return [who for who, ok in _verdicts(check) if not ok]


def _accepting(check: HandshakeCheck) -> list[str]:
    return [who for who, ok in _verdicts(check) if ok]


def exchange_lines(exchange: Exchange, page: Page) -> Iterator[str]:
    """Yield request and answer as they crossed the wire, `>` before what was sent and `<` before what came."""
    for line in exchange.request.decode("latin-1").splitlines():
        yield page.styled(f"  > {page.clean(line)}".rstrip(), MUTED)
    answer = exchange.head.raw if exchange.head is not None else bytes(exchange.response)
    for raw in answer.split(b"\n"):
        if raw.strip(b"\r"):
            yield f"  < {page.clean(raw.removesuffix(bytes([13])).decode('latin-1'))}"
    body = exchange.body_text
    if body.strip():
        yield "  <"
        shown = page.masked(body)[:_BODY_SHOWN]
        yield from (f"  < {page.clean(line)}".rstrip() for line in shown.splitlines())
        if len(body) > _BODY_SHOWN:
            yield page.styled(
                f"    and {len(body) - _BODY_SHOWN} more characters (--json has 4096 of them)", MUTED
            )
