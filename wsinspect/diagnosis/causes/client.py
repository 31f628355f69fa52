"""Causes on the client's own side that an attempt shows: the URL, and closing too early."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.evidence import Match, at_event, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.pending import pending_when_we_stopped
from wsinspect.events import FailureKind, LocalEnd, Step


def _url_refused(facts: Facts, *codes: str) -> Match | None:
    failure = facts.attempt.failure
    if failure is None or failure.step is not Step.URL or failure.code not in codes:
        return None
    return Match(evidence=(at_seq(failure.seq, failure.message),), values={"why": failure.message})


@cause(
    id="client-closed-while-connecting",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="We closed while still CONNECTING; {pending}",
    explanation="""The client itself gave up before the opening handshake was over; the server closed nothing. A browser's console says "WebSocket
    is closed before the connection is established." for exactly this, and reports code 1006. So there are two questions: who
    called close() so early, and why the handshake was still pending: {pending}.""",
    fix=(
        "Find the caller: the console line links to the `close()` in the page's code. In a cleanup, wait for `open` before closing:\n"
        "    if (ws.readyState === 0) ws.addEventListener('open', () => ws.close(), { once: true }); else ws.close();",
        "Raise the client library's connect timeout, if that is what gave up.",
        "Then cure the slow part: {pending}.",
    ),
    next_test="wsinspect check '{url}' --connect-timeout 240: does the handshake complete when nobody gives up, and after how long?",
    sources=(
        "https://websockets.spec.whatwg.org/#dom-websocket-close",
        "https://chromium.googlesource.com/chromium/src/+/main/third_party/blink/renderer/modules/websockets/websocket_common.cc",
        "RFC 6455 section 7.1.7",
    ),
    supersedes=("upgrade-hang", "tcp-accept-silent", "upgrade-empty-reply"),
    console=(
        r"WebSocket is closed before the connection is established",
        r"WebSocket was closed before the connection was established",
        r"was interrupted while the page was loading",
    ),
)
def client_closed_while_connecting(facts: Facts) -> Match | None:
    ended = facts.attempt.closure.locally_ended
    if ended is None or facts.opened or ended.why not in (LocalEnd.ABORTED_BY_USER, LocalEnd.CLOSED_BY_USER):
        return None
    failure = facts.attempt.failure
    if failure is not None and failure.kind is not FailureKind.CANCELLED:
        return None
    pending = pending_when_we_stopped(facts)
    evidence = [at_event(ended, f"our own side ended it: {ended.why}")]
    if failure is not None:
        evidence.append(at_seq(failure.seq, f"the step '{failure.step}' was still under way"))
    return Match(evidence=tuple(evidence), values={"pending": pending})


@cause(
    id="url-scheme-invalid",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="The URL's scheme is not one of WebSocket",
    explanation="""Nothing was sent. A WebSocket URL begins with ws:// or wss://; current browsers read http:// and https:// as these, older ones and most
    libraries refuse them.""",
    fix=("Write `ws://` for plain and `wss://` for encrypted connections.",),
    next_test="wsinspect check with the same host and path behind wss://",
    sources=("RFC 6455 section 3", "https://websockets.spec.whatwg.org/#dom-websocket-websocket"),
    console=(
        r"The URL's scheme must be either",
        r"Wrong url scheme for WebSocket",
        r"scheme isn't ws or wss",
        r"malformed ws or wss URL",
        r"URL scheme .* is not allowed",
        r"unexpected url scheme",
    ),
)
def url_scheme_invalid(facts: Facts) -> Match | None:
    return _url_refused(facts, "scheme")


@cause(
    id="url-fragment",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="The URL has a fragment, which WebSocket URLs must not have",
    explanation="""Everything after a # stays in the client and never reaches a server, so a WebSocket URL may not have it. It was often meant to be a path of a
    single-page application, or a # that should have been encoded.""",
    fix=("Remove the # and what follows; a # that belongs to the path or query is written %23.",),
    next_test="wsinspect check with the part from # on left out",
    sources=("RFC 6455 section 3",),
    console=(
        r"contains a fragment identifier",
        r"URL has fragment component",
        r"fragment identifier is meaningless",
    ),
)
def url_fragment(facts: Facts) -> Match | None:
    return _url_refused(facts, "fragment")


