"""Connections that worked until they were quiet for too long (RFC 6455 section 5.5.2 is the cure)."""

from __future__ import annotations

import errno
from bisect import bisect_left

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.ending import IDLE_WORDS, PING_WORDS, cut_of, peer_close
from wsinspect.diagnosis.evidence import Evidence, Match, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import last_each_way, last_frame, last_word_was_ours, show_frame
from wsinspect.diagnosis.idle_numbers import CutBy, Measure, limits_near, named
from wsinspect.wire.opcode import Direction, Opcode

_MEASURED_IDLE_S = 20.0
"""Silence from which on a timer is by far the usual reason for the cut."""
_ANSWER_S = 5.0
_TIME_TO_ANSWER_NS = 1_000_000_000
"""A ping that comes with the end itself is not one that we failed to answer."""


@cause(
    id="idle-timeout-intermediary",
    stage=Stage.IDLE,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Cut after {silence} s without a byte in either direction{fits}",
    explanation="""Nothing was said, and then the stream ended without a Close frame: that is how proxies and load
    balancers end a connection that idles too long for them. A server would have said goodbye. {others} A browser
    reports 1006 and prints nothing.""",
    fix=(
        "Send a ping from either side in less than half of that time, on a server with node's ws:\n"
        "setInterval(() => wss.clients.forEach((client) => client.ping()), 25000);",
        "Or raise the limit of the hop that cuts; nginx: proxy_read_timeout 3600s;  haproxy: timeout tunnel 1h",
        "Where several hops stand in a row, the smallest limit wins: raise them all.",
    ),
    next_test="wsinspect check --ping-interval {half} --hold {hold} '{url}': pinged, does it stay open?",
    sources=(
        "https://nginx.org/en/docs/http/websocket.html",
        "https://docs.haproxy.org/2.6/configuration.html#4-timeout%20tunnel",
        "https://github.com/kubernetes/ingress-nginx/issues/2917",
    ),
    supersedes=("max-connection-lifetime",),
    console=(r"\b1006\b",),
)
def idle_cut(facts: Facts) -> Match | None:
    cut = cut_of(facts.attempt)
    if cut is None or not cut.idle or facts.attempt.closure.keepalive_expired is not None:
        return None
    if cut.reset and last_word_was_ours(facts) is not None and cut.silence_s < _ANSWER_S:
        return None
    fitting = limits_near(cut.silence_s, Measure.SILENCE, CutBy.RST if cut.reset else CutBy.FIN)
    aged = limits_near(cut.age_s, Measure.AGE, CutBy.RST if cut.reset else CutBy.FIN)
    others = (
        f"Defaults that fit: {named(fitting)}."
        if fitting
        else "No default that is known fits, so it was set by hand."
    )
    others_too = "and others do" if len(fitting) > 1 else "does"
    certainty = Certainty.LIKELY if fitting or cut.silence_s >= _MEASURED_IDLE_S else Certainty.POSSIBLE
    return Match(
        evidence=(cut.evidence, *last_each_way(facts)),
        certainty=certainty,
        values={
            "silence": f"{cut.silence_s:.1f}",
            "fits": f", as {fitting[0].product} {others_too} by default" if fitting else "",
            "others": others,
            "half": f"{max(1.0, cut.silence_s / 2):.0f}",
            "hold": f"{cut.silence_s * 2:.0f}",
        },
        candidates=(
            "idle-timeout-server-app",
            *(("max-connection-lifetime",) if aged else ()),
            *(("open-then-fin",) if certainty is Certainty.POSSIBLE else ()),
        ),
    )


