"""Why the opening handshake was still pending when our own side gave up."""

from __future__ import annotations

from wsinspect.diagnosis.facts import Facts
from wsinspect.events import Step


def pending_when_we_stopped(facts: Facts) -> str:
    """Return in words what was being waited for, and for how long, when we stopped."""
    attempt = facts.attempt
    failure = attempt.failure
    ended = attempt.closure.locally_ended
    stopped_ns = ended.at_ns if ended is not None else facts.now_ns
    if failure is None:
        return "no step had begun"
    record = attempt.ladder.steps[failure.step]

    def waited(since_ns: int | None) -> str:
        return f"{(stopped_ns - (since_ns or record.started_ns)) / 1e9:.1f} s"

    match failure.step:
        case Step.RESOLVE:
            return f"the resolver had not answered for {waited(None)}"
        case Step.TCP:
            names = ", ".join(str(a.address) for a in attempt.ladder.addresses[:3]) or "the server"
            return f"{names} had not accepted the connection for {waited(None)}"
        case Step.PROXY:
            return f"the proxy had not opened the tunnel for {waited(attempt.proxy_exchange.request_ns)}"
        case Step.TLS:
            answered = "had not finished" if attempt.tls.received else "had not begun to answer"
            return f"the server {answered} the TLS handshake for {waited(attempt.tls.sent_ns)}"
        case Step.UPGRADE if attempt.handshake.response:
            size = len(attempt.handshake.response)
            return f"the server had sent only {size} bytes of its answer in {waited(attempt.handshake.request_ns)}"
        case Step.UPGRADE:
            return (
                f"the server had not answered the upgrade request for {waited(attempt.handshake.request_ns)}"
            )
        case _:
            return f"the step '{failure.step}' was under way for {waited(None)}"
