"""No answer to the upgrade, or the beginning of one: FIN, RST, silence (RFC 6455 section 4.1)."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.evidence import Evidence, Match, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.events import FailureKind, Step
from wsinspect.wire.http import starts_like_http

_ENGINE_IO_S = (0.95, 1.15)
"""engine.io destroys the socket of an upgrade that nobody handled after 1 s (destroyUpgradeTimeout)."""
_SLOW_S = 3.0
_INTERIM_ONLY = (
    "The server sent {interim} interim answers (1xx) and no complete final one, {size} bytes in all: {how}"
)


def _asked(facts: Facts) -> Evidence:
    return at_seq(facts.attempt.handshake.request_seq, "our upgrade request went out")


@cause(
    id="upgrade-empty-reply",
    stage=Stage.HTTP,
    side=Side.SERVER,
    certainty=Certainty.LIKELY,
    headline="The server hung up {waited} s after our upgrade request, without a byte of an answer",
    explanation="""The connection ended where an answer was due. By far the usual reason is code on the server that
    destroys the socket of an upgrade it does not want, without an HTTP answer; a crash, or plain ws:// on a port that
    expects TLS, look just the same from here. How long it took is the best clue there is.""",
    fix=(
        "Look for socket.destroy() or return 444 on the server's side for paths, origins or tokens it does not take.",
        "Check the path: Socket.IO hangs up on every path but its own, after one second.",
        "Try the other scheme, {other_scheme}://: the port may expect TLS, or not.",
        "Read the server's log: an exception while it accepts ends so too, such as wsproto's over a subprotocol that "
        "the client did not offer.",
    ),
    next_test="curl -si '{http_url}': an answer there means that only upgrades are dropped",
    sources=("RFC 6455 section 4.2.2", "https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#return"),
    console=(
        r"(?:failed: )?Connection closed before receiving a handshake response",
        r"ERR_EMPTY_RESPONSE",
        r"socket hang up",
        r"did not receive a valid HTTP response",
    ),
)
def empty_reply(facts: Facts) -> Match | None:
    waited = facts.waited_for_answer_s
    if not facts.failed(Step.UPGRADE, FailureKind.STREAM_ENDED) or facts.attempt.handshake.response:
        return None
    if waited is None:
        return None
    first: tuple[str, ...] = ()
    candidates = ["tcp-reset-after-accept"]
    if _ENGINE_IO_S[0] <= waited <= _ENGINE_IO_S[1]:
        own = facts.values["path"].startswith("/socket.io/?")
        first = (
            "One second is engine.io's timeout for a path that is not its own: find the server's `path` option, "
            "and connect there in place of /socket.io/."
            if own
            else "One second is engine.io's timeout for a path that is not its own: use /socket.io/ with both slashes.",
        )
        candidates.insert(0, "engineio-wrong-path")
    elif waited >= _SLOW_S:
        first = (
            "So late, it may be a TCP load balancer that found no server behind it: check its backends.",
        )
    if not facts.attempt.secure:
        candidates.append("ws-to-tls-port")
    end = facts.attempt.closure.stream_end
    seq = end.seq if end is not None else facts.failure_seq
    return Match(
        evidence=(at_seq(seq, f"FIN {waited:.2f} s after the request, 0 bytes received"), _asked(facts)),
        values={"waited": f"{waited:.2f}"},
        first_fix=first,
        candidates=tuple(candidates),
    )


@cause(
    id="upgrade-rst",
    stage=Stage.HTTP,
    side=Side.UNKNOWN,
    certainty=Certainty.POSSIBLE,
    headline="The connection was reset {waited} s after our upgrade request, before an answer",
    explanation="""A reset is not a decision to say no; it is a connection thrown away. It may be the server's process
    that crashed on the request, its kernel that has no room, or a firewall that recognised the upgrade and forged the
    reset. The bytes don't say which.""",
    fix=(
        "Look for a crash or restart of the server's process at this moment.",
        "Compare with another network: a firewall on the way resets there only, or here only.",
        "Compare with wss://, in which nobody on the way can read the upgrade.",
    ),
    next_test="wsinspect check '{url}' (ten times in a row: always, or now and then?)",
    sources=("RFC 9293 section 3.5.2", "RFC 6455 section 7.1.7"),
    console=(r"Error during WebSocket handshake: net::ERR_CONNECTION_RESET",),
)
def upgrade_reset(facts: Facts) -> Match | None:
    waited = facts.waited_for_answer_s
    if (
        not facts.failed(Step.UPGRADE, FailureKind.RESET)
        or facts.attempt.handshake.response
        or waited is None
    ):
        return None
    message = facts.attempt.failure.message if facts.attempt.failure is not None else ""
    end = facts.attempt.closure.stream_end
    seq = end.seq if end is not None else facts.failure_seq
    return Match(
        evidence=(
            at_seq(seq, f"RST {waited:.2f} s after the request, 0 bytes received: {message}"),
            _asked(facts),
        ),
        values={"waited": f"{waited:.2f}"},
        candidates=("tcp-reset-after-accept",),
    )


