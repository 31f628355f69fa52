"""Bytes after the 101 that never were frames: a second HTTP answer, a page, a warning (RFC 6455 section 5.2)."""

from __future__ import annotations

import re

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.evidence import Evidence, Match, at_frame, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import first_received
from wsinspect.events import LocalEnd

_ALL_OF_PROTOCOL = (
    "proto-masked-server",
    "proto-rsv1-compression",
    "proto-opcode",
    "proto-invalid-utf8",
    "proto-fragmentation",
    "proto-control-frame",
    "proto-close-frame-invalid",
    "proto-length-nonminimal",
    "open-then-fin",
    "open-then-rst",
    "max-connection-lifetime",
    "idle-timeout-intermediary",
    "subproto-none-returned",
    "close-1008-or-44xx-auth",
    "close-1000-immediately",
    "close-1011",
    "close-1001-or-1012-restart",
    "close-1013-overload",
    "close-other-code",
    "message-too-big",
    "unsupported-data",
    "client-violates-app-protocol",
)
"""What foreign bytes look like when they are read as frames, and what follows them."""


@cause(
    id="http-bytes-after-101",
    stage=Stage.EARLY_CLOSE,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="After the 101 the server wrote a second HTTP answer into the WebSocket: {line}",
    explanation="""Two handlers wrote to one socket: one accepted the upgrade, another refused the same request. Read as a
    frame, the letter H is nonsense, so browsers report an invalid frame header. It happens with two WebSocket servers
    on one HTTP server, an upgrade listener that is registered twice, or an old Socket.IO client.""",
    fix=(
        "Have one upgrade listener that routes by path, in node for example:\n"
        "const a = new WebSocketServer({ noServer: true });\n"
        "server.on('upgrade', (req, socket, head) => {\n"
        "  if (req.url === '/a') a.handleUpgrade(req, socket, head, (ws) => a.emit('connection', ws, req));\n"
        "  else socket.destroy();\n});",
        "Call the callback of verifyClient once only, and don't mix express-ws with a WebSocketServer of your own.",
        "If it says 'Unsupported protocol version': use a Socket.IO client of the server's major version, or allowEIO3.",
    ),
    next_test="wsinspect check '{url}' with another path: a single handler accepts one path and refuses all others",
    sources=(
        "RFC 6455 section 5.2",
        "https://github.com/websockets/ws/issues/1148",
        "https://github.com/websockets/ws/issues/1478",
    ),
    supersedes=(*_ALL_OF_PROTOCOL, "html-after-101"),
    aliases=("two-upgrade-handlers",),
    console=(
        r"Invalid frame header",
        r"Invalid WebSocket frame: RSV1 must be clear",
        r"WS_ERR_UNEXPECTED_RSV_1",
    ),
)
def http_bytes(facts: Facts) -> Match | None:
    head = bytes(facts.attempt.websocket_head)
    if not facts.opened or not re.match(rb"HTTP/1\.[01] \d{3}", head):
        return None
    line = head.split(b"\r\n")[0].split(b"\n")[0][:100].decode("latin-1")
    body = head.split(b"\r\n\r\n", 1)[-1][:80].decode("latin-1") if b"\r\n\r\n" in head else ""
    note = f"; its body: '{body}'" if body else ""
    evidence = (_first_bytes(facts, f"the bytes after the 101 begin '{line}'{note}", len(line)),)
    ours, theirs = facts.attempt.closure.close_sent, first_received(facts)
    ended = facts.attempt.closure.locally_ended
    over_this = ended is not None and ended.why is LocalEnd.PEER_VIOLATED_PROTOCOL
    if ours is not None and theirs is not None and ours.frame < theirs and not over_this:
        # The session was over: what a WSGI server writes when its handler returns harms nobody any more.
        return Match(
            evidence=evidence,
            certainty=Certainty.POSSIBLE,
            headline="While we closed, the server wrote its handler's HTTP answer into the WebSocket: {line}",
            values={"line": line},
            first_fix=(
                "With flask-sock, serve by gunicorn --threads 100: Werkzeug's own server writes a response once the "
                "handler returns.",
            ),
        )
    return Match(evidence=evidence, values={"line": line})


_MARKUP = re.compile(
    rb"\s*(?:<(?:!doctype|html|head|body|br|b>|h1|p>|pre|div|script|title|\?xml)|\{\s*\"|\[\s*[\{\"])",
    re.IGNORECASE,
)
_PRINTABLE = re.compile(rb"[\t\r\n\x20-\x7e]{24,}")


@cause(
    id="html-after-101",
    stage=Stage.EARLY_CLOSE,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="After the 101 the server wrote {what} into the WebSocket, without a frame around it: '{shown}'",
    explanation="""Whatever prints on the server's side printed into the open connection: a PHP warning, a stack trace, a
    proxy's error page, JSON that was written to the socket instead of sent as a message. No client can read that as
    frames, so it fails the connection with a protocol error.""",
    fix=(
        "Mend the error that the text names; on PHP, send warnings to the log: display_errors = Off",
        "Write to the WebSocket only through the library's send(), never to the raw socket.",
    ),
    next_test="wsinspect check '{url}', then read the first bytes after the 101 in the frames pane",
    sources=("RFC 6455 section 5.2", "https://www.php.net/manual/en/errorfunc.configuration.php"),
    supersedes=_ALL_OF_PROTOCOL,
    console=(r"Invalid frame header",),
)
def text_after_101(facts: Facts) -> Match | None:
    head = bytes(facts.attempt.websocket_head)
    # A first byte with FIN off and RSV2 or RSV3 on begins no frame that any extension in use defines.
    if not facts.opened or not head or head.startswith(b"HTTP/"):
        return None
    markup = _MARKUP.match(head)
    printable = _PRINTABLE.match(head)
    if markup is None and (printable is None or not head[0] & 0x70):
        return None
    written = "HTML" if markup else "plain text"
    what = "JSON" if head.lstrip()[:1] in (b"{", b"[") else written
    shown = " ".join(head[:80].decode("latin-1").split())
    return Match(
        evidence=(_first_bytes(facts, f"the bytes after the 101 begin '{shown}'", min(len(head), 80)),),
        certainty=None if markup else Certainty.LIKELY,
        values={"what": what, "shown": shown[:60]},
    )


def _first_bytes(facts: Facts, text: str, size: int) -> Evidence:
    """Point at the first bytes after the 101, in their frame once there is one."""
    first = first_received(facts)
    if first is None:
        return at_seq(facts.attempt.handshake.response_seq, text)
    return at_frame(first, text, (0, size))