@cause(
    id="idle-timeout-server-app",
    stage=Stage.IDLE,
    side=Side.SERVER,
    certainty=Certainty.LIKELY,
    headline="The server's own idle timeout ended the connection: {how}",
    explanation="""This limit sits in the server and not in a proxy: the server either says so in its Close frame, or sends
    one ping when the time is nearly up and then ends the stream, as Bun does. A pong does not always count as
    activity; some servers want a message.""",
    fix=(
        "Raise or disable the server's limit: idleTimeout in Bun, Deno and uWebSockets, "
        "setIdleTimeout in Jetty, timeout of a Phoenix transport.",
        "Or send a small message from the client before it runs out.",
    ),
    next_test="wsinspect check --ping-interval 10 --hold 300 '{url}': do pings keep it open, or only messages?",
    sources=("https://bun.sh/docs/api/websockets", "https://github.com/jetty/jetty.project/issues/11088"),
    supersedes=(
        "idle-timeout-intermediary",
        "max-connection-lifetime",
        "close-1001-or-1012-restart",
        "close-1008-or-44xx-auth",
        "close-1000-immediately",
        "close-other-code",
        "client-violates-app-protocol",
        "server-drain-on-deploy",
    ),
    console=(r"(?:Connection )?Idle Timeout",),
)
def server_idle(facts: Facts) -> Match | None:
    closed, cut = peer_close(facts), cut_of(facts.attempt)
    if closed is not None:
        if not closed.says(IDLE_WORDS):
            return None
        return Match(
            evidence=(closed.evidence(facts),),
            values={
                "how": f"its Close frame says {closed.values['said']}, after {closed.silence_s:.1f} s of silence"
            },
        )
    theirs = last_frame(facts, Direction.RECEIVED)
    heartbeat = facts.attempt.heartbeat
    if (
        cut is None
        or cut.reset
        or theirs is None
        or heartbeat.pings_received != 1
        or not heartbeat.pongs_sent
    ):
        return None
    if facts.session.frames.opcode(theirs) != Opcode.PING or cut.age_s < 1.0 or _unanswered(facts, theirs):
        return None
    return Match(
        evidence=(
            show_frame(facts, theirs, "the server's only ping, and the last thing it sent"),
            cut.evidence,
        ),
        values={"how": f"one ping, and FIN {cut.silence_s:.1f} s after the answer to it"},
        candidates=("idle-timeout-intermediary",),
    )


@cause(
    id="keepalive-ping-timeout",
    stage=Stage.IDLE,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="The server closed with {said}: it says that its keepalive ping got no pong in time",
    explanation="""The server pings its clients and drops those that don't answer. Browsers answer by themselves, unless the
    tab is frozen or the network is gone; in a program, an event loop that is blocked for long can't answer, and a
    client without a WebSocket library has to do it itself.""",
    fix=(
        "Keep the client's event loop free: no long computation or blocking call between awaits.",
        "Give slow clients more time on the server: ping_timeout in Python's websockets, "
        "--ws-ping-timeout in uvicorn, pingTimeout in Socket.IO.",
        "In a client of your own, answer each ping at once with a pong that has the same payload.",
    ),
    next_test="wsinspect check --hold 60 '{url}': wsinspect answers pings, so it should stay open",
    sources=("RFC 6455 section 5.5.3", "https://websockets.readthedocs.io/en/stable/topics/keepalive.html"),
    supersedes=(
        "close-1011",
        "close-other-code",
        "close-1000-immediately",
        "idle-timeout-intermediary",
        "idle-timeout-server-app",
        "max-connection-lifetime",
        "open-then-fin",
        "client-violates-app-protocol",
    ),
    console=(r"keepalive ping timeout", r"disconnect.*ping timeout", r"No response from ping frame"),
)
def keepalive_timeout(facts: Facts) -> Match | None:
    closed, cut = peer_close(facts), cut_of(facts.attempt)
    ping = _last_ping(facts)
    missing = ping is not None and _unanswered(facts, ping)
    shown: tuple[Evidence, ...] = ()
    if ping is not None:
        shown = (show_frame(facts, ping, "no pong of ours followed" if missing else "its last ping"),)
    if closed is not None and closed.says(PING_WORDS):
        exact = closed.says("keepalive ping timeout") is not None
        return Match(
            evidence=(closed.evidence(facts), *shown),
            certainty=None if exact else Certainty.LIKELY,
            # Where we answered every ping, our pongs were lost or late on the way.
            side=Side.CLIENT if missing or ping is None else Side.NETWORK,
            values=closed.values,
        )
    if not missing or (closed is None and cut is None):
        return None
    end = closed.evidence(facts) if closed is not None else cut.evidence if cut is not None else shown[0]
    said = closed.values["said"] if closed is not None and closed.values["said"] else cut.word if cut else ""
    return Match(
        evidence=(*shown, end),
        certainty=Certainty.LIKELY
        if closed is None or closed.code in (1002, 1008, 1011)
        else Certainty.POSSIBLE,
        values={"said": said},
        headline="The server pinged, got no pong from us, and ended the connection ({said})",
    )


