"""Services that speak a protocol of their own over a WebSocket, and say in it why they end the connection."""

from __future__ import annotations

import re

from wsinspect.diagnosis.app_protocol import AppProtocol, first_messages, speaks
from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.close_families import family_code
from wsinspect.diagnosis.ending import cut_of, peer_close
from wsinspect.diagnosis.evidence import Evidence, Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import last_frame, show_frame
from wsinspect.diagnosis.quoting import known
from wsinspect.wire.opcode import Direction


def _ended_by_peer(facts: Facts) -> Evidence | None:
    """Return how the peer ended an open connection, or None where it did not."""
    close = peer_close(facts)
    if close is not None:
        return close.evidence(facts)
    cut = cut_of(facts.attempt)
    return cut.evidence if cut is not None else None


_SLACK = {
    "warning": "it will be closed in some seconds",
    "refresh_requested": "it is to be opened anew, as happens every few hours",
    "link_disabled": "socket mode was switched off for the app",
    "too_many_websockets": "the app has more than ten connections open",
}


@cause(
    id="slack-socket-mode",
    stage=Stage.CLOUD,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="Slack said that it ends this connection: {reason}, {meaning}",
    explanation="""In socket mode Slack announces each disconnection with a message and then closes. The URL is a ticket for one connection: to
    come back, ask apps.connections.open for a new one. Only link_disabled and too_many_websockets are faults.""",
    fix=(
        "On refresh_requested and warning, open a new connection first, then leave the old one.",
        "Ask for a new URL each time: curl -X POST https://slack.com/api/apps.connections.open -H 'Authorization: Bearer xapp-...'",
        "For link_disabled, switch Socket Mode on in the app's settings.",
    ),
    next_test="curl -s -X POST https://slack.com/api/apps.connections.open -H 'Authorization: Bearer xapp-...'",
    sources=(
        "https://docs.slack.dev/apis/events-api/using-socket-mode",
        "https://github.com/slackapi/node-slack-sdk/issues/1654",
    ),
    supersedes=(
        *("close-1000-immediately", "close-1001-or-1012-restart", "open-then-fin", "max-connection-lifetime"),
        *(
            "client-violates-app-protocol",
            "close-other-code",
            "close-1008-or-44xx-auth",
            "idle-timeout-intermediary",
        ),
    ),
)
def slack_socket_mode(facts: Facts) -> Match | None:
    number = last_frame(facts, Direction.RECEIVED, data_only=True) if facts.opened else None
    ended = _ended_by_peer(facts) if number is not None else None
    if number is None or ended is None:
        return None
    payload = facts.session.frames.preview(number, 256)
    found = re.search(rb'"reason":\s*"(\w+)"', payload)
    if found is None or b'"type":"disconnect"' not in payload.replace(b" ", b""):
        return None
    reason = found[1].decode()
    if reason not in _SLACK:
        return None
    slack = speaks(facts, AppProtocol.SLACK)
    return Match(
        evidence=known(show_frame(facts, number), ended, slack),
        certainty=None if slack is not None else Certainty.LIKELY,
        values={"reason": reason, "meaning": _SLACK[reason]},
    )


@cause(
    id="twitch-eventsub",
    stage=Stage.CLOUD,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="Twitch EventSub closed with {said}: {meaning}",
    explanation="""EventSub wants two things of a client: a subscription for the session within 10 s of the welcome, made over HTTP and not over
    the socket, and no message at all from it but pongs. 4003 and 4001 are the answers to breaking them.""",
    fix=(
        "Take session.id from the welcome, and subscribe at once:\n"
        "POST https://api.twitch.tv/helix/eventsub/subscriptions with "
        '"transport": {"method": "websocket", "session_id": "..."}',
        "Send nothing on the socket; let the library answer pings.",
        "On session_reconnect, connect to its reconnect_url within 30 s, then leave the old connection.",
    ),
    next_test="wsinspect check '{url}' --hold 15 (4003 after 10 s is what a healthy endpoint says to silence)",
    sources=("https://dev.twitch.tv/docs/eventsub/websocket-reference/",),
    supersedes=(
        "close-of-product",
        "close-1008-or-44xx-auth",
        "close-other-code",
        "client-violates-app-protocol",
    ),
)
def twitch_eventsub(facts: Facts) -> Match | None:
    close = peer_close(facts)
    told = family_code(facts, close.code) if close is not None else None
    if close is None or told is None or told.family.name != "Twitch EventSub":
        return None
    return Match(
        evidence=(close.evidence(facts), told.evidence),
        values={**close.values, "meaning": told.meaning},
    )


@cause(
    id="close-of-product",
    stage=Stage.EARLY_CLOSE,
    side=Side.APPLICATION,
    certainty=Certainty.CERTAIN,
    headline="{product} closed with {said}: {meaning}",
    explanation="""Codes from 4000 on mean what their owner wants. This connection shows itself as {product}, and in its table {code} is
    what the headline says; the same number means other things elsewhere. {again}""",
    fix=(
        "Correct what the code names, then reconnect; all its codes: {source}",
        "Handle it by its number in the client: ws.onclose = (event) => { if (event.code === {code}) { ... } };",
    ),
    next_test="wsinspect check '{url}' --hold 15 (after the correction)",
    sources=("RFC 6455 section 7.4.2",),
    supersedes=(
        *(
            "close-1008-or-44xx-auth",
            "close-other-code",
            "client-violates-app-protocol",
            "close-1000-immediately",
        ),
        *("idle-timeout-server-app", "keepalive-ping-timeout"),
    ),
)
def close_of_product(facts: Facts) -> Match | None:
    close = peer_close(facts)
    told = family_code(facts, close.code) if close is not None else None
    if close is None or told is None:
        return None
    again = (
        "Its documentation says not to reconnect with the same data."
        if not told.reconnect
        else "Reconnecting makes sense."
    )
    return Match(
        evidence=(close.evidence(facts), told.evidence),
        certainty=None if told.sure else Certainty.LIKELY,
        values={
            **close.values,
            "product": told.family.name,
            "meaning": told.meaning,
            "again": again,
            "source": told.family.source,
        },
        first_fix=(told.remedy,) if told.remedy else (),
    )


@cause(
    id="home-assistant-auth",
    stage=Stage.FRAMEWORK,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="Home Assistant says auth_invalid and closes: the access token is not valid",
    explanation="""The socket opened, Home Assistant asked for a token, and it did not accept the one that it got. The message says so
    before the close; a browser shows only the close.""",
    fix=(
        "Make a long-lived access token in your profile, and send it first: "
        '{"type": "auth", "access_token": "TOKEN"}',
        "Look for a ban of your address in ip_bans.yaml after several wrong ones.",
    ),
    next_test='wsinspect check \'{url}\' --send \'{"type":"auth","access_token":"TOKEN"}\'',
    sources=("https://developers.home-assistant.io/docs/api/websocket/",),
    supersedes=("close-1000-immediately", "open-then-fin", "close-1008-or-44xx-auth"),
)
def home_assistant_auth(facts: Facts) -> Match | None:
    if speaks(facts, AppProtocol.HOME_ASSISTANT) is None:
        return None
    for number, payload in first_messages(facts, Direction.RECEIVED):
        if re.match(rb'\{"type":\s*"auth_invalid"', payload):
            return Match(evidence=known(show_frame(facts, number), _ended_by_peer(facts)))
    return None
