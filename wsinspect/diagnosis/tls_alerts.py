"""What a server said in its TLS alert, for the causes that ask about it."""

from __future__ import annotations

from wsinspect.diagnosis.evidence import Evidence, at_event
from wsinspect.diagnosis.facts import Facts
from wsinspect.events import Direction, TlsAlert
from wsinspect.wire.tls_records import alert_meaning, alert_name


def fatal_alert(facts: Facts, *codes: int) -> TlsAlert | None:
    """Return the peer's fatal alert, if it is one of `codes`."""
    alert = facts.attempt.tls.alert(Direction.RECEIVED)
    return alert if alert is not None and alert.code in codes else None


def told(alert: TlsAlert) -> Evidence:
    """Point at an alert and say what it means."""
    words = f"{alert_name(alert.code)}: {alert_meaning(alert.code)}"
    return at_event(alert, f"the server sent alert {alert.code} {words}")


def sni(facts: Facts) -> str:
    """Return the name that our hello asked for, in words where there was none."""
    started = facts.attempt.tls.started
    return (started.server_name if started is not None else None) or "no name"
