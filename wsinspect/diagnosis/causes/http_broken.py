"""Answers to the upgrade that are no HTTP, or whose head never ends (RFC 9112 section 2)."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.evidence import Match, at_event, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.events import FailureKind, Step
from wsinspect.options import LIMITS_TABLE
from wsinspect.wire.http import starts_like_http

_SHOWN_BYTES = 60


@cause(
    id="http-answer-malformed",
    stage=Stage.HTTP,
    side=Side.UNKNOWN,
    certainty=Certainty.CERTAIN,
    headline="The answer to our upgrade request is not HTTP: {what}",
    explanation="""An answer begins with a status line, such as HTTP/1.1 101 Switching Protocols, and other bytes came in its
    place. Either a program of another kind listens on this port, or the one that writes the answer is broken: text that
    was printed in front of it, the rest of an earlier answer, or a head that is put together by hand.""",
    fix=(
        "Read the bytes in the handshake pane: they mostly tell which program wrote them.",
        "If it is another program, use the WebSocket server's own port, or mend what forwards this one.",
        "If it is the server, write nothing to the socket in front of the status line.",
    ),
    next_test="printf 'GET / HTTP/1.1\\r\\nHost: {host}\\r\\n\\r\\n' | nc {host} {port}: what does an ordinary request get?",
    sources=("RFC 9112 section 2.1", "RFC 9112 section 4"),
    console=(
        r"net::ERR_INVALID_HTTP_RESPONSE",
        r"Invalid status line",
        r"Unexpected response code: \d\d?(?!\d)",
        r"Parse Error: Expected HTTP/",
        r"malformed HTTP (?:response|status code|version)",
    ),
)
def answer_malformed(facts: Facts) -> Match | None:
    exchange = facts.attempt.handshake
    if not facts.failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED):
        return None
    head = exchange.head
    if head is not None and starts_like_http(head.raw[:5]):
        return Match(
            evidence=(
                at_seq(exchange.response_seq, f"the line that should be a status line: {head.status_line}"),
            ),
            side=Side.SERVER,
            values={"what": f"its status line is '{head.status_line[:_SHOWN_BYTES]}'"},
        )
    first = bytes(exchange.response[:_SHOWN_BYTES])
    shown = first.decode("utf-8", "backslashreplace")
    evidence = (at_seq(exchange.response_seq, f"first bytes: {shown}", (0, len(first))),)
    if shown.startswith("Error occurred while trying to proxy"):
        # Before its version 3, http-proxy-middleware wrote its page's body alone to the socket of an upgrade.
        return Match(
            evidence=evidence,
            side=Side.PROXY,
            values={"what": f"'{shown}', as http-proxy-middleware writes when its target fails"},
            first_fix=(
                "Start the server that its target option names: the terminal of the node server says ECONNREFUSED, "
                "ENOTFOUND or ETIMEDOUT.",
            ),
        )
    return Match(
        evidence=evidence,
        values={"what": f"it begins with '{shown}'"},
        candidates=("wrong-service-on-port",),
    )


@cause(
    id="http-head-endless",
    stage=Stage.HTTP,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The head of the answer had not ended after {size} bytes{interim}, so we stopped reading",
    explanation="""No honest answer to an upgrade is that long: mostly one has a few hundred bytes. A loop that adds the same
    field again and again, a proxy that takes its own answer for a request, or a server that wants to keep its clients busy
    does this. Other clients have limits like ours, from 8 to 256 KiB, and report a header overflow.""",
    fix=(
        "Read the fields in the handshake pane: which one repeats, or has no end?",
        "If the head is meant to be so long, shorten it: cookies and policies are what grows.",
        "The limit is wsinspect's own, {limit}; a profile may say another: " + LIMITS_TABLE,
    ),
    next_test="curl -si -m 5 '{http_url}' | head -c 2000: does an ordinary request get such a head too?",
    sources=("RFC 9112 section 3", "RFC 9110 section 5.4"),
    console=(
        r"HPE_HEADER_OVERFLOW|Header overflow",
        r"too many HTTP headers",
        r"net::ERR_RESPONSE_HEADERS_TOO_BIG",
        r"Unexpected response code: 100(?!\d)",
    ),
)
def head_endless(facts: Facts) -> Match | None:
    if not facts.failed(Step.UPGRADE, FailureKind.HEAD_TOO_LARGE):
        return None
    exchange = facts.attempt.handshake
    reached = next((one for one in facts.attempt.limits if one.limit == "head_bytes"), None)
    partial = exchange.partial_head
    line = partial.status_line[:_SHOWN_BYTES] if partial is not None else ""
    told = () if reached is None else (at_event(reached, f"{reached.what} ({reached.setting})"),)
    interim = len(exchange.interim)
    return Match(
        evidence=(*told, at_seq(exchange.response_seq, f"it begins with '{line}'")),
        values={
            "size": str(len(exchange.response)),
            "interim": f", {interim} interim answers among them" if interim else "",
            "limit": "head_bytes" if reached is None else reached.setting,
        },
    )
