"""Names that only a container's own network resolves."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.evidence import Match, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.events import FailureKind, Step


@cause(
    id="docker-compose-name-from-browser",
    stage=Stage.INTERMEDIARY,
    side=Side.CLIENT,
    certainty=Certainty.POSSIBLE,
    headline="{host} has no address here: it looks like the name of a container, which only its own network knows",
    explanation="""Names of Compose services and Kubernetes Services resolve between containers. A browser, and wsinspect, runs outside and
    needs the name and port that are published.""",
    fix=(
        "Publish the port, and use it: ports: ['8000:8000'], then ws://localhost:8000/",
        "Give the front end its public URL at build time: VITE_WS_URL=wss://app.example/ws",
    ),
    next_test="docker compose ps (which port is published for {host}?)",
    sources=("https://docs.docker.com/compose/how-tos/networking/",),
    console=(r"'wss?://[A-Za-z][\w-]*(?::\d+)?/[^']*' failed: .*ERR_NAME_NOT_RESOLVED",),
)
def docker_compose_name(facts: Facts) -> Match | None:
    host = facts.values["host"]
    failure = facts.attempt.failure
    if failure is None or not facts.failed(Step.RESOLVE) or not host or host == "localhost" or ":" in host:
        return None
    if "." in host and not host.endswith((".svc", ".svc.cluster.local", ".docker", ".internal")):
        return None
    if failure.kind in (FailureKind.CANCELLED, FailureKind.LOCAL_CONFIGURATION):
        return None
    return Match(evidence=(at_seq(failure.seq, failure.message),), candidates=("dns-nxdomain",))
