"""Envoy and Istio."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause, describe
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.on_reply import match_reply_of
from wsinspect.diagnosis.product_limits import cut_at_limit
from wsinspect.diagnosis.replies import reply_of


@cause(
    id="envoy-403-upgrade",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Envoy answered an empty 403 itself: upgrades are most likely not enabled on this route",
    explanation="""Envoy refuses an upgrade that its configuration doesn't allow with a 403 without a body (details: upgrade_failed), before
    any backend is asked. There is no upstream time on the answer, so it wrote this itself. A filter for access (RBAC,
    ext_authz) usually adds a body; without one it looks the same.""",
    fix=(
        "In the HTTP connection manager:\nupgrade_configs:\n- upgrade_type: websocket",
        "Or on the route:\nroute:\n  cluster: app\n  upgrade_configs:\n  - upgrade_type: websocket\n    enabled: true",
        "Behind an HTTP/2 cluster, set allow_connect: true in its http2_protocol_options.",
    ),
    next_test="curl -si {http_url} (another status than 403 means that only the upgrade is refused)",
    sources=(
        "https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/http/upgrades",
        "https://github.com/envoyproxy/envoy/issues/4740",
        "https://github.com/istio/istio/issues/29427",
    ),
    supersedes=("http-403", "uvicorn-reject-403", "origin-rejected", "origin-required"),
)
def envoy_403(facts: Facts) -> Match | None:
    told = reply_of(facts, "envoy-empty-403")
    if told is None:
        return None
    for other in facts.session.attempts:
        head = other.handshake.head
        if (
            head is not None
            and head.status_code not in (403, None)
            and other.options.url == facts.attempt.options.url
        ):
            return None
    return match_reply_of(facts, told, shows=("Upgrade",), candidates=("http-403",))


@cause(
    id="istio-h2-upgrade",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Envoy could not carry the upgrade to its backend ({status}): {said}",
    explanation="""Envoy wrote this sentence itself after talking to the backend failed. With 'protocol error' it spoke HTTP/2 to a server
    that takes WebSockets over HTTP/1.1: Istio does so for a port named http2- or grpc-, or with h2UpgradePolicy:
    UPGRADE. Without those words, the backend just refused or reset the connection.""",
    fix=(
        "Name the Service's port for what it is: name: http-ws (or tcp-ws), not http2- or grpc-.",
        "Turn the upgrade to HTTP/2 off for this host:\ntrafficPolicy:\n  connectionPool:\n    http:\n      h2UpgradePolicy: DO_NOT_UPGRADE",
        "Otherwise see that the backend's pods are ready and listen on the target port.",
    ),
    next_test="istioctl proxy-config cluster POD --fqdn SERVICE -o yaml (http2_protocol_options there is the culprit)",
    sources=(
        "https://github.com/istio/istio/issues/27078",
        "https://github.com/istio/istio/issues/33534",
        "https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/",
    ),
    supersedes=("http-503", "http-400-generic"),
)
def istio_h2_upgrade(facts: Facts) -> Match | None:
    told = reply_of(facts, "envoy-upstream")
    if told is None or "no healthy" in told.said:
        return None
    protocol = "protocol error" in told.said.lower()
    return match_reply_of(
        facts,
        told,
        certainty=Certainty.LIKELY if protocol else Certainty.POSSIBLE,
        candidates=() if protocol else ("http-503",),
    )


describe(
    id="envoy-timeouts",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Cut after {seconds} s of silence behind Envoy: stream_idle_timeout ({fits}) most likely ran out",
    explanation="""Envoy resets a stream that has been idle for stream_idle_timeout, 5 min unless set, WebSockets included; in TCP mode it is
    idle_timeout, 1 h. The time fits, and Envoy showed itself here.""",
    fix=(
        "Raise it in the HTTP connection manager: stream_idle_timeout: 3600s, or on the route: idle_timeout: 3600s",
        "In Istio, through an EnvoyFilter, or with timeout: 0s on the VirtualService's route for its own limit.",
        "Or ping from either side in less than half of it.",
    ),
    next_test="wsinspect check '{url}' --ping-interval {half} --hold {twice}",
    sources=("https://www.envoyproxy.io/docs/envoy/latest/faq/configuration/timeouts",),
    supersedes=("idle-timeout-intermediary", "max-connection-lifetime"),
    check=cut_at_limit("Envoy", limits=("Envoy or Istio", "Envoy or Istio in TCP mode")),
)
