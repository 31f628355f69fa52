"""Google Cloud: load balancers, Cloud Run, App Engine, Firebase Hosting."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.ending import cut_of
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.fronts import hint
from wsinspect.diagnosis.idle_numbers import CutBy, Measure, limits_near
from wsinspect.diagnosis.on_reply import match_reply_of, unique
from wsinspect.diagnosis.product_limits import cut_at_limit
from wsinspect.diagnosis.quoting import known, quote_body, quote_status
from wsinspect.diagnosis.replies import reply_of

_gcp_age = cut_at_limit(
    "Google's load balancer",
    limits=("Google Cloud load balancer",),
    measure=Measure.AGE,
    candidates=("max-connection-lifetime", "idle-timeout-intermediary"),
)


@cause(
    id="gcp-lb-30s",
    stage=Stage.CLOUD,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Google's load balancer ended the connection by its backend service's timeout",
    explanation="""For a WebSocket, timeoutSec of the backend service is how long it may live, traffic or not, and it is 30 s unless set. The
    load balancer ends it then without a Close frame. Pings don't help; only the setting does.""",
    fix=(
        "Raise it: gcloud compute backend-services update NAME --global --timeout=86400",
        "In GKE:\napiVersion: cloud.google.com/v1\nkind: BackendConfig\nspec:\n  timeoutSec: 86400",
        "For 502, see that the backend is healthy, and its keep-alive timeout longer than 620 s.",
    ),
    next_test="wsinspect check '{url}' --ping-interval 5 --hold 40 (cut at 30 s all the same: it is the age)",
    sources=(
        "https://cloud.google.com/load-balancing/docs/https#timeout-bes",
        "https://gcpdiag.dev/rules/lb/BP/2025_002/",
    ),
    supersedes=("idle-timeout-intermediary", "max-connection-lifetime", "http-502", "http-503"),
)
def gcp_lb_30s(facts: Facts) -> Match | None:
    told = reply_of(facts, "google-502")
    if told is not None:
        match = match_reply_of(facts, told)
        what = f"Google's load balancer itself answered {facts.status}: no backend of it answered the upgrade"
        return Match(
            headline="{what}",
            evidence=match.evidence,
            candidates=(f"http-{facts.status}",),
            values={**match.values, "what": what},
        )
    cut = _gcp_age(facts)
    if cut is None:
        return None
    what = f"Cut {cut.values['seconds']} s after the opening behind Google's load balancer: its timeoutSec of 30 s is an age"
    return Match(
        headline="{what}",
        evidence=cut.evidence,
        certainty=cut.certainty,
        candidates=cut.candidates,
        values={**cut.values, "what": what},
    )


@cause(
    id="cloud-run",
    stage=Stage.CLOUD,
    side=Side.SERVER,
    certainty=Certainty.LIKELY,
    headline="Cloud Run ended or refused the connection",
    explanation="""Cloud Run treats a WebSocket as one long request: it ends at the service's request timeout, 300 s unless set and 3600 s at
    most. Requests without permission are refused at the front, a service with 'end-to-end HTTP/2' can't upgrade, and App
    Engine standard and Firebase Hosting take no WebSockets at all.""",
    fix=(
        "Raise the timeout: gcloud run services update NAME --timeout=3600, and reconnect before it ends.",
        "Switch HTTP/2 towards the container off: gcloud run services update NAME --no-use-http2",
        "For 403, allow callers: gcloud run services add-iam-policy-binding NAME --member=allUsers --role=roles/run.invoker",
    ),
    next_test="gcloud run services describe NAME --format='value(spec.template.spec.timeoutSeconds)'",
    sources=("https://cloud.google.com/run/docs/triggering/websockets",),
    supersedes=(
        "max-connection-lifetime",
        "idle-timeout-intermediary",
        "http-403",
        "http-503",
        "http-429",
        "http-401",
        "origin-required",
        "http-404",
    ),
)
def cloud_run(facts: Facts) -> Match | None:
    shown = hint(facts, "Cloud Run", "App Engine", "Firebase Hosting")
    if shown is None:
        return None
    told = reply_of(facts, "google-iam")
    if told is not None:
        match = match_reply_of(facts, told)
        what = f"Google Frontend itself answered {facts.status}: this caller may not invoke the service"
        return Match(
            headline="{what}",
            evidence=unique((*match.evidence, shown)),
            values={**match.values, "what": what},
        )
    if facts.status in (429, 503) and reply_of(facts, "google-frontend"):
        what = f"Google Frontend answered {facts.status}: no instance of the service took the request"
        return Match(
            headline="{what}",
            evidence=unique((*known(quote_status(facts), quote_body(facts)), shown)),
            certainty=Certainty.POSSIBLE,
            candidates=(f"http-{facts.status}",),
            values={"what": what},
        )
    cut = cut_of(facts.attempt)
    if cut is None or cut.reset:
        return None
    near = [
        limit
        for limit in limits_near(cut.age_s, Measure.AGE, CutBy.FIN)
        if limit.product.startswith("Cloud Run")
    ]
    if not near:
        return None
    what = f"Cut {cut.age_s:.0f} s after the opening: Cloud Run's request timeout of {near[0].seconds:g} s most likely ran out"
    return Match(
        headline="{what}",
        evidence=(cut.evidence, shown),
        candidates=("max-connection-lifetime",),
        values={"what": what},
    )


@cause(
    id="appengine-firebase-no-ws",
    stage=Stage.CLOUD,
    side=Side.SERVER,
    certainty=Certainty.POSSIBLE,
    headline="App Engine standard and Firebase Hosting answer an upgrade like a page: they take no WebSockets",
    explanation="""Both hand requests to handlers one by one and never give a connection over. What comes back is a page, a 404, or the index
    page of a rewrite.""",
    fix=(
        "Serve the socket from Cloud Run or App Engine flexible, and point the page at it.",
        "Firebase Hosting can't forward it: use the Cloud Run URL itself.",
    ),
    next_test="curl -si {http_url}",
    sources=("https://cloud.google.com/appengine/docs/flexible/using-websockets-and-session-affinity",),
)
def appengine_firebase(facts: Facts) -> Match | None:
    shown = hint(facts, "App Engine", "Firebase Hosting")
    if shown is None or facts.head is None or facts.status not in (200, 400, 404, 405):
        return None
    return Match(evidence=known(quote_status(facts), shown), candidates=("http-404",))
