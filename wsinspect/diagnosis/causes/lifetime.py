"""Connections that worked and were cut in the middle of it: an age, another network, a deploy."""

from __future__ import annotations

import errno

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.ending import Cut, cut_of, in_traffic, peer_close
from wsinspect.diagnosis.evidence import Evidence, Match, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import (
    has_data,
    last_each_way,
    last_frame,
    show_frame,
)
from wsinspect.diagnosis.idle_numbers import CutBy, Measure, limits_near, named
from wsinspect.events import StreamReset
from wsinspect.session.attempt import Attempt
from wsinspect.wire.opcode import Direction

_AGES_ALIKE = 0.03
"""Ages that differ by no more than this share are one age."""
_SHORTEST_S = 10.0
"""Nobody limits a connection's life to less, unless a second one of the same age says so."""
_NETWORK_CHANGED = (
    errno.ENETDOWN,
    errno.ENETUNREACH,
    errno.ENETRESET,
    errno.ECONNABORTED,
    errno.EHOSTUNREACH,
    errno.EADDRNOTAVAIL,
)


@cause(
    id="max-connection-lifetime",
    stage=Stage.IDLE,
    side=Side.PROXY,
    certainty=Certainty.POSSIBLE,
    headline="Cut by {word} without a Close frame {age} s after the opening, in the middle of traffic{fits}",
    explanation="""Bytes were still flowing, so it was not idleness. Some services limit how long a connection may live,
    whatever happens on it: serverless platforms, load balancers with a request timeout, process managers that restart
    workers. One run can't tell that from a deploy or a crash; a second cut at the same age can.""",
    fix=(
        "Run it again and compare the ages: wsinspect counts them for you when it reconnects.",
        "Raise the limit where there is one: timeoutSec of a Google backend service, --timeout of Cloud Run and gunicorn.",
        "Reconnect as a matter of course, and let the server resume the session.",
    ),
    next_test="wsinspect check --ping-interval 10 --hold 7300 '{url}', twice: the same age means a limit",
    sources=(
        "https://cloud.google.com/load-balancing/docs/https#timeout-bes",
        "https://cloud.google.com/run/docs/triggering/websockets",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/"
        "apigateway-execution-service-websocket-limits-table.html",
    ),
)
def lifetime(facts: Facts) -> Match | None:
    cut = cut_of(facts.attempt)
    if cut is None or not in_traffic(facts, cut):
        return None
    alike = next(
        (other for other in facts.session.attempts if _cut_at_same_age(facts.attempt, other, cut)), None
    )
    fitting = limits_near(cut.age_s, Measure.AGE, CutBy.RST if cut.reset else CutBy.FIN)
    if cut.age_s < _SHORTEST_S and alike is None and not fitting:
        return None
    twin: tuple[Evidence, ...] = ()
    if alike is not None:
        other = cut_of(alike)
        age = f"{other.age_s:.1f} s" if other is not None else "the same age"
        twin = (at_seq(alike.started.seq, f"attempt {alike.number} was cut at the age of {age} too"),)
    return Match(
        evidence=(cut.evidence, *twin, *last_each_way(facts)),
        certainty=Certainty.LIKELY if alike is not None or fitting else None,
        values={
            "word": cut.word,
            "age": f"{cut.age_s:.1f}",
            "fits": f", as {named(fitting, most=2)} does" if fitting else "",
        },
        supersedes=("open-then-fin", "open-then-rst"),
        candidates=("server-drain-on-deploy", "server-crash-on-frame" if cut.reset else "nginx-reload"),
    )