@cause(
    id="upgrade-hang",
    stage=Stage.HTTP,
    side=Side.SERVER,
    certainty=Certainty.LIKELY,
    headline="The server took our upgrade request and sent nothing for {waited} s",
    explanation="""The connection stands and the request is delivered, yet nobody answers. Mostly the server has a
    handler for upgrades that ignores this path or subprotocol and forgets to answer; otherwise its event loop is
    blocked, or every worker is busy with another socket. This is also what makes scripts lose patience and close while
    connecting.""",
    fix=(
        "On the server, answer every upgrade that is not yours, in node for example:\n"
        "server.on('upgrade', (req, socket) => {\n  if (req.url !== '/ws') socket.end('HTTP/1.1 404 Not Found\\r\\n\\r\\n');\n});",
        "Check path and subprotocol: development servers such as vite stay silent on those they don't know.",
        "Look for blocking work where a client connects, such as a database call without a timeout.",
    ),
    next_test="curl -si -m 5 '{http_url}': a quick answer there means that only upgrades hang",
    sources=("RFC 6455 section 4.2.2", "https://nodejs.org/api/http.html#event-upgrade"),
    console=(
        r"WebSocket opening handshake timed out",
        r"Opening handshake has timed out",
        r"The request timed out",
    ),
)
def upgrade_hang(facts: Facts) -> Match | None:
    failure, exchange = facts.attempt.failure, facts.attempt.handshake
    if not facts.failed(Step.UPGRADE, FailureKind.TIMED_OUT) or exchange.response or failure is None:
        return None
    if exchange.request_ns is None:
        return None
    waited_s = (failure.at_ns - exchange.request_ns) / 1e9
    # Without TLS or a proxy, a kernel may have taken the bytes for a process that never reads them.
    kernel_alone = not facts.attempt.secure and facts.attempt.proxy is None
    return Match(
        evidence=(
            at_seq(failure.seq, f"no byte within {waited_s:.1f} s, and no FIN either"),
            _asked(facts),
        ),
        values={"waited": f"{waited_s:.1f}"},
        candidates=("tcp-accept-silent",) if kernel_alone else (),
    )


@cause(
    id="upgrade-partial-response",
    stage=Stage.HTTP,
    side=Side.SERVER,
    certainty=Certainty.POSSIBLE,
    headline="The server's answer breaks off inside its head, after {size} bytes: {how}",
    explanation="""An answer had begun, and its head never became complete. A process that dies while it answers leaves
    this behind; so does a path on which larger packets get lost, if the head is long. What did arrive is shown in the
    handshake pane.""",
    fix=(
        "Look for a crash of the server at this moment.",
        "If it breaks off near 1400 bytes, test the path's packet size: ping -M do -s 1400 {host}",
        "Try without large cookies, so that both sides' heads get smaller.",
    ),
    next_test="wsinspect check '{url}' (again: does it break off at the same byte?)",
    sources=("RFC 9112 section 8", "RFC 8899"),
    console=(
        r"Error during WebSocket handshake: net::ERR_CONNECTION_CLOSED",
        r"net::ERR_CONNECTION_RESET",
        r"net::ERR_INVALID_HTTP_RESPONSE",
    ),
)
def partial_response(facts: Facts) -> Match | None:
    exchange = facts.attempt.handshake
    kinds = (FailureKind.STREAM_ENDED, FailureKind.RESET, FailureKind.TIMED_OUT)
    if not facts.failed(Step.UPGRADE, *kinds) or not exchange.response or exchange.head is not None:
        return None
    if not starts_like_http(bytes(exchange.response[:5])):
        return None
    size = len(exchange.response)
    how = {
        FailureKind.STREAM_ENDED: "FIN",
        FailureKind.RESET: "RST",
        FailureKind.TIMED_OUT: _how_slow(facts),
    }[facts.failure_kind or FailureKind.STREAM_ENDED]
    count = len(exchange.interim)
    shown = bytes(exchange.response[:80]).decode("latin-1")
    return Match(
        evidence=(
            at_seq(exchange.response_seq, f"{size} bytes arrived: '{shown}'", (0, size)),
            at_seq(facts.failure_seq, facts.attempt.failure.message if facts.attempt.failure else how),
        ),
        values={"size": str(size), "how": how, "interim": str(count)},
        headline=_INTERIM_ONLY if count else None,
    )


def _how_slow(facts: Facts) -> str:
    """Say how an answer came that was not complete in time: part of it and no more, or too slowly."""
    exchange, failure = facts.attempt.handshake, facts.attempt.failure
    if failure is None or exchange.last_byte_ns is None or exchange.request_ns is None:
        return "then silence"
    silence_s = (failure.at_ns - exchange.last_byte_ns) / 1e9
    waited_s = (failure.at_ns - exchange.request_ns) / 1e9
    if silence_s > waited_s / 2:
        return f"then silence for {silence_s:.1f} s"
    return f"they trickled in for {waited_s:.1f} s, and we stopped waiting"
