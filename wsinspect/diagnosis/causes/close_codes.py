"""The peer closed and said why, more or less: close codes after a good handshake (RFC 6455 section 7.4)."""

from __future__ import annotations

import re

from wsinspect.diagnosis.app_protocol import AppProtocol, speaks
from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.ending import PeerClose, peer_close
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import has_data, last_frame, show_frame
from wsinspect.wire.close_codes import describe_close_code
from wsinspect.wire.opcode import Direction

_ERROR_SAID = r"error|unauthori|forbidden|denied|invalid|missing|expired|not allowed|no (?:id|token|key)\b|taken|already|too many"
_MESSAGE_SHOWN = 200
_REGISTRY = "https://www.iana.org/assignments/websocket/websocket.xhtml"
_AT_ONCE_S = 1.0
_AUTH_SAID = (
    r"unauthori[sz]ed|unauthenticated|authenti|authori[sz]ation|forbidden|credential|\bjwt\b|api.?key|log ?in (?:required|first)"
    r"|(?:access|permission) denied|(?:missing|invalid|expired|bad|no|wrong) (?:\w+ )?token"
    r"|token (?:is |has )?(?:missing|invalid|expired|required|rejected|revoked)"
)
"""Reasons that can mean nothing else."""
_AUTH_HINTED = r"\bauth\b|token|permission|denied|log ?in\b|signature|session|not allowed"
_ABOUT_MESSAGES = r"unexpected token|\bjson\b|pars|syntax|position \d"
_NO_CODE_FIX = (
    "Compare path and Origin with what the server takes, and read its log: gevent-websocket (Flask-SocketIO on gevent) "
    "opens every upgrade, and closes without a code what the application refused or failed at; granian ends a handler "
    "that threw or returned in the same way."
)
_AUTH_CODES = (1008, 3000, 3003, 4001, 4003, 4401, 4403)


def match_close(facts: Facts, closed: PeerClose, certainty: Certainty | None = None, **values: str) -> Match:
    """Return a match that shows the peer's Close frame and its last message before it."""
    theirs = last_frame(facts, Direction.RECEIVED, data_only=True)
    before = (show_frame(facts, theirs, "its last message before"),) if theirs is not None else ()
    return Match(
        evidence=(closed.evidence(facts), *before),
        certainty=certainty,
        values={**closed.values, **values},
    )


def refuses_who_we_are(facts: Facts) -> Certainty | None:
    """Say how surely the peer's Close frame refuses this client's identity; None where it does not."""
    closed = peer_close(facts)
    if closed is None or closed.code is None:
        return None
    said = closed.says(_AUTH_SAID) is not None
    hinted = closed.says(_AUTH_HINTED) is not None and closed.says(_ABOUT_MESSAGES) is None
    spoke = has_data(facts, Direction.SENT)
    match closed.code:
        case 3000 | 3003:
            # Registered for this, but SockJS has long closed with 3000 over a frame or a heartbeat, and says so.
            if closed.reason and not said and not hinted:
                return None
            return Certainty.CERTAIN if said else Certainty.LIKELY
        case 1008:
            if said:
                return Certainty.CERTAIN
            return Certainty.LIKELY if hinted or not spoke else Certainty.POSSIBLE
        case 4401 | 4403:
            return Certainty.CERTAIN if said else Certainty.LIKELY
        case 4001 | 4003:
            return Certainty.LIKELY if said or hinted else Certainty.POSSIBLE
        case code if 3000 <= code <= 4999 and said:
            return Certainty.LIKELY
        case _:
            return None