@cause(
    id="half-open-after-network-change",
    stage=Stage.IDLE,
    side=Side.CLIENT,
    certainty=Certainty.POSSIBLE,
    headline="The network under the connection changed: {how}",
    explanation="""A TCP connection is bound to this machine's address. When Wi-Fi gives way to mobile data, a VPN comes up
    or the machine sleeps, that address is gone and the connection with it, while the server may believe in it for
    minutes. Nothing at the server's end is at fault.""",
    fix=(
        "Reconnect on the events that tell of it: window.addEventListener('online', connect);",
        "Ping, so that the loss is noticed in seconds and not at the next message.",
    ),
    next_test="wsinspect check --hold 600 '{url}' on a wired network without a VPN",
    sources=("RFC 9293 section 3.9.2.2", "RFC 6455 section 5.5.2"),
    supersedes=(
        "max-connection-lifetime",
        "open-then-rst",
        "server-crash-on-frame",
        "idle-timeout-intermediary",
    ),
    console=(r"ERR_NETWORK_CHANGED", r"Software caused connection abort", r"Socket is not connected"),
)
def network_change(facts: Facts) -> Match | None:
    cut = cut_of(facts.attempt)
    if cut is None or not cut.reset or cut.errno not in _NETWORK_CHANGED:
        return None
    end = facts.attempt.closure.stream_end
    message = end.message if isinstance(end, StreamReset) else ""
    before = _local_address(facts.attempt)
    after = next((a for a in facts.session.attempts if a.number == facts.attempt.number + 1), None)
    now = _local_address(after) if after is not None else None
    moved = now is not None and before is not None and now != before
    evidence: tuple[Evidence, ...] = (cut.evidence,)
    if moved and after is not None:
        evidence = (
            *evidence,
            at_seq(after.started.seq, f"the next attempt left from {now}, this one from {before}"),
        )
    how = message or errno.errorcode.get(cut.errno or 0, "the system gave the connection up")
    return Match(
        evidence=evidence,
        certainty=Certainty.LIKELY if moved else None,
        values={"how": f"from {before} to {now}" if moved else how},
        candidates=("nat-or-firewall-silent-drop",),
    )


@cause(
    id="server-drain-on-deploy",
    stage=Stage.IDLE,
    side=Side.SERVER,
    certainty=Certainty.LIKELY,
    headline="The server said goodbye after {age} s of a connection that worked: {said}",
    explanation="""The server's reason speaks of its own end, so this is most likely a deploy, a scaling step or a restart
    that drains its connections. All of its clients were cut in the same second, and all of them come back at
    once.""",
    fix=(
        "Reconnect with a random pause, so that the new instance is not overrun.",
        "Give connections time to move: a longer grace period (terminationGracePeriodSeconds, deregistration delay, "
        "worker_shutdown_timeout) and a rolling deploy.",
    ),
    next_test="wsinspect check '{url}': if it opens again at once, the service is up and only the instance left",
    sources=("RFC 6455 section 7.4.1", "https://github.com/kubernetes/ingress-nginx/issues/9516"),
    supersedes=("close-1001-or-1012-restart",),
)
def drain(facts: Facts) -> Match | None:
    closed = peer_close(facts)
    if closed is None or closed.code not in (1001, 1012) or not has_data(facts, Direction.RECEIVED):
        return None
    if not closed.says(r"shut|deploy|drain|restart|maintenance|terminat|scal|upgrad"):
        return None
    theirs = last_frame(facts, Direction.RECEIVED, data_only=True)
    worked = (show_frame(facts, theirs, "its last message"),) if theirs is not None else ()
    return Match(
        evidence=(closed.evidence(facts), *worked),
        values=closed.values,
        candidates=("close-1001-or-1012-restart",),
    )


def _cut_at_same_age(attempt: Attempt, other: Attempt, cut: Cut) -> bool:
    if other is attempt or other.options.url != attempt.options.url:
        return False
    twin = cut_of(other)
    return twin is not None and abs(twin.age_s - cut.age_s) <= max(0.2, cut.age_s * _AGES_ALIKE)


def _local_address(attempt: Attempt) -> str | None:
    found = next((record.local for record in attempt.ladder.addresses if record.local), None)
    return found.rpartition(":")[0] if found else None
