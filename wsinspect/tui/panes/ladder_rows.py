"""The ladder of an attempt as rows: each step and address with its outcome, its time and where the time went."""

from __future__ import annotations

from textual.content import Content

from wsinspect.events import FailureKind, Step
from wsinspect.safe_text import shortened
from wsinspect.session.attempt import Attempt
from wsinspect.session.ladder import AddressRecord, AddressStatus, StepRecord, StepStatus
from wsinspect.tui.rows import BAD, GOOD, MUTED, WARNING, EventPlace, Part, Row, row, text
from wsinspect.tui.wording import (
    FAILED_SIGN,
    OK_SIGN,
    RUNNING_SIGNS,
    STOPPED_SIGN,
    UNREACHED_SIGN,
    bar,
    counted,
    duration,
)

_NAMES = {
    Step.URL: "URL",
    Step.RESOLVE: "Resolve",
    Step.TCP: "TCP",
    Step.PROXY: "Proxy",
    Step.TLS: "TLS",
    Step.UPGRADE: "Upgrade",
    Step.OPEN: "Open",
}
_BAR_WIDTHS = ((120, 32), (90, 22), (64, 12), (36, 6))
"""From this many columns on, so many of them are a bar."""
WORDY_COLUMNS = 64
"""With fewer, an outcome is a word or two: the events below tell it in full."""
_MOST_PERCENT = 50
"""A step that took so much of the time is named."""
_SPIN_NS = 120_000_000
_OFF = "$foreground 30%"


def step_name(step: Step) -> str:
    """Return the rung's name as shown."""
    return _NAMES[step]


def ladder_rows(attempt: Attempt, now_ns: int, width: int) -> list[Row]:
    """Return a row for each rung, and under TCP one for each address; bars where `width` has room for them."""
    rungs = attempt.rungs()
    begun = attempt.started.at_ns
    ended = [r.ended_ns for r in rungs if r.ended_ns is not None and r.step is not Step.OPEN]
    running = any(r.status is StepStatus.RUNNING and r.step is not Step.OPEN for r in rungs)
    scale_end = max([*ended, now_ns if running else begun, begun + 1])
    bar_width = next((cells for columns, cells in _BAR_WIDTHS if width >= columns), 0)
    rows: list[Row] = []
    for rung in rungs:
        brief = width < WORDY_COLUMNS
        rows.append(_rung_row(attempt, rung, now_ns, (begun, scale_end), bar_width, brief=brief))
        if rung.step is Step.TCP and _addresses_matter(attempt, rung):
            rows += [
                _address_row(one, now_ns, (begun, scale_end), 0 if brief else bar_width)
                for one in attempt.ladder.addresses
            ]
    slowest = _slowest(rungs, now_ns)
    return [*rows, slowest] if slowest is not None else rows


def _slowest(rungs: list[StepRecord], now_ns: int) -> Row | None:
    """Say which step took most of the time up to OPEN, where one did and another could have."""
    times = [
        (rung.duration_ns(now_ns) or 0, rung)
        for rung in rungs
        if rung.step is not Step.OPEN and rung.status is not StepStatus.NEVER_REACHED
    ]
    total = sum(took for took, _ in times)
    if len(times) < 2 or total <= 0:
        return None
    longest, rung = max(times, key=lambda one: one[0])
    percent = longest * 100 // total
    if percent < _MOST_PERCENT:
        return None
    said = f"{percent} % of {duration(total).strip()} went into {_NAMES[rung.step]}"
    return row((said, MUTED), gutter=text("  "), place=EventPlace(rung.seq), at_ns=rung.ended_ns)


def _addresses_matter(attempt: Attempt, rung: StepRecord) -> bool:
    return len(attempt.ladder.addresses) > 1 or rung.status is not StepStatus.SUCCEEDED


def stopped(rung: StepRecord) -> bool:
    """Say whether the rung ended because we stopped it, which is nobody's failure."""
    return rung.failure is not None and rung.failure.kind is FailureKind.CANCELLED