@cause(
    id="close-1008-or-44xx-auth",
    stage=Stage.EARLY_CLOSE,
    side=Side.APPLICATION,
    certainty=Certainty.LIKELY,
    headline="The server closed with {said} after {age} s: it does not accept who we are",
    explanation="""The WebSocket itself worked; the application closed it over authentication or policy. Its code and
    reason are the server's own words. Codes from 4000 on mean what the application wants: 4401 and 4403 mirror HTTP's
    401 and 403 by habit. A browser's console stays silent about all of this.""",
    fix=(
        "Get a fresh token and send it the way this server expects: query, cookie, subprotocol or first message.",
        "If the first message is the login, send it at once: many servers wait for a few seconds only.",
        "Handle this code in the client: don't reconnect with the same token.\n"
        "ws.onclose = (event) => { if (event.code === {code}) login(); };",
    ),
    next_test="wsinspect check -H 'Authorization: Bearer TOKEN' '{url}'",
    sources=("RFC 6455 section 7.4.1", _REGISTRY),
    supersedes=("close-other-code",),
    console=(r"\b(?:1008|44?01|44?03|3000|3003)\b.*(?:policy|unauthorized|forbidden|auth)",),
)
def refused_identity(facts: Facts) -> Match | None:
    closed = peer_close(facts)
    certainty = refuses_who_we_are(facts)
    if closed is None or certainty is None:
        return None
    match = match_close(facts, closed, certainty)
    if certainty is Certainty.CERTAIN or closed.code in (4401, 4403):
        return match
    return Match(
        evidence=match.evidence,
        certainty=certainty,
        values=match.values,
        headline="The server closed with {said} after {age} s, most likely because of who we are or what we may do",
        candidates=("client-violates-app-protocol",),
    )


@cause(
    id="close-1000-immediately",
    stage=Stage.EARLY_CLOSE,
    side=Side.APPLICATION,
    certainty=Certainty.POSSIBLE,
    headline="The server closed normally ({said}) {age} s after the opening, before it had sent anything",
    explanation="""Nothing broke: the application decided that it was done. So early, that is seldom what the client
    wanted. Guesses: there is nothing to subscribe to, another session of the same user took over, the handler ended after
    its first steps, or the path has no WebSocket handler: express-ws and @fastify/websocket open every path, and close
    those without one.""",
    fix=(
        "Read the close reason, and look in the application for where it closes without an error.",
        "Compare the path with the routes: app.ws('/path', ...) in express-ws, { websocket: true } in Fastify.",
        "Check that the server's handler waits for messages instead of returning.",
        "If only one session for a user is allowed, close the older one in the client first.",
    ),
    next_test="wsinspect check --hold 10 --send 'YOUR FIRST MESSAGE' '{url}'",
    sources=("RFC 6455 section 7.4.1",),
)
def normal_at_once(facts: Facts) -> Match | None:
    closed = peer_close(facts)
    if closed is None or closed.code not in (None, 1000) or closed.age_s > _AT_ONCE_S:
        return None
    if closed.frame.payload.violations:
        return None
    theirs = last_frame(facts, Direction.RECEIVED, data_only=True)
    if theirs is None:
        match = match_close(facts, closed)
        if closed.code is not None:
            return match
        return Match(
            evidence=match.evidence,
            values=match.values,
            headline="The server closed without a code {age} s after the opening, before it had sent anything",
            first_fix=(_NO_CODE_FIX,),
            candidates=("origin-rejected",) if facts.attempt.options.origin else (),
        )
    said = facts.session.frames.preview(theirs, _MESSAGE_SHOWN).decode("utf-8", "replace")
    if theirs + 1 != closed.frame.frame or not re.search(_ERROR_SAID, said, re.IGNORECASE):
        return None
    match = match_close(facts, closed, message=said)
    return Match(
        evidence=match.evidence,
        values=match.values,
        headline="The server closed ({said}) right after a message of its own that speaks of an error: {message}",
        first_fix=("Read that message: it most likely names what the server missed or refused.",),
    )


