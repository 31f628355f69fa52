"""AWS: load balancers, CloudFront, API Gateway, AppSync."""

from __future__ import annotations

import re

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause, describe
from wsinspect.diagnosis.ending import cut_of
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import last_frame, show_frame
from wsinspect.diagnosis.fronts import hint
from wsinspect.diagnosis.no_upgrade_seen import no_upgrade_seen
from wsinspect.diagnosis.on_reply import fronts, match_reply_of, unique
from wsinspect.diagnosis.product_limits import cut_at_limit
from wsinspect.diagnosis.quoting import known, quote_body, quote_status
from wsinspect.diagnosis.replies import reply_of
from wsinspect.wire.opcode import Direction

_ALB_DOCS = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application"

describe(
    id="alb-idle-60",
    stage=Stage.CLOUD,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Cut after {seconds} s of silence behind an AWS load balancer: its idle timeout ({fits}) most likely ran out",
    explanation="""An Application Load Balancer ends a connection on which nothing went either way for idle_timeout.timeout_seconds, 60 unless
    set, with FIN and no Close frame. It leaves no mark on a 101; a cookie, the host's name or an earlier error page shows
    that it stands here.""",
    fix=(
        "Raise it:\naws elbv2 modify-load-balancer-attributes --load-balancer-arn ARN \\\n"
        "  --attributes Key=idle_timeout.timeout_seconds,Value=3600",
        "With the ingress controller: alb.ingress.kubernetes.io/load-balancer-attributes: idle_timeout.timeout_seconds=3600",
        "Or ping every 30 s from either side.",
    ),
    next_test="wsinspect check '{url}' --ping-interval 30 --hold 130",
    sources=(
        f"{_ALB_DOCS}/edit-load-balancer-attributes.html",
        "https://github.com/mattermost/docs/issues/8929",
        "https://websocket.org/guides/infrastructure/aws/alb",
    ),
    supersedes=("idle-timeout-intermediary", "max-connection-lifetime"),
    check=cut_at_limit(
        "AWS ALB",
        "an AWS load balancer",
        limits=("AWS ALB",),
        candidates=("nginx-read-timeout", "idle-timeout-intermediary"),
    ),
)

_ALB_CODES = {
    400: "the request is malformed, or its fields are too large",
    403: "AWS WAF in front of it blocked the request",
    460: "the client hung up before the idle timeout",
    463: "X-Forwarded-For names more than 30 addresses",
    464: "the target group speaks another protocol version: WebSockets need an HTTP1 target group",
    500: "it failed itself, or AWS WAF did",
    502: "the target refused, reset or answered something that is not HTTP",
    503: "the target group has no registered target",
    504: "the target did not accept within 10 s, or did not answer within the idle timeout",
    561: "the identity provider returned an error",
}


@cause(
    id="alb-4xx",
    stage=Stage.CLOUD,
    side=Side.PROXY,
    certainty=Certainty.CERTAIN,
    headline="The AWS load balancer itself answered {status}, which by its documentation means: {meaning}",
    explanation="""The Server field is awselb, which the load balancer sets on pages of its own only, so no target wrote this. Its status
    codes have meanings of their own, unless a listener rule with a fixed response uses them. The access log has
    target_status_code '-' for such a request.""",
    fix=(
        "For 464, make a target group with protocol version HTTP1 and route the path to it.",
        "For 502 and 504, see that the target listens on the group's port, and its keep-alive is longer than the idle timeout.",
        "For 503, register targets: aws elbv2 describe-target-health --target-group-arn ARN",
        "For 403, read the WAF's sampled requests for the rule.",
    ),
    next_test="aws elbv2 describe-target-health --target-group-arn ARN; then curl -si {http_url}",
    sources=(f"{_ALB_DOCS}/load-balancer-troubleshooting.html",),
    supersedes=(
        *(
            "http-400-generic",
            "http-403",
            "http-500",
            "http-502",
            "http-503",
            "http-504",
            "http-421-or-451-etc",
        ),
        *("http-headers-too-large", "origin-required", "upgrade-stripped"),
    ),
    aliases=("alb-5xx",),
)
def alb_4xx(facts: Facts) -> Match | None:
    told = reply_of(facts, "alb")
    if told is None or facts.status is None:
        return None
    match = match_reply_of(facts, told)
    return Match(
        evidence=unique((*match.evidence, *known(quote_body(facts)))),
        values={**match.values, "meaning": _ALB_CODES[facts.status]},
    )


