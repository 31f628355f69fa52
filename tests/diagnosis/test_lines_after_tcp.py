"""Lines that browsers and clients print after a failure behind the TCP handshake, and the cause that they name."""

from __future__ import annotations

import pytest

from wsinspect.diagnosis.console_lines import read_console_line

CHROMIUM = "WebSocket connection to 'ws://a.example/' failed: "
LINES = (
    (CHROMIUM + "Error during WebSocket handshake: Unexpected response code: 404", "http-404"),
    (CHROMIUM + "Error during WebSocket handshake: Unexpected response code: 200", "http-200-not-websocket"),
    (CHROMIUM + "Error during WebSocket handshake: Unexpected response code: 301", "http-redirect"),
    (CHROMIUM + "Error during WebSocket handshake: Unexpected response code: 426", "http-426"),
    (CHROMIUM + "Error during WebSocket handshake: Unexpected response code: 520", "cloudflare-52x"),
    (CHROMIUM + "HTTP Authentication failed; no valid credentials available", "http-401"),
    (CHROMIUM + "Connection closed before receiving a handshake response", "upgrade-empty-reply"),
    (CHROMIUM + "Error during WebSocket handshake: net::ERR_CONNECTION_RESET", "upgrade-rst"),
    (CHROMIUM + "Error during WebSocket handshake: net::ERR_CONNECTION_CLOSED", "upgrade-partial-response"),
    (
        CHROMIUM + "Error during WebSocket handshake: Incorrect 'Sec-WebSocket-Accept' header value",
        "hs-accept-mismatch",
    ),
    (CHROMIUM + "Error during WebSocket handshake: 'Upgrade' header is missing", "hs-upgrade-missing"),
    (
        CHROMIUM + "Error during WebSocket handshake: 'Connection' header value must contain 'Upgrade'",
        "hs-connection-missing",
    ),
    (
        CHROMIUM + "Error during WebSocket handshake: 'Sec-WebSocket-Accept' header is missing",
        "hs-accept-missing",
    ),
    (
        CHROMIUM + "Error during WebSocket handshake: 'Upgrade' header value is not 'WebSocket': h2c",
        "hs-upgrade-wrong",
    ),
    (
        CHROMIUM
        + "Error during WebSocket handshake: 'Upgrade' header must not appear more than once in a response",
        "hs-duplicate-header",
    ),
    (
        CHROMIUM
        + "Error during WebSocket handshake: Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received",
        "subproto-none-returned",
    ),
    (
        CHROMIUM
        + "Error during WebSocket handshake: 'Sec-WebSocket-Protocol' header value 'other' in response does not match any of sent values",
        "subproto-mismatch",
    ),
    (
        CHROMIUM
        + "Error during WebSocket handshake: Response must not include 'Sec-WebSocket-Protocol' header if not present in request: other",
        "subproto-mismatch",
    ),
    (
        CHROMIUM
        + "Error during WebSocket handshake: Found an unsupported extension 'x-foo' in 'Sec-WebSocket-Extensions' header",
        "ext-invalid",
    ),
    (CHROMIUM + "Invalid frame header", "http-bytes-after-101"),
    (
        CHROMIUM + "One or more reserved bits are on: reserved1 = 1, reserved2 = 0, reserved3 = 0",
        "proto-rsv1-compression",
    ),
    (CHROMIUM + "A server must not mask any frames that it sends to the client.", "proto-masked-server"),
    (CHROMIUM + "Unrecognized frame opcode: 3", "proto-opcode"),
    (CHROMIUM + "Could not decode a text frame as UTF-8.", "proto-invalid-utf8"),
    (CHROMIUM + "Received unexpected continuation frame.", "proto-fragmentation"),
    (CHROMIUM + "Received start of new message but previous message is unfinished.", "proto-fragmentation"),
    (CHROMIUM + "Received a broken close frame with an invalid size of 1 byte.", "proto-close-frame-invalid"),
    ("Error: Unexpected server response: 403", "http-403"),
    ("Error: socket hang up", "upgrade-empty-reply"),
    ("Error: Server sent no subprotocol", "subproto-none-returned"),
    ("Error: Invalid Sec-WebSocket-Accept header", "hs-accept-mismatch"),
    ("websockets.exceptions.InvalidStatus: server rejected WebSocket connection: HTTP 502", "http-502"),
    ("websockets.exceptions.InvalidMessage: did not receive a valid HTTP response", "upgrade-empty-reply"),
    ("ConnectionClosedError: no close frame received or sent", "open-then-fin"),
    ("sent 1011 (internal error) keepalive ping timeout; no close frame received", "keepalive-ping-timeout"),
    ("websocket._exceptions.WebSocketBadStatusException: Handshake status 403 Forbidden", "http-403"),
    ("WebSocketConnectionClosedException: Connection to remote host was lost.", "open-then-fin"),
    ("aiohttp.client_exceptions.WSServerHandshakeError: 403, message='Invalid response status'", "http-403"),
    ("websocket: close 1006 (abnormal closure): unexpected EOF", "open-then-fin"),
    ("java.net.ProtocolException: Expected HTTP 101 response but was '200 OK'", "http-200-not-websocket"),
    ("Expected 'Connection' header value 'Upgrade' but was 'null'", "hs-connection-missing"),
    ("The server returned status code '404' when status code '101' was expected.", "http-404"),
    (
        "The remote party closed the WebSocket connection without completing the close handshake.",
        "open-then-fin",
    ),
    ("HTTP error: 403 Forbidden", "http-403"),
    ("Connection reset without closing handshake", "open-then-rst"),
    ("wscat error: Unexpected server response: 301", "http-redirect"),
    ("WebSocketError: Received unexpected status code (400)", "http-400-generic"),
    ("close 1009 (message too big)", "message-too-big"),
    ("WebSocket close 1012", "close-1001-or-1012-restart"),
    ("connection closed: 4401 Unauthorized", "close-1008-or-44xx-auth"),
    ("disconnect: transport close", "open-then-fin"),
    ("net::ERR_NETWORK_CHANGED", "half-open-after-network-change"),
    ("net::ERR_EMPTY_RESPONSE", "upgrade-empty-reply"),
)
SHARED = (
    (CHROMIUM + "WebSocket opening handshake timed out", "upgrade-hang"),
    (CHROMIUM + "The request timed out.", "upgrade-hang"),
    (CHROMIUM + "The network connection was lost.", "open-then-fin"),
    ("The connection to ws://a.example/ was interrupted while the page was loading.", "open-then-rst"),
    ("disconnect reason: ping timeout", "keepalive-ping-timeout"),
    (CHROMIUM + "Invalid frame header", "html-after-101"),
    (CHROMIUM + "Invalid frame header", "proto-control-frame"),
    (CHROMIUM + "Invalid frame header", "proto-length-nonminimal"),
    (CHROMIUM + "Error during WebSocket handshake: Unexpected response code: 2", "http-answer-malformed"),
    (CHROMIUM + "Error during WebSocket handshake: Unexpected response code: 100", "http-head-endless"),
    (CHROMIUM + "Error during WebSocket handshake: net::ERR_CONNECTION_RESET", "upgrade-partial-response"),
    (
        CHROMIUM + "Error during WebSocket handshake: net::ERR_INVALID_HTTP_RESPONSE",
        "upgrade-partial-response",
    ),
    (
        CHROMIUM + "Error in connection establishment: net::ERR_RESPONSE_HEADERS_TOO_BIG",
        "proxy-tunnel-broken",
    ),
)
"""Lines of several causes, and one that has to be among them."""


@pytest.mark.parametrize(("line", "cause"), LINES)
def test_the_line_names_the_cause_first(line: str, cause: str) -> None:
    read = read_console_line(line)
    assert read is not None
    assert read.causes[0].id == cause


@pytest.mark.parametrize(("line", "cause"), SHARED)
def test_the_line_names_the_cause_among_others(line: str, cause: str) -> None:
    read = read_console_line(line)
    assert read is not None
    assert cause in [found.id for found in read.causes]


def test_a_line_about_something_else_is_not_claimed() -> None:
    assert read_console_line("Uncaught ReferenceError: socket is not defined") is None
