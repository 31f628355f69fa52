"""Application protocols on top: MQTT, STOMP, WAMP, OCPP, and services that speak their own."""

from __future__ import annotations

import re

from wsinspect.diagnosis.app_protocol import first_messages
from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause, describe
from wsinspect.diagnosis.ending import cut_of, peer_close
from wsinspect.diagnosis.evidence import Evidence, Match, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import has_data, last_frame, show_frame
from wsinspect.diagnosis.fronts import hint
from wsinspect.diagnosis.on_reply import on_reply
from wsinspect.diagnosis.quoting import known, quote_body, quote_request_field, quote_status
from wsinspect.wire.opcode import Direction, Opcode


def _offered(facts: Facts) -> list[str]:
    return facts.attempt.handshake.request_head.tokens("Sec-WebSocket-Protocol")


def _ended_by_peer(facts: Facts) -> Evidence | None:
    """Return how the peer ended an open connection, or None where it did not."""
    close = peer_close(facts)
    if close is not None:
        return close.evidence(facts)
    cut = cut_of(facts.attempt)
    return cut.evidence if cut is not None else None


def _lacks(facts: Facts) -> Evidence:
    ours = quote_request_field(facts, "Sec-WebSocket-Protocol")
    return ours or at_seq(facts.attempt.handshake.request_seq, "our request offers no subprotocol")


_MQTT_PORTS = (8083, 8084, 8883, 9001, 15675)


@cause(
    id="mqtt-over-ws",
    stage=Stage.FRAMEWORK,
    side=Side.CLIENT,
    certainty=Certainty.POSSIBLE,
    headline="An MQTT broker seems to stand here, and we did not offer the subprotocol mqtt: {what}",
    explanation="""MQTT over WebSocket requires the subprotocol mqtt, and many brokers drop a connection without it, some only after the
    101. Port or path suggests a broker; the bytes do not prove one, so this is a guess.""",
    fix=(
        "Offer it: wsinspect check '{url}' -s mqtt",
        "In your client: mqtt.connect('{url}', { protocolId: 'MQTT' }) does so; the usual path is /mqtt.",
        "Send binary frames: an MQTT packet in a text frame is a protocol error (MQTT 5 section 6).",
    ),
    next_test="wsinspect check '{url}' -s mqtt",
    sources=(
        "https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html#_Toc3901285",
        "https://mosquitto.org/man/mosquitto-conf-5.html",
    ),
)
def mqtt_over_ws(facts: Facts) -> Match | None:
    target = facts.attempt.target
    if any(name.startswith("mqtt") for name in _offered(facts)):
        return _hung_up_on_no_packet(facts)
    if target is None:
        return None
    where = f"{target.request_target.lower()} at port {target.port}"
    if "mqtt" not in target.request_target.lower() and target.port not in _MQTT_PORTS:
        return None
    shown = at_seq(target.seq, f"the URL names {where}")
    if facts.opened:
        ended = _ended_by_peer(facts)
        if ended is None or has_data(facts, Direction.RECEIVED):
            return None
        return Match(evidence=(ended, _lacks(facts), shown), values={"what": "it hung up after the opening"})
    if facts.status in (400, 403, 426):
        evidence = known(quote_status(facts), _lacks(facts), shown)
        return Match(evidence=evidence, values={"what": f"it answered {facts.status}"})
    return None


def _hung_up_on_no_packet(facts: Facts) -> Match | None:
    """The broker chose mqtt, got no CONNECT in a binary frame, and left."""
    chosen, ended = facts.attempt.subprotocol or "", _ended_by_peer(facts) if facts.opened else None
    if not chosen.startswith("mqtt") or ended is None or has_data(facts, Direction.RECEIVED):
        return None
    ours = last_frame(facts, Direction.SENT, data_only=True)
    log = facts.session.frames
    if ours is not None and log.opcode(ours) != Opcode.TEXT:
        return None
    what = "no CONNECT packet came from us" if ours is None else "our message is text, and no MQTT packet"
    bad = () if ours is None else (show_frame(facts, ours, "MQTT goes in binary frames"),)
    agreed = at_seq(facts.attempt.handshake.response_seq, f"the server chose the subprotocol {chosen}")
    return Match(
        evidence=(*bad, ended, agreed),
        certainty=Certainty.LIKELY,
        headline="The MQTT broker hung up: {what}",
        first_fix=(
            "Begin with a CONNECT packet in a binary frame, as an MQTT client does; brokers wait for it.",
        ),
        supersedes=("close-1000-immediately", "open-then-fin", "client-violates-app-protocol"),
        values={"what": what},
    )