@cause(
    id="nlb-350",
    stage=Stage.CLOUD,
    side=Side.NETWORK,
    certainty=Certainty.POSSIBLE,
    headline="RST at our next message after {quiet} s of silence: an AWS Network Load Balancer forgets at 350 s",
    explanation="""An NLB drops a flow silently after 350 s without a packet and answers the next one with RST. Ping in less than that,
    or raise the value. Other NATs and firewalls forget in the same way, so the number is the only hint.""",
    fix=(
        "Raise it, up to 6000 s:\naws elbv2 modify-listener-attributes --listener-arn ARN \\\n"
        "  --attributes Key=tcp.idle_timeout.seconds,Value=3600",
        "Or ping every 60 s, or switch TCP keepalive on below 350 s.",
        "A classic ELB needs a TCP listener for WebSockets, not an HTTP one.",
    ),
    next_test="wsinspect check '{url}' --ping-interval 60 --hold 420",
    sources=(
        "https://aws.amazon.com/blogs/networking-and-content-delivery/introducing-nlb-tcp-configurable-idle-timeout/",
    ),
)
def nlb_350(facts: Facts) -> Match | None:
    cut = cut_of(facts.attempt)
    if cut is None or not cut.reset:
        return None
    log, attempt = facts.session.frames, facts.attempt
    ours = last_frame(facts, Direction.SENT)
    if ours is None or ours != attempt.end_frame - 1:
        ours, quiet = None, cut.silence_s
    else:
        before = ours - 1
        since = log.at_ns(before) if before >= attempt.first_frame else attempt.opened_ns or 0
        quiet = (log.at_ns(ours) - since) / 1e9
    if not 350 <= quiet <= 600:
        return None
    shown = hint(facts, "an AWS load balancer")
    return Match(
        evidence=known(cut.evidence, show_frame(facts, ours) if ours is not None else None, shown),
        certainty=Certainty.LIKELY if shown is not None else None,
        candidates=("nat-or-firewall-silent-drop",),
        values={"quiet": f"{quiet:.0f}"},
    )


@cause(
    id="cloudfront-headers",
    stage=Stage.CLOUD,
    side=Side.PROXY,
    certainty=Certainty.CERTAIN,
    headline="CloudFront did not pass the upgrade's fields on to the origin",
    explanation="""CloudFront forwards WebSockets on every distribution, but passes only the fields that the behaviour's policies name, and the
    origin can't accept an upgrade without Sec-WebSocket-Key and its companions. The managed policy AllViewer passes all of
    them.""",
    fix=(
        "Give the behaviour of {path} the origin request policy Managed-AllViewer "
        "(216adef6-5c7f-47e4-b989-5492eafa07d3) and the cache policy CachingDisabled.",
        "Allow GET, HEAD, OPTIONS, PUT, POST, PATCH and DELETE on it, and HTTP/1.1 towards the origin.",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:443:ORIGIN:443 (straight to the origin)",
    sources=(
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/distribution-working-with.websockets.html",
    ),
    supersedes=(
        *(
            "ws-key-missing",
            "ws-version-unsupported",
            "upgrade-stripped",
            "http-400-generic",
            "http-403",
            "http-502",
        ),
        *(
            "http-426",
            "node-ws-misc-400",
            "websockets-lib-reject",
            "aiohttp-400",
            "axum",
            "gorilla-bad-handshake",
        ),
        *("origin-required", "transparent-middlebox-strips-upgrade", "engineio-upgrade-stripped"),
        *("tornado-upgrade-stripped", "spring-upgrade-stripped"),
    ),
)
def cloudfront_headers(facts: Facts) -> Match | None:
    own = reply_of(facts, "cloudfront-error")
    if own is not None and facts.status in (400, 403, 502):
        match = match_reply_of(
            facts,
            own,
            certainty=Certainty.LIKELY,
            candidates=(f"http-{facts.status}" if facts.status != 400 else "http-400-generic",),
        )
        what = f"CloudFront itself answered {facts.status}: its behaviour for this path most likely does not pass the upgrade's fields"
        return Match(
            headline="{what}",
            evidence=match.evidence,
            certainty=match.certainty,
            candidates=match.candidates,
            values={**match.values, "what": what},
        )
    front = next((p for p in fronts(facts) if p.name == "CloudFront"), None)
    if front is None or facts.status == 101:
        return None
    key = re.search(
        r"Missing or invalid Sec-WebSocket-Key header|Sec-WebSocket-Key header missing|missing Sec-WebSocket-Key"
        r"|`Sec-WebSocket-Key` header missing|Handshake error: None|Missing/Invalid WebSocket headers"
        r"|'Sec-WebSocket-Key' header must be",
        f"{facts.head.reason_phrase if facts.head is not None else ''}\n{facts.body_text}",
        re.IGNORECASE,
    )
    if key is not None:
        what = f"The origin behind CloudFront did not get our Sec-WebSocket-Key: {key[0]}"
        return Match(
            headline="{what}",
            evidence=unique((*known(quote_body(facts), quote_status(facts)), *front.evidence)),
            values={"what": what},
        )
    seen = no_upgrade_seen(facts)
    if seen is None:
        return None
    what = f"CloudFront passed the request on, and {seen.backend or 'the server'} behind it saw no Upgrade, which we sent"
    return Match(
        headline="{what}",
        evidence=unique((*seen.evidence, *front.evidence)),
        certainty=Certainty.LIKELY,
        candidates=("upgrade-stripped",),
        values={"what": what},
    )
