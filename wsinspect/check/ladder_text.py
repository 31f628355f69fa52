"""The ladder as text: a line a rung, and a line an address where they matter."""

from __future__ import annotations

from collections.abc import Iterator

from wsinspect.check.page import BAD, GOOD, MUTED, WARNING, Page, took
from wsinspect.events import FailureKind, LocalEnd, Step
from wsinspect.session.attempt import Attempt
from wsinspect.session.ladder import AddressRecord, AddressStatus, StepRecord, StepStatus

_NAME, _SIGN, _TIME = 9, 15, 10
_DETAIL = _NAME + _SIGN + _TIME + 2


def ladder_lines(attempt: Attempt, page: Page) -> Iterator[str]:
    """Yield the whole ladder of an attempt."""
    for rung in attempt.rungs():
        sign, style = _sign(attempt, rung)
        time = took(rung.duration_ns())
        head = f"{rung.step!s:<{_NAME}}{page.styled(sign, style)}{' ' * (_SIGN - len(sign))}{time:>{_TIME}}"
        details = [page.clean(text, 500) for text in _details(attempt, rung) if text]
        if not details:
            yield head.rstrip()
        for number, detail in enumerate(details):
            # The head may hold colours, which have no width: it is put in front once the text is wrapped.
            first, *rest = page.wrapped(detail, " " * _DETAIL)
            yield first if number else head + first[_DETAIL - 2 :]
            yield from rest


def _sign(attempt: Attempt, rung: StepRecord) -> tuple[str, str]:
    match rung.status:
        case StepStatus.SUCCEEDED:
            return "ok", GOOD
        case StepStatus.FAILED if rung.failure is not None and rung.failure.kind is FailureKind.CANCELLED:
            return "stopped", WARNING
        case StepStatus.FAILED:
            return "FAILED", BAD
        case StepStatus.RUNNING:
            return "stopped" if attempt.ended else "under way", WARNING
        case StepStatus.NEVER_REACHED:
            return "never reached", MUTED


def _details(attempt: Attempt, rung: StepRecord) -> list[str]:
    lines = [] if rung.failure is None else [rung.failure.message]
    match rung.step:
        case Step.URL if attempt.target is not None:
            lines += [attempt.target.url, *attempt.target.notes]
        case Step.RESOLVE:
            lines += _resolved(attempt)
        case Step.TCP:
            lines += _addresses(attempt, rung)
        case Step.PROXY if attempt.proxy is not None:
            proxy = attempt.proxy
            lines.append(f"{proxy.scheme}://{proxy.host}:{proxy.port} ({proxy.source})")
        case Step.TLS if attempt.tls.established is not None:
            made = attempt.tls.established
            lines.append(f"{made.version}, {made.cipher}" + (f", ALPN {made.alpn}" if made.alpn else ""))
            if attempt.options.insecure:
                lines.append("the certificate was not verified (-k)")
        case Step.UPGRADE:
            lines += _upgrade(attempt)
        case Step.OPEN if rung.status is not StepStatus.NEVER_REACHED and rung.failure is None:
            lines.append(_as_asked(attempt))
        case _:
            pass
    return lines


def _resolved(attempt: Attempt) -> list[str]:
    found = attempt.resolved
    if found is None:
        return []
    lines = []
    if attempt.proxy_bypassed is not None:
        skipped = attempt.proxy_bypassed
        lines.append(f"no proxy: {skipped.variable} does not hold for this target ({skipped.rule})")
    hosts = ", ".join(address.host for address in found.addresses)
    if found.source == "literal":
        lines.insert(0, f"{hosts}, an address already")
    else:
        source = "" if found.source == "resolver" else f" ({found.source})"
        is_an_address = hosts == found.host
        lines.insert(0, f"{'' if is_an_address else f'{found.host} is '}{hosts}{source}")
    if found.dropped:
        lines.append(f"{found.dropped} more addresses were left out")
    return lines


def _addresses(attempt: Attempt, rung: StepRecord) -> list[str]:
    addresses = attempt.ladder.addresses
    if rung.status is StepStatus.SUCCEEDED and len(addresses) == 1:
        return [str(addresses[0].address)]
    if len(addresses) < 2:
        return []
    return [_address(one) for one in addresses]


def _address(one: AddressRecord) -> str:
    after = took(one.ended_ns - one.started_ns) if one.ended_ns is not None else ""
    if one.status is AddressStatus.CONNECTED:
        return f"{one.address} connected after {after}"
    if one.kind is FailureKind.CANCELLED:
        return f"{one.address} given up after {after}: another one was faster, or we stopped"
    if one.kind is None:
        return f"{one.address} had not answered"
    words = one.message.removeprefix(f"{one.address}: ") or str(one.kind).replace("-", " ")
    return f"{one.address} failed after {after}: {words}"


def _upgrade(attempt: Attempt) -> list[str]:
    head = attempt.handshake.head
    if head is None:
        return []
    extra = f", subprotocol {attempt.subprotocol}" if attempt.subprotocol else ""
    extra += ", permessage-deflate" if attempt.deflate is not None else ""
    return [f"{head.status_line or 'no status line'}{extra}"]


def _as_asked(attempt: Attempt) -> str:
    ended = attempt.closure.locally_ended
    if not attempt.ended:
        return str(attempt.ready_state)
    if ended is not None and ended.why is LocalEnd.HOLD_OVER:
        return "held as long as asked, then closed by us"
    if ended is not None and ended.why is LocalEnd.CLOSED_BY_USER:
        return "closed by us"
    if ended is not None and ended.why in (LocalEnd.CANCELLED, LocalEnd.ABORTED_BY_USER):
        return "stopped by us"
    return "closed by the server" if attempt.closure.close_received is not None else ""