_KERNEL_GAVE_UP = (errno.ETIMEDOUT,)


@cause(
    id="nat-or-firewall-silent-drop",
    stage=Stage.IDLE,
    side=Side.NETWORK,
    certainty=Certainty.POSSIBLE,
    headline="The connection worked and went dead without a word: {how}",
    explanation="""Something between forgot the connection and told nobody, as routers with address translation, firewalls
    and some load balancers do with quiet ones. Neither side learns of it until it sends something, and then gets
    silence or a reset. A server that hangs would look the same.{fits}""",
    fix=(
        "Ping more often than the shortest memory on the way: every 20 to 25 s is safe for most.",
        "Watch for missing pongs in the client, and reconnect when one is overdue.",
        "Raise the limit of a load balancer of your own; on an AWS NLB it is tcp.idle_timeout.seconds.",
    ),
    next_test="wsinspect check --ping-interval 20 --hold 900 '{url}': pinged, does it stay alive?",
    sources=(
        "RFC 5382 section 5",
        "https://aws.amazon.com/blogs/networking-and-content-delivery/introducing-nlb-tcp-configurable-idle-timeout/",
    ),
    supersedes=(
        "server-crash-on-frame",
        "open-then-rst",
        "max-connection-lifetime",
        "idle-timeout-intermediary",
    ),
)
def silent_drop(facts: Facts) -> Match | None:
    attempt, expired = facts.attempt, facts.attempt.closure.keepalive_expired
    if not facts.opened:
        return None
    if expired is not None and attempt.websocket_bytes_received:
        heard_ns = attempt.last_received_ns or 0
        silent_s = (expired.at_ns - heard_ns) / 1e9
        return Match(
            evidence=(
                at_seq(expired.seq, f"no pong within {expired.timeout_s:g} s, and no FIN or RST"),
                *last_each_way(facts),
            ),
            values={"how": f"nothing received for {silent_s:.1f} s, our ping included", "fits": ""},
            candidates=("half-open-after-network-change",),
        )
    cut = cut_of(attempt)
    if cut is None or not cut.reset:
        return None
    quiet_s = _quiet_before_last_send(facts)
    gave_up = cut.errno in _KERNEL_GAVE_UP
    if not gave_up and (quiet_s < 30 or cut.silence_s > _ANSWER_S):
        return None
    fitting = limits_near(quiet_s, Measure.SILENCE, CutBy.SILENTLY)
    how = (
        "what we sent was never acknowledged"
        if gave_up
        else f"after {quiet_s:.0f} s of silence, what we sent was reset"
    )
    return Match(
        evidence=(cut.evidence, *last_each_way(facts)),
        values={"how": how, "fits": f" Defaults near that silence: {named(fitting)}." if fitting else ""},
        candidates=("half-open-after-network-change",),
    )


def _last_ping(facts: Facts) -> int | None:
    """Return the attempt's last ping of the peer's."""
    pings = facts.session.frames.controls(Direction.RECEIVED, Opcode.PING)
    at = bisect_left(pings, facts.attempt.end_frame) - 1
    return pings[at] if at >= 0 and pings[at] >= facts.attempt.first_frame else None


def _unanswered(facts: Facts, ping: int) -> bool:
    """Say whether the ping got no pong of ours, with time enough before the end to send one."""
    heartbeat, closed = facts.attempt.heartbeat, facts.attempt.closure.close_received
    end = closed.at_ns if closed is not None else facts.end_ns
    if heartbeat.pings_received <= heartbeat.pongs_sent or end is None:
        return False
    return end - facts.session.frames.at_ns(ping) >= _TIME_TO_ANSWER_NS


def _quiet_before_last_send(facts: Facts) -> float:
    """Return the seconds without a frame before our last one, 0 where it was not the last of all."""
    ours = last_frame(facts, Direction.SENT)
    if ours is None or ours != facts.attempt.end_frame - 1 or ours == facts.attempt.first_frame:
        return 0.0
    log = facts.session.frames
    return (log.at_ns(ours) - log.at_ns(ours - 1)) / 1e9