@cause(
    id="url-malformed-or-placeholder",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="The URL can't be used: {why}",
    explanation="""The URL was put together from parts, and one of them was missing or wrong: an environment variable that is not set becomes "undefined", a base
    URL that already has a scheme makes two of them. No packet was sent.""",
    fix=(
        "Print the final URL where it is made; see that each variable in it is set at build time and at run time.",
        "In a page, derive it: `new URL('/ws', location.href.replace(/^http/, 'ws'))`.",
    ),
    next_test="wsinspect check with the URL that you meant, typed by hand",
    sources=(
        "https://websockets.spec.whatwg.org/#dom-websocket-websocket",
        "https://github.com/Eptagone/Vite.AspNetCore/pull/90",
    ),
    console=(
        r"The URL '.*' is invalid",
        r"wss?://(?:undefined|null|localhost:undefined|\[object|NaN)\S*",
        r"wss?://(?:https?|wss?)(?::|%3A)?//",
        r"An invalid or illegal string was specified",
    ),
)
def url_malformed_or_placeholder(facts: Facts) -> Match | None:
    return _url_refused(
        facts,
        "empty", "too-long", "whitespace", "control-character", "placeholder", "doubled-scheme", "host-missing",
        "host-invalid", "port", "socket-path",
    )  # fmt: skip


@cause(
    id="unsafe-port",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="Browsers refuse to connect to port {port}",
    explanation="""Port {port} belongs to another protocol, and the Fetch standard forbids pages to reach it, so that they can't be made to talk to mail servers and
    the like. Other clients are not bound by that: this attempt was made all the same.""",
    fix=("Move the server to another port, such as 8080 or 8443, or behind 443.",),
    next_test="new WebSocket('{url}') in a browser's console: fails at once with ERR_UNSAFE_PORT",
    sources=("https://fetch.spec.whatwg.org/#port-blocking",),
    console=(r"net::ERR_UNSAFE_PORT", r"WebSocket port \d+ blocked"),
)
def unsafe_port(facts: Facts) -> Match | None:
    target = facts.attempt.target
    if target is None:
        return None
    note = next((note for note in target.notes if "browsers refuse port" in note), None)
    if note is None or facts.failed_step is None or facts.opened:
        return None
    return Match(evidence=(at_event(target, note),), certainty=Certainty.POSSIBLE)


@cause(
    id="subprotocol-token-invalid",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="A subprotocol that is offered is not a token: {bad}",
    explanation="""Subprotocol names may not hold spaces, commas, slashes, equals signs and the like, and none may stand twice. Somebody has usually put a
    credential there, such as "Bearer …" or base64 with padding, because a page can set no other header. Browsers throw before sending.""",
    fix=(
        "Encode a credential as base64url without padding, or send it as the first message, or in the query.",
        "Offer each name once.",
    ),
    next_test="wsinspect check '{url}' without that subprotocol",
    sources=("RFC 6455 section 4.1", "RFC 9110 section 5.6.2"),
    supersedes=("http-400-generic",),
    console=(
        r"The subprotocol '.*' is (?:invalid|duplicated)",
        r"Wrong protocol for WebSocket",
        r"WebSocket protocols contain duplicates",
        r"An invalid or duplicated subprotocol was specified",
    ),
)
def subprotocol_token_invalid(facts: Facts) -> Match | None:
    offered = facts.attempt.options.subprotocols
    bad = [
        name
        for name in offered
        if not name or any(c in '()<>@,;:\\"/[]?={} \t' or not 0x20 < ord(c) < 0x7F for c in name)
    ]
    bad += [name for name in set(offered) if offered.count(name) > 1]
    if not bad or not facts.attempt.events:
        return None
    return Match(
        evidence=(at_event(facts.attempt.started, f"offered: {', '.join(offered)}"),),
        values={"bad": ", ".join(bad)},
    )
