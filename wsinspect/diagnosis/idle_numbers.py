"""Default idle and lifetime limits by product: a cut after so many seconds is matched against them."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Measure(StrEnum):
    """What the limit counts."""

    SILENCE = "silence"
    """Seconds without a byte in either direction."""
    AGE = "age"
    """Seconds since the opening, whatever the traffic."""


class CutBy(StrEnum):
    """How the product ends a connection at its limit."""

    FIN = "fin"
    RST = "rst"
    SILENTLY = "silently"
    """It forgets the connection; the next packet is lost, or answered with RST."""
    CLOSE = "close"
    """A Close frame."""


class Limit(Struct, frozen=True, kw_only=True):
    """One product's limit."""

    product: str
    seconds: float
    measure: Measure
    cut_by: tuple[CutBy, ...]
    knob: str
    """What to turn; empty where there is nothing."""
    close_code: int | None = None

    @property
    def words(self) -> str:
        """`nginx 60 s (proxy_read_timeout)`."""
        knob = f" ({self.knob})" if self.knob else ""
        return f"{self.product} {self.seconds:g} s{knob}"


def _silence(product: str, seconds: float, knob: str, *cut_by: CutBy, code: int | None = None) -> Limit:
    by = cut_by or (CutBy.FIN,)
    return Limit(
        product=product, seconds=seconds, measure=Measure.SILENCE, cut_by=by, knob=knob, close_code=code
    )


def _age(product: str, seconds: float, knob: str, *cut_by: CutBy, code: int | None = None) -> Limit:
    by = cut_by or (CutBy.FIN,)
    return Limit(product=product, seconds=seconds, measure=Measure.AGE, cut_by=by, knob=knob, close_code=code)


LIMITS: tuple[Limit, ...] = (
    _silence("nginx", 60, "proxy_read_timeout"),
    _silence("ingress-nginx", 60, "annotation nginx.ingress.kubernetes.io/proxy-read-timeout"),
    _silence("AWS ALB", 60, "attribute idle_timeout.timeout_seconds"),
    _silence("Traefik", 60, "respondingTimeouts.readTimeout"),
    _silence("Varnish", 60, "pipe_timeout"),
    _silence("Apache", 60, "ProxyTimeout"),
    _silence("Fly, Render and others", 60, ""),
    _silence("Phoenix", 60, "timeout of the transport", CutBy.CLOSE),
    _silence("haproxy as Debian ships it", 50, "timeout tunnel"),
    _silence("Heroku's router", 55, "none: ping more often"),
    _silence("Cloudflare", 100, "none below Enterprise: ping more often"),
    _silence("Bun", 120, "idleTimeout"),
    _silence("Deno", 120, "idleTimeout"),
    _silence("uWebSockets", 120, "idleTimeout"),
    _silence("Traefik", 180, "respondingTimeouts.idleTimeout"),
    _silence(
        "Azure Load Balancer and App Service", 240, "idle timeout, 4 to 30 min", CutBy.RST, CutBy.SILENTLY
    ),
    _silence("Azure Application Gateway", 240, "idle timeout"),
    _silence("Azure Application Gateway", 20, "request timeout"),
    _silence("Azure Application Gateway", 30, "request timeout"),
    _silence("Envoy or Istio", 300, "stream_idle_timeout", CutBy.FIN, CutBy.RST),
    _silence("AWS NLB", 350, "tcp.idle_timeout.seconds", CutBy.SILENTLY, CutBy.RST),
    _silence("AWS API Gateway", 600, "none: ping more often", CutBy.CLOSE, CutBy.FIN, code=1001),
    _silence("CloudFront", 600, "none: ping more often"),
    _silence("Envoy or Istio in TCP mode", 3600, "idle_timeout", CutBy.FIN, CutBy.RST),
    _silence("Jetty", 30, "idleTimeout", CutBy.CLOSE, code=1001),
    _silence("Jetty 9", 300, "idleTimeout", CutBy.CLOSE, code=1001),
    _silence("SignalR", 30, "ClientTimeoutInterval", CutBy.CLOSE),
    _silence("engine.io (25 s + 20 s without our packet)", 45, "pingInterval and pingTimeout", CutBy.CLOSE),
    _age("Google Cloud load balancer", 30, "timeoutSec of the backend service"),
    _age("gunicorn", 30, "--timeout"),
    _age("ingress-nginx after a reload", 240, "worker-shutdown-timeout"),
    _age("Cloud Run", 300, "--timeout, up to 3600 s"),
    _age("Cloud Run at its maximum", 3600, "none: reconnect"),
    _age("AWS API Gateway", 7200, "none: reconnect", CutBy.CLOSE, CutBy.FIN, code=1001),
)
"""Defaults as documented or measured; an operator may have set another number."""

_SLACK_S = 1.0
_SLACK_SHARE = 0.02


def limits_near(seconds: float, measure: Measure, *cut_by: CutBy) -> tuple[Limit, ...]:
    """Return the limits that a cut after `seconds` fits, the closest first.

    Timers run late, not early: up to 1 s or 2 % more than the limit fits, and a tenth of that less.
    """
    fitting = []
    for limit in LIMITS:
        slack = max(_SLACK_S, limit.seconds * _SLACK_SHARE)
        late = seconds - limit.seconds
        if limit.measure is measure and -slack / 10 <= late <= slack and set(cut_by) & set(limit.cut_by):
            fitting.append((abs(late), limit))
    fitting.sort(key=lambda pair: pair[0])
    return tuple(limit for _, limit in fitting)


def named(limits: tuple[Limit, ...], *, most: int = 6) -> str:
    """Return the limits in one line, `nginx 60 s (proxy_read_timeout), AWS ALB 60 s (...)`."""
    words = [limit.words for limit in limits[:most]]
    more = f" and {len(limits) - most} more" if len(limits) > most else ""
    return ", ".join(words) + more
