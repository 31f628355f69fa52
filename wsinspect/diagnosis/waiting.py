"""What an attempt in progress waits for, in words, while nothing has failed."""

from __future__ import annotations

from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.finding import Waiting
from wsinspect.events import Step
from wsinspect.session.ladder import AddressStatus, StepRecord

_OVERDUE_S = {
    Step.URL: 1.0,
    Step.RESOLVE: 2.0,
    Step.TCP: 1.5,
    Step.PROXY: 2.0,
    Step.TLS: 2.0,
    Step.UPGRADE: 3.0,
}


def waiting(facts: Facts) -> Waiting | None:
    """Return what the attempt waits for at `facts.now_ns`; None once it is open or over."""
    attempt = facts.attempt
    record = attempt.ladder.running()
    if record is None or record.step is Step.OPEN or attempt.ended:
        return None
    since_ns, what = _what(facts, record)
    waited_s = max(0.0, (facts.now_ns - since_ns) / 1e9)
    left = None
    if record.timeout_s is not None:
        left = max(0.0, record.timeout_s - (facts.now_ns - record.started_ns) / 1e9)
    return Waiting(
        step=record.step,
        text=what.format(waited=f"{waited_s:.1f} s"),
        since_ns=since_ns,
        overdue=waited_s > _OVERDUE_S.get(record.step, 3.0),
        gives_up_in_s=left,
    )


def _what(facts: Facts, record: StepRecord) -> tuple[int, str]:
    attempt = facts.attempt
    match record.step:
        case Step.RESOLVE:
            return record.started_ns, "Resolve: asked the resolver {waited} ago, no answer yet"
        case Step.TCP:
            pending = [a for a in attempt.ladder.addresses if a.status is AddressStatus.PENDING]
            names = ", ".join(str(a.address) for a in pending) or "no address yet"
            since = pending[0].started_ns if pending else record.started_ns
            return since, f"TCP: SYN sent {{waited}} ago to {names}, no answer"
        case Step.PROXY:
            exchange = attempt.proxy_exchange
            if exchange.last_byte_ns is not None:
                size = len(exchange.response)
                return exchange.last_byte_ns, f"Proxy: {size} bytes of its reply, silent for {{waited}}"
            return (
                exchange.request_ns or record.started_ns,
                "Proxy: asked for a tunnel {waited} ago, no reply",
            )
        case Step.TLS:
            since = attempt.tls.sent_ns or record.started_ns
            if attempt.tls.received:
                return since, "TLS: the server has begun to answer our ClientHello of {waited} ago"
            return since, "TLS: ClientHello sent {waited} ago, no byte back"
        case Step.UPGRADE:
            exchange = attempt.handshake
            if exchange.last_byte_ns is not None:
                size = len(exchange.response)
                return exchange.last_byte_ns, f"Upgrade: {size} bytes of an answer, silent for {{waited}}"
            return (
                exchange.request_ns or record.started_ns,
                "Upgrade: request sent {waited} ago, no byte back",
            )
        case _:
            return record.started_ns, f"{record.step.upper()}: under way for {{waited}}"