@cause(
    id="close-1001-or-1012-restart",
    stage=Stage.EARLY_CLOSE,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The server closed with {said}: it is going away, or restarts",
    explanation="""The server says goodbye to everybody, not to you: a deploy, a restart, an instance that is taken out.
    Some services also use 1001 when a connection has lived or idled long enough for them. The client's part is to come
    back, and not with all the others in the same second.""",
    fix=(
        "Reconnect after a random pause of some seconds, growing with each failure.",
        "On the server, start the new instance first, then drain the old one.",
        "If it happens every few minutes, look for a process manager that restarts the server.",
    ),
    next_test="wsinspect check '{url}': does it open again at once?",
    sources=("RFC 6455 section 7.4.1", _REGISTRY),
    console=(r"\b1012\b", r"\b1001\b \(going away\)"),
)
def going_away(facts: Facts) -> Match | None:
    closed = peer_close(facts)
    if closed is None or closed.code not in (1001, 1012):
        return None
    if closed.code == 1001 and closed.reason and not closed.says(_GOING_WORDS):
        # Cockpit, for one, says 1001 'no-session' to a client that has not logged in.
        match = match_close(facts, closed, Certainty.POSSIBLE)
        return Match(
            evidence=match.evidence,
            certainty=match.certainty,
            side=Side.APPLICATION,
            values=match.values,
            headline="The server closed with {said}: by the code it is going away, the reason may mean something else",
            first_fix=(
                "Look for the reason's words in the server's code or documentation before you retry.",
            ),
        )
    return match_close(facts, closed)


@cause(
    id="close-1013-overload",
    stage=Stage.EARLY_CLOSE,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The server closed with {said}: it says that it is overloaded and to try later",
    explanation="""The server sheds load. It may have too many clients, or this one was too slow to read what it was sent,
    so that messages piled up on the server's side; some servers use this code for just that.""",
    fix=(
        "Reconnect later, with growing, random pauses.",
        "If it comes while much data flows, read faster: handle messages off the receiving loop, subscribe to less.",
        "On the server, raise the limit or add instances.",
    ),
    next_test="wsinspect check --hold 10 '{url}', some minutes later",
    sources=(_REGISTRY,),
    console=(r"\b1013\b",),
)
def overloaded(facts: Facts) -> Match | None:
    closed = peer_close(facts)
    return match_close(facts, closed) if closed is not None and closed.code == 1013 else None


_GOING_WORDS = (
    r"go(?:ing|ne|es)?\b|away|bye|restart|re-?deploy|shut|down|stop|drain|reload|terminat|mainten|upgrad|server|deploy|exit"
    r"|leav|idle|time|inactiv|lifetime|expir|reconnect|closing|endpoint|migrat|rebalanc|navigat"
)

_TOLD_ELSEWHERE = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013)


@cause(
    id="close-other-code",
    stage=Stage.EARLY_CLOSE,
    side=Side.APPLICATION,
    certainty=Certainty.CERTAIN,
    headline="The server closed with {said} after {age} s ({name})",
    explanation="""The server ended the connection in good order, with a code that the protocol gives no ready meaning for
    this case. {meaning} Its documentation, or the reason in the Close frame, has to say what it stands for.""",
    fix=(
        "Look the code up in the documentation of the service or library that runs the server.",
        "Handle it in the client: log event.code and event.reason, and decide there whether to reconnect.",
    ),
    next_test="wsinspect check --hold 10 '{url}': does it close with the same code, after the same time?",
    sources=("RFC 6455 section 7.4.2", _REGISTRY),
)
def other_code(facts: Facts) -> Match | None:
    closed = peer_close(facts)
    if closed is None or closed.code is None or closed.code in _TOLD_ELSEWHERE:
        return None
    described = describe_close_code(closed.code)
    side = Side.SERVER if closed.code < 3000 else Side.APPLICATION
    match = match_close(facts, closed, name=described.name, meaning=described.meaning)
    if closed.code == 3000 and speaks(facts, AppProtocol.SOCKJS) and closed.says("broken framing"):
        return Match(
            evidence=match.evidence,
            side=Side.CLIENT,
            values=match.values,
            headline="The SockJS server closed with {said}: our message is not framed as SockJS wants",
            first_fix=(
                'Send a JSON array of strings, such as ["hello"], or connect to the plain WebSocket of the endpoint, '
                "which is its path with /websocket and nothing between.",
            ),
        )
    return Match(evidence=match.evidence, values=match.values, side=side)