@cause(
    id="stomp",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.CERTAIN,
    headline="The STOMP server sent an ERROR frame: {said}",
    explanation="""STOMP allows the server one ERROR frame, after which it has to close the connection, so the close is only the echo of
    what the frame says. Usual reasons: the login in CONNECT, a destination without permission, a heartbeat that did not
    come, an unknown version.""",
    fix=(
        "Read the frame's message header and body: they are the broker's reason.",
        "For a login, send it in CONNECT: new Client({ brokerURL, connectHeaders: { login: 'user', passcode: '...' } })",
        "For heartbeats, agree on both sides: heartbeatIncoming: 10000, heartbeatOutgoing: 10000",
    ),
    next_test="wsinspect check '{url}' -s v12.stomp --send 'CONNECT\\naccept-version:1.2\\nhost:{host}\\n\\n\\0'",
    sources=("https://stomp.github.io/stomp-specification-1.2.html#ERROR",),
    supersedes=(
        *(
            "close-1000-immediately",
            "open-then-fin",
            "close-1008-or-44xx-auth",
            "client-violates-app-protocol",
        ),
        *("close-other-code", "close-1011"),
    ),
)
def stomp(facts: Facts) -> Match | None:
    if not facts.opened:
        return None
    for number, payload in first_messages(facts, Direction.RECEIVED):
        if re.match(rb"ERROR\r?\n", payload):
            message = re.search(rb"^message:([^\r\n]*)", payload, re.MULTILINE)
            said = message[1].decode("utf-8", "replace") if message else "it gives no message header"
            return Match(
                evidence=known(show_frame(facts, number), _ended_by_peer(facts)),
                certainty=None if "stomp" in (facts.attempt.subprotocol or "") else Certainty.LIKELY,
                values={"said": said},
            )
    return None


@cause(
    id="wamp",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.CERTAIN,
    headline="The WAMP router aborted the session: {said}",
    explanation="""A router answers HELLO with WELCOME, or with ABORT and a URI that says why. no_such_realm is a misspelt realm,
    not_authorized or authentication_failed a missing ticket; afterwards the transport is closed.""",
    fix=(
        "Use a realm that the router's configuration has: new autobahn.Connection({ url: '{url}', realm: 'realm1' })",
        "For authentication, answer the challenge: authmethods: ['ticket'], authid: 'user', onchallenge: () => 'secret'",
    ),
    next_test='wsinspect check \'{url}\' -s wamp.2.json --send \'[1,"realm1",{"roles":{"caller":{}}}]\'',
    sources=("https://wamp-proto.org/wamp_latest_ietf.html",),
    supersedes=(
        "close-1000-immediately",
        "open-then-fin",
        "close-1008-or-44xx-auth",
        "client-violates-app-protocol",
    ),
)
def wamp(facts: Facts) -> Match | None:
    if not facts.opened or not any(
        name.startswith("wamp") for name in (facts.attempt.subprotocol or "", *_offered(facts))
    ):
        return None
    for number, payload in first_messages(facts, Direction.RECEIVED):
        found = re.match(rb'\[3,\s*\{.*?\},\s*"([^"]+)"', payload, re.DOTALL)
        if found:
            said = found[1].decode("utf-8", "replace")
            return Match(
                evidence=known(show_frame(facts, number), _ended_by_peer(facts)), values={"said": said}
            )
    return None