def _sign(rung: StepRecord, now_ns: int) -> tuple[str, str]:
    if stopped(rung):
        return STOPPED_SIGN, WARNING
    match rung.status:
        case StepStatus.SUCCEEDED:
            return OK_SIGN, GOOD
        case StepStatus.FAILED:
            return FAILED_SIGN, f"bold {BAD}"
        case StepStatus.RUNNING if rung.step is Step.OPEN:
            return "●", GOOD
        case StepStatus.RUNNING:
            return RUNNING_SIGNS[now_ns // _SPIN_NS % len(RUNNING_SIGNS)], WARNING
        case _:
            return UNREACHED_SIGN, MUTED


def _bar_parts(start_ns: int, end_ns: int, scale: tuple[int, int], width: int, style: str) -> list[Part]:
    if not width:
        return []
    before, on, after = bar(start_ns, end_ns, *scale, width)
    return [("·" * before, _OFF), ("━" * on, style), ("·" * after, _OFF), " "]


def _gutter(sign: tuple[str, str], name: Part, took: str, bar_parts: list[Part]) -> Content:
    return text(sign, " ", name, (f"{took:>7} ", MUTED), *bar_parts)


def _rung_row(
    attempt: Attempt,
    rung: StepRecord,
    now_ns: int,
    scale: tuple[int, int],
    bar_width: int,
    *,
    brief: bool,
) -> Row:
    style = {StepStatus.FAILED: f"bold {BAD}", StepStatus.NEVER_REACHED: MUTED}.get(rung.status, "bold")
    name = (f"{_NAMES[rung.step]:<8}", style)
    sign = _sign(rung, now_ns)
    if rung.status is StepStatus.NEVER_REACHED:
        blank: list[Part] = [" " * (bar_width + 1)] if bar_width else []
        # While the attempt goes on, nothing is known to be never reached.
        said = "never reached" if attempt.ended or _has_failed(attempt) else "not yet"
        return row((said, MUTED), gutter=_gutter(sign, name, "", blank))
    end_ns = rung.ended_ns if rung.ended_ns is not None else now_ns
    bars = _bar_parts(rung.started_ns, end_ns, scale, bar_width, sign[1])
    if rung.step is Step.OPEN:
        bars = [" " * (bar_width + 1)] if bar_width else []
    took = duration(rung.duration_ns(now_ns))
    return row(
        *_outcome(attempt, rung, brief=brief),
        gutter=_gutter(sign, name, took, bars),
        place=EventPlace(rung.seq),
        about=_events_of(attempt, rung),
        at_ns=rung.ended_ns,
    )


def _has_failed(attempt: Attempt) -> bool:
    return attempt.ladder.failed() is not None


def _events_of(attempt: Attempt, rung: StepRecord) -> tuple[int, ...]:
    numbers = [rung.seq]
    match rung.step:
        case Step.URL if attempt.target is not None:
            numbers.append(attempt.target.seq)
        case Step.RESOLVE if attempt.resolved is not None:
            numbers.append(attempt.resolved.seq)
        case Step.PROXY:
            exchange = attempt.proxy_exchange
            numbers += [n for n in (exchange.request_seq, exchange.response_seq) if n]
            numbers += [attempt.proxy.seq] if attempt.proxy is not None else []
        case Step.TLS:
            tls = attempt.tls
            facts = (
                tls.started,
                tls.established,
                tls.verification,
                tls.certificates,
                tls.certificate_requested,
            )
            numbers += [fact.seq for fact in facts if fact is not None]
            numbers += [alert.seq for alert in tls.alerts]
            numbers += [tls.received_seq] if tls.received_seq else []
        case _:
            pass
    return tuple(numbers)


def _outcome(attempt: Attempt, rung: StepRecord, *, brief: bool) -> list[Part]:
    if stopped(rung):
        return [("STOPPED ", f"bold {WARNING}"), "by us" if brief else "by our own side"]
    if rung.failure is not None:
        kind = str(rung.failure.kind).replace("-", " ")
        if brief:
            head = attempt.handshake.head if rung.step is Step.UPGRADE else None
            status = str(head.status_code or "") if head is not None else ""
            return [("FAILED ", f"bold {BAD}"), status or kind]
        return [("FAILED ", f"bold {BAD}"), shortened(rung.failure.message, 400) or kind]
    detail = _detail(attempt, rung, brief=brief)
    if rung.status is StepStatus.RUNNING and rung.step is not Step.OPEN:
        left = f", up to {rung.timeout_s:g} s" if rung.timeout_s is not None and not brief else ""
        return [(f"under way{left}", WARNING), *([f"  {detail}"] if detail else [])]
    return [detail]


def _detail(attempt: Attempt, rung: StepRecord, *, brief: bool) -> str:
    match rung.step:
        case Step.URL if attempt.target is not None and brief:
            return attempt.target.host or "a Unix socket"
        case Step.URL if attempt.target is not None:
            notes = "".join(f"; {note}" for note in attempt.target.notes)
            return f"{attempt.target.url}{notes}"
        case Step.RESOLVE if attempt.resolved is not None:
            resolved = attempt.resolved
            names = ", ".join(address.host for address in resolved.addresses)
            if brief:
                return names if len(resolved.addresses) < 2 else f"{len(resolved.addresses)} addresses"
            looked_up = f"{names}, no lookup" if names == resolved.host else f"{resolved.host} → {names}"
            return looked_up + (f" ({resolved.source})" if resolved.source.startswith("-") else "")
        case Step.TCP:
            made = next((a for a in attempt.ladder.addresses if a.status is AddressStatus.CONNECTED), None)
            if made is None:
                return ""
            return made.address.host if brief else str(made.address)
        case Step.PROXY if attempt.proxy is not None:
            head = attempt.proxy_exchange.head
            said = f": {head.status_line}" if head is not None else ""
            return f"{attempt.proxy.scheme}://{attempt.proxy.host}:{attempt.proxy.port}{said}"
        case Step.TLS if attempt.tls.established is not None:
            made_tls = attempt.tls.established
            if brief:
                return made_tls.version
            return f"{made_tls.version}, {made_tls.cipher}" + (
                f", ALPN {made_tls.alpn}" if made_tls.alpn else ""
            )
        case Step.UPGRADE if attempt.handshake.head is not None:
            return _upgrade_detail(attempt, brief=brief)
        case Step.OPEN:
            frames = counted(attempt.frame_count, "frame")
            return frames if brief else f"{attempt.ready_state}, {frames}"
        case _:
            return ""


def _upgrade_detail(attempt: Attempt, *, brief: bool) -> str:
    head = attempt.handshake.head
    assert head is not None
    if brief:
        return str(head.status_code or head.reason_phrase)
    status = f"{head.status_code or ''} {head.reason_phrase}".strip()
    extra = f", subprotocol {attempt.subprotocol}" if attempt.subprotocol else ""
    extra += ", permessage-deflate" if attempt.deflate is not None else ""
    return status + extra


def _address_row(one: AddressRecord, now_ns: int, scale: tuple[int, int], bar_width: int) -> Row:
    end_ns = one.ended_ns if one.ended_ns is not None else now_ns
    sign, said = {
        AddressStatus.PENDING: (
            (RUNNING_SIGNS[now_ns // _SPIN_NS % 4], WARNING),
            ("SYN sent, no answer yet", WARNING),
        ),
        AddressStatus.CONNECTED: ((OK_SIGN, GOOD), ("connected", GOOD)),
        AddressStatus.FAILED: ((FAILED_SIGN, BAD), (str(one.kind or "failed").replace("-", " "), BAD)),
    }[one.status]
    if one.status is AddressStatus.FAILED and str(one.kind) == "cancelled":
        sign, said = (UNREACHED_SIGN, MUTED), ("not needed or stopped", MUTED)
    bars = _bar_parts(one.started_ns, end_ns, scale, bar_width, sign[1])
    family = {"ipv4": "IPv4", "ipv6": "IPv6"}.get(one.address.family, "Unix")
    gutter = text("  ", sign, " ", (family, MUTED), f"{duration(max(0, end_ns - one.started_ns)):>9} ", *bars)
    place = EventPlace(one.seq)
    # Where there is no room for a bar, the address comes last, so that it is not cut apart within its port.
    body: tuple[Part, ...] = (str(one.address), "  ", said) if bar_width else (said, "  ", str(one.address))
    return row(*body, gutter=gutter, place=place, about=(one.seq,), at_ns=end_ns)