@cause(
    id="ocpp",
    stage=Stage.FRAMEWORK,
    side=Side.SERVER,
    certainty=Certainty.POSSIBLE,
    headline="The charging backend knows neither our OCPP version nor our identity, it seems",
    explanation="""OCPP needs a subprotocol that both sides know, ocpp1.6 or ocpp2.0.1, and the charge point's identity at the end of the
    URL. A backend that knows neither the version nor the identity opens without a subprotocol and hangs up, or refuses
    with 404.""",
    fix=(
        "Offer the version that the backend speaks: wsinspect check '{url}' -s ocpp1.6",
        "End the URL with the identity that is registered there: wss://host/ocpp/CP001",
        "With security profile 1 or 2, send basic authorization: -H 'Authorization: Basic ...'",
    ),
    next_test="wsinspect check '{url}' -s ocpp2.0.1 -s ocpp1.6",
    sources=("https://openchargealliance.org/protocols/open-charge-point-protocol/",),
    console=(r"Sent non-empty 'Sec-WebSocket-Protocol' header",),
)
def ocpp(facts: Facts) -> Match | None:
    if not any(name.startswith("ocpp") for name in _offered(facts)):
        return None
    ours = quote_request_field(facts, "Sec-WebSocket-Protocol")
    if facts.status == 101 and facts.attempt.subprotocol is None:
        bare = at_seq(facts.attempt.handshake.response_seq, "the 101 has no Sec-WebSocket-Protocol")
        return Match(
            headline="The charging backend {what}",
            evidence=known(ours, bare, _ended_by_peer(facts) if facts.opened else None),
            candidates=("subproto-none-returned",),
            values={"what": "chose none of the OCPP versions that we offered"},
        )
    if facts.status == 404:
        what = "answered 404: it may not know this charge point's identity"
        return Match(
            headline="The charging backend {what}",
            evidence=known(quote_status(facts), ours),
            candidates=("http-404",),
            values={"what": what},
        )
    return None


@cause(
    id="supabase-realtime",
    stage=Stage.FRAMEWORK,
    side=Side.CLIENT,
    certainty=Certainty.LIKELY,
    headline="Supabase Realtime refused the socket ({status}){key}",
    explanation="""Realtime takes the project's key from the query (apikey=...) and answers 401 or 403 without a valid one. If instead the
    console says that the socket is closed before it is established, it is usually the page itself: removeChannel or
    React's double mount closes it while it connects.""",
    fix=(
        "Compare URL and key with the project's API settings; a paused project refuses as well.",
        "Make the client once, outside of components: export const supabase = createClient(url, key);",
        "Remove channels only when they have joined, and not in a cleanup that runs at once.",
    ),
    next_test="wsinspect check 'wss://{host}/realtime/v1/websocket?apikey=KEY&vsn=1.0.0'",
    sources=(
        "https://github.com/supabase/supabase-js/issues/1442",
        "https://supabase.com/docs/guides/realtime/troubleshooting",
    ),
    # Realtime is a Phoenix application: its refusal has the bytes of any other.
    supersedes=("http-401", "http-403", "cowboy-phoenix"),
    console=(r"supabase\.(?:co|in)/realtime/v1/websocket",),
)
def supabase_realtime(facts: Facts) -> Match | None:
    path = facts.values["path"]
    if facts.status not in (401, 403) or "/realtime/v1/websocket" not in path:
        return None
    key = "" if "apikey=" in path else ": the URL has no apikey"
    shown = hint(facts, "Supabase")
    return Match(
        evidence=known(quote_status(facts), quote_body(facts), shown),
        certainty=None if shown is not None else Certainty.POSSIBLE,
        candidates=() if shown is not None else (f"http-{facts.status}",),
        values={"key": key},
    )


describe(
    id="livekit-401",
    stage=Stage.FRAMEWORK,
    side=Side.CLIENT,
    certainty=Certainty.LIKELY,
    headline="LiveKit refused the token before the upgrade: {said}",
    explanation="""LiveKit checks the access token in the query before it opens the socket. Usually it is expired, signed with the secret
    of another server, or lacks the grant for the room; the server's clock matters too.""",
    fix=(
        "Mint a fresh token with the key pair of this very server: lk token create --api-key KEY --api-secret SECRET "
        "--join --room ROOM --identity ME",
        "Compare the clocks: a token that is not valid yet is refused too.",
    ),
    next_test="curl -si {http_url} with /rtc/validate in place of /rtc: the answer says in words what is wrong",
    sources=("https://docs.livekit.io/home/get-started/authentication/",),
    supersedes=("http-401",),
    check=on_reply("livekit-401", when=lambda facts, told: "/rtc" in facts.values["path"]),
)
