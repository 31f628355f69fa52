"""Lines of browsers' consoles and clients' errors: which cause each is read as."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsinspect.diagnosis.catalogue import load
from wsinspect.diagnosis.console_lines import read_console_line

CAUSES = load()
URL = "wss://a.example/ws"
HANDSHAKE = "Error during WebSocket handshake: "
CONNECTING = "Error in connection establishment: "

CHROME = [
    # The text after `WebSocket connection to '<url>' failed: `; the ids that it must begin with.
    ("WebSocket is closed before the connection is established.", ["client-closed-while-connecting", "react-strictmode-double-effect", "component-unmount-or-dep-change", "library-connect-timeout", "socketio-transport-upgrade-abort", "same-host-serialised-handshakes"]),
    (f"{HANDSHAKE}Unexpected response code: 200", ["http-200-not-websocket"]),
    (f"{HANDSHAKE}Unexpected response code: 301", ["http-redirect"]),
    (f"{HANDSHAKE}Unexpected response code: 400", ["http-400-generic", "nginx-upgrade-headers-missing", "upgrade-stripped"]),
    (f"{HANDSHAKE}Unexpected response code: 401", ["http-401"]),
    (f"{HANDSHAKE}Unexpected response code: 403", ["http-403", "origin-rejected"]),
    (f"{HANDSHAKE}Unexpected response code: 404", ["http-404"]),
    (f"{HANDSHAKE}Unexpected response code: 405", ["http-405"]),
    (f"{HANDSHAKE}Unexpected response code: 418", ["http-421-or-451-etc"]),
    (f"{HANDSHAKE}Unexpected response code: 426", ["http-426", "nginx-upgrade-headers-missing", "upgrade-stripped"]),
    (f"{HANDSHAKE}Unexpected response code: 429", ["http-429"]),
    (f"{HANDSHAKE}Unexpected response code: 431", ["http-headers-too-large"]),
    (f"{HANDSHAKE}Unexpected response code: 500", ["http-500"]),
    (f"{HANDSHAKE}Unexpected response code: 502", ["http-502"]),
    (f"{HANDSHAKE}Unexpected response code: 503", ["http-503"]),
    (f"{HANDSHAKE}Unexpected response code: 504", ["http-504"]),
    (f"{HANDSHAKE}Unexpected response code: 511", ["captive-portal"]),
    (f"{HANDSHAKE}Unexpected response code: 521", ["cloudflare-52x"]),
    ("HTTP Authentication failed; no valid credentials available", ["http-401"]),
    ("Proxy authentication failed", ["proxy-auth-required"]),
    ("Establishing a tunnel via proxy server failed.", ["proxy-connect-denied"]),
    (f"{CONNECTING}net::ERR_PROXY_CONNECTION_FAILED", ["proxy-unreachable"]),
    (f"{HANDSHAKE}net::ERR_UNEXPECTED_PROXY_AUTH", ["proxy-auth-required"]),
    ("Connection closed before receiving a handshake response", ["upgrade-empty-reply"]),
    (f"{HANDSHAKE}net::ERR_CONNECTION_RESET", ["upgrade-rst"]),
    (f"{HANDSHAKE}net::ERR_CONNECTION_CLOSED", ["upgrade-partial-response"]),
    (f"{HANDSHAKE}net::ERR_INVALID_HTTP_RESPONSE", ["wrong-service-on-port"]),
    (f"{HANDSHAKE}Invalid status line", ["wrong-service-on-port"]),
    (f"{HANDSHAKE}net::ERR_EMPTY_RESPONSE", ["upgrade-empty-reply"]),
    (f"{HANDSHAKE}Incorrect 'Sec-WebSocket-Accept' header value", ["hs-accept-mismatch"]),
    (f"{HANDSHAKE}'Sec-WebSocket-Accept' header is missing", ["hs-accept-missing"]),
    (f"{HANDSHAKE}'Upgrade' header is missing", ["hs-upgrade-missing"]),
    (f"{HANDSHAKE}'Connection' header is missing", ["hs-connection-missing"]),
    (f"{HANDSHAKE}'Connection' header value must contain 'Upgrade'", ["hs-connection-missing"]),
    (f"{HANDSHAKE}'Upgrade' header value is not 'WebSocket': h2c", ["hs-upgrade-wrong"]),
    (f"{HANDSHAKE}'Sec-WebSocket-Accept' header must not appear more than once in a response", ["hs-duplicate-header"]),
    (f"{HANDSHAKE}Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received", ["subproto-none-returned"]),
    (f"{HANDSHAKE}'Sec-WebSocket-Protocol' header value 'other' in response does not match any of sent values", ["subproto-mismatch"]),
    (f"{HANDSHAKE}Response must not include 'Sec-WebSocket-Protocol' header if not present in request: other", ["subproto-mismatch"]),
    (f"{HANDSHAKE}Found an unsupported extension 'x-foo' in 'Sec-WebSocket-Extensions' header", ["ext-invalid"]),
    (f"{HANDSHAKE}'Sec-WebSocket-Extensions' header value is rejected by the parser: ", ["ext-invalid"]),
    (f"{HANDSHAKE}Error in permessage-deflate: Received an unexpected permessage-deflate extension parameter", ["ext-invalid"]),
    (f"{CONNECTING}net::ERR_NAME_NOT_RESOLVED", ["dns-nxdomain", "dns-temporary-failure", "dns-no-address-records"]),
    (f"{CONNECTING}net::ERR_CONNECTION_REFUSED", ["tcp-refused", "tcp-localhost-ipv6-mismatch"]),
    (f"{CONNECTING}net::ERR_CONNECTION_TIMED_OUT", ["tcp-timeout-blackhole"]),
    ("WebSocket opening handshake timed out", ["tcp-timeout-blackhole"]),
    (f"{CONNECTING}net::ERR_CONNECTION_CLOSED", ["tls-handshake-cut", "tls-protocol-version"]),
    (f"{CONNECTING}net::ERR_SSL_PROTOCOL_ERROR", ["tls-plain-server-on-wss"]),
    (f"{CONNECTING}net::ERR_CERT_AUTHORITY_INVALID", ["tls-self-signed", "tls-untrusted-ca-or-missing-intermediate"]),
    (f"{CONNECTING}net::ERR_CERT_DATE_INVALID", ["tls-expired", "tls-not-yet-valid"]),
    (f"{CONNECTING}net::ERR_CERT_COMMON_NAME_INVALID", ["tls-hostname-mismatch"]),
    (f"{CONNECTING}net::ERR_CERT_REVOKED", ["tls-certificate-refused"]),
    (f"{CONNECTING}net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH", ["tls-protocol-version", "tls-no-shared-cipher"]),
    (f"{CONNECTING}net::ERR_SSL_CLIENT_AUTH_CERT_NEEDED", ["tls-client-cert-required"]),
    ("WebSocket opening handshake was canceled", ["tls-client-cert-required"]),
    (f"{CONNECTING}net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS", ["local-network-access-blocked"]),
    (f"{CONNECTING}net::ERR_BLOCKED_BY_PRIVATE_NETWORK_ACCESS_CHECKS", ["local-network-access-blocked"]),
    (f"{CONNECTING}net::ERR_UNSAFE_PORT", ["unsafe-port"]),
    (f"{CONNECTING}net::ERR_BLOCKED_BY_CLIENT", ["extension-or-adblock"]),
    (f"{CONNECTING}net::ERR_INTERNET_DISCONNECTED", ["tcp-unreachable"]),
    (f"{CONNECTING}net::ERR_NETWORK_CHANGED", ["half-open-after-network-change"]),
    (f"{CONNECTING}net::ERR_ADDRESS_UNREACHABLE", ["tcp-unreachable"]),
    ("Insufficient resources", ["browser-socket-limit"]),
    ("Invalid frame header", ["http-bytes-after-101", "html-after-101", "proto-control-frame", "proto-length-nonminimal", "proto-rsv1-compression"]),
    ("One or more reserved bits are on: reserved1 = 1, reserved2 = 0, reserved3 = 0", ["proto-rsv1-compression"]),
    ("A server must not mask any frames that it sends to the client.", ["proto-masked-server"]),
    ("Unrecognized frame opcode: 3", ["proto-opcode"]),
    ("Could not decode a text frame as UTF-8.", ["proto-invalid-utf8"]),
    ("Received unexpected continuation frame.", ["proto-fragmentation"]),
    ("Received start of new message but previous message is unfinished.", ["proto-fragmentation"]),
    ("Received a broken close frame with an invalid size of 1 byte.", ["proto-close-frame-invalid"]),
    ("Received a broken close frame containing a reserved status code.", ["proto-close-frame-invalid"]),
    # Safari
    ("The network connection was lost.", ["mobile-background-suspension", "open-then-fin"]),
    ("Could not connect to the server.", ["tcp-refused"]),
    ("Connection refused", ["tcp-refused"]),
    ("A server with the specified hostname could not be found.", ["dns-nxdomain"]),
    ("The request timed out.", ["tcp-timeout-blackhole", "upgrade-hang"]),
    ("An SSL error has occurred and a secure connection to the server cannot be made.", ["tls-plain-server-on-wss"]),
    ("The certificate for this server is invalid. You might be connecting to a server that pretends.", ["tls-self-signed"]),
    ("OSStatus Error -9807: Invalid certificate chain", ["tls-self-signed", "tls-untrusted-ca-or-missing-intermediate"]),
    ("OSStatus Error -9847", ["tls-plain-server-on-wss"]),
    ("The operation couldn’t be completed. Software caused connection abort", ["mobile-background-suspension", "half-open-after-network-change"]),
]  # fmt: skip
WHOLE = [
    ("Mixed Content: The page at 'https://x.example/' was loaded over HTTPS, but attempted to connect to the insecure WebSocket endpoint 'ws://a.example/'. This request has been blocked; this endpoint must be available over WSS.", ["mixed-content-ws-from-https"]),
    ("SecurityError: Failed to construct 'WebSocket': An insecure WebSocket connection may not be initiated from a page loaded over HTTPS.", ["mixed-content-ws-from-https"]),
    ("Connecting to 'ws://a.example/' violates the following Content Security Policy directive: \"connect-src 'self'\". The action has been blocked.", ["csp-connect-src"]),
    ("Refused to connect to 'ws://a.example/' because it violates the following Content Security Policy directive: \"connect-src 'self'\".", ["csp-connect-src"]),
    ("SyntaxError: Failed to construct 'WebSocket': The URL's scheme must be either 'http', 'https', 'ws', or 'wss'. 'ftp' is not allowed.", ["url-scheme-invalid"]),
    ("SyntaxError: Failed to construct 'WebSocket': The URL contains a fragment identifier ('a'). Fragment identifiers are not allowed in WebSocket URLs.", ["url-fragment"]),
    ("SyntaxError: Failed to construct 'WebSocket': The URL 'ws://[bad' is invalid.", ["url-malformed-or-placeholder"]),
    ("WebSocket connection to 'ws://localhost:undefined/' failed: ", ["url-malformed-or-placeholder"]),
    ("SyntaxError: Failed to construct 'WebSocket': The subprotocol 'a b' is invalid.", ["subprotocol-token-invalid"]),
    ("InvalidStateError: Failed to execute 'send' on 'WebSocket': Still in CONNECTING state.", ["send-before-open"]),
    ("InvalidAccessError: Failed to execute 'close' on 'WebSocket': The close code must be either 1000, or between 3000 and 4999. 1001 is neither.", ["client-close-code-invalid"]),
    # Firefox
    ("The connection to ws://a.example/ was interrupted while the page was loading.", ["client-closed-while-connecting", "page-navigation-during-handshake", "open-then-rst"]),
    ("Content-Security-Policy: The page’s settings blocked the loading of a resource (connect-src) at ws://a.example/", ["csp-connect-src"]),
    ("SecurityError: The operation is insecure.", ["mixed-content-ws-from-https"]),
    # Safari
    ("WebSocket network error: The operation couldn’t be completed. Socket is not connected", ["mobile-background-suspension", "half-open-after-network-change"]),
    ("WebSocket is closed due to suspension.", ["mobile-background-suspension"]),
    ("Unexpected response code: 404", ["http-404"]),
    ("Error during WebSocket handshake: Sec-WebSocket-Accept mismatch", ["hs-accept-mismatch"]),
    ("Sec-WebSocket-Protocol mismatch", ["subproto-mismatch"]),
    ("WebSocket port 6000 blocked", ["unsafe-port"]),
    ("Wrong url scheme for WebSocket ftp://x/", ["url-scheme-invalid"]),
    ("URL has fragment component ws://x/#a", ["url-fragment"]),
    # Other clients
    ("Error: Unexpected server response: 502", ["http-502"]),
    ("Error: WebSocket was closed before the connection was established", ["client-closed-while-connecting"]),
    ("Error: WebSocket is not open: readyState 0 (CONNECTING)", ["send-before-open"]),
    ("Error: Opening handshake has timed out", ["library-connect-timeout", "upgrade-hang"]),
    ("Error: socket hang up", ["upgrade-empty-reply"]),
    ("Error: Invalid Upgrade header", ["hs-upgrade-missing", "hs-upgrade-wrong"]),
    ("Error: Invalid Sec-WebSocket-Accept header", ["hs-accept-mismatch"]),
    ("Error: Server sent no subprotocol", ["subproto-none-returned"]),
    ("Error: Server sent an invalid subprotocol", ["subproto-mismatch", "subproto-list-returned"]),
    ("Error: Parse Error: Expected HTTP/", ["wrong-service-on-port"]),
    ("Error: connect ECONNREFUSED ::1:3000", ["tcp-localhost-ipv6-mismatch", "tcp-refused"]),
    ("Error: connect ECONNREFUSED 127.0.0.1:3000", ["tcp-refused"]),
    ("Error: getaddrinfo ENOTFOUND a.example", ["dns-nxdomain"]),
    ("socket.gaierror: [Errno -3] Temporary failure in name resolution", ["dns-temporary-failure"]),
    ("websockets.exceptions.InvalidStatus: server rejected WebSocket connection: HTTP 403", ["http-403", "origin-rejected"]),
    ("websockets.exceptions.InvalidMessage: did not receive a valid HTTP response", ["upgrade-empty-reply"]),
    ("websockets.exceptions.ConnectionClosedError: no close frame received or sent", ["open-then-fin"]),
    ("sent 1011 (internal error) keepalive ping timeout; no close frame received", ["keepalive-ping-timeout"]),
    ("ssl.SSLCertVerificationError: certificate verify failed: unable to get local issuer certificate (_ssl.c:1006)", ["tls-untrusted-ca-or-missing-intermediate"]),
    ("ssl.SSLError: [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)", ["tls-plain-server-on-wss"]),
    ("websocket._exceptions.WebSocketBadStatusException: Handshake status 403 Forbidden", ["http-403"]),
    ("Connection to remote host was lost.", ["open-then-fin"]),
    ("aiohttp.client_exceptions.WSServerHandshakeError: 403, message='Invalid response status', url='ws://x/'", ["http-403"]),
    ("websocket: close 1006 (abnormal closure): unexpected EOF", ["open-then-fin"]),
    ("java.net.ProtocolException: Expected HTTP 101 response but was '404 Not Found'", ["http-404"]),
    ("Expected 'Connection' header value 'Upgrade' but was 'null'", ["hs-connection-missing"]),
    ("The server returned status code '403' when status code '101' was expected.", ["http-403"]),
    ("The remote party closed the WebSocket connection without completing the close handshake.", ["open-then-fin"]),
    ("HTTP error: 403 Forbidden", ["http-403"]),
    ("WebSocket protocol error: Connection reset without closing handshake", ["open-then-rst"]),
    ("error: Unexpected server response: 401", ["http-401"]),
    ("websocat: WebSocketError: Received unexpected status code (404)", ["http-404"]),
    ("java.net.UnknownServiceException: CLEARTEXT communication to a.example not permitted by network security policy", ["android-cleartext-or-ios-ats"]),
    ("Error: WebSocket failed to connect. The connection could not be found on the server, either the endpoint may not be a SignalR endpoint, the connection ID is not present on the server, or there is a proxy blocking WebSockets.", ["aspnetcore-400"]),
]  # fmt: skip
VAGUE = [
    ("Firefox can’t establish a connection to the server at wss://a.example/ws.", "nginx-upgrade-headers-missing"),
    ("Firefox can't establish a connection to the server at wss://a.example/ws.", "nginx-upgrade-headers-missing"),
    (f"WebSocket connection to '{URL}' failed: ", "nginx-upgrade-headers-missing"),
    (f"WebSocket connection to '{URL}' failed: There was a bad response from the server.", "nginx-upgrade-headers-missing"),
    ("Received network error or non-101 status code.", "nginx-upgrade-headers-missing"),
    ("dial: websocket: bad handshake", "nginx-upgrade-headers-missing"),
    ("websocat: WebSocketError: I/O failure", "tcp-refused"),
    ("connect_error: websocket error", "engineio-upgrade-stripped"),
    ("connect_error xhr poll error", "tcp-refused"),
    ("connect_error: timeout", "library-connect-timeout"),
    ("disconnect: transport close", "open-then-fin"),
    ("disconnect: transport error", "open-then-rst"),
    ("disconnect: io server disconnect", "close-1008-or-44xx-auth"),
    ("disconnect: parse error", "engineio-version-mismatch"),
    (f"WebSocket connection to '{URL}' failed: Data frame received after close", "frames-after-close"),
    (f"WebSocket connection to '{URL}' failed: Close received after close", "frames-after-close"),
    ("CloseEvent 1006", "open-then-fin"),
    ("closed: abnormal closure", "open-then-fin"),
]  # fmt: skip


def ids(line: str) -> list[str]:
    found = read_console_line(line)
    return [cause.id for cause in found.causes] if found is not None else []


@pytest.mark.parametrize(("tail", "expected"), CHROME, ids=[tail[:60] for tail, _ in CHROME])
def test_behind_a_browsers_prefix(tail: str, expected: list[str]) -> None:
    line = f"WebSocket connection to '{URL}' failed: {tail}"
    assert ids(line)[: len(expected)] == expected
    found = read_console_line(line)
    assert found is not None
    assert found.url == URL
    assert found.meaning == ""
    assert found.read_as.lower() in line.lower()


@pytest.mark.parametrize(("line", "expected"), WHOLE, ids=[line[:60] for line, _ in WHOLE])
def test_whole_lines(line: str, expected: list[str]) -> None:
    assert ids(line)[: len(expected)] == expected


@pytest.mark.parametrize(("line", "first"), VAGUE, ids=[line[:60] for line, _ in VAGUE])
def test_lines_that_hide_the_reason_say_so_and_name_the_usual_ones(line: str, first: str) -> None:
    found = read_console_line(line)
    assert found is not None
    assert found.meaning.endswith(".")
    assert found.causes[0].id == first
    assert len(found.causes) >= 2


def test_line_breaks_colours_of_speech_and_case_do_not_matter() -> None:
    broken = "WebSocket is closed\n   before the\tconnection is established"
    assert ids(broken)[0] == "client-closed-while-connecting"
    assert ids(broken.upper())[0] == "client-closed-while-connecting"


@pytest.mark.parametrize(
    ("line", "url"),
    [
        (
            "WebSocket connection to 'ws://a.example/ws?x=1' failed: Invalid frame header",
            "ws://a.example/ws?x=1",
        ),
        ("Firefox can’t establish a connection to the server at wss://a.example/ws.", "wss://a.example/ws"),
        ("The connection to ws://[::1]:80/ was interrupted while the page was loading.", "ws://[::1]:80/"),
        ("Invalid frame header", ""),
    ],
)
def test_the_url_of_the_line(line: str, url: str) -> None:
    found = read_console_line(line)
    assert found is not None
    assert found.url == url


@pytest.mark.parametrize(
    "line", ["", "hello", "Uncaught TypeError: x is not a function", "GET / 200", "10060", "a1006b"]
)
def test_other_lines_are_nothing(line: str) -> None:
    assert read_console_line(line) is None


def test_no_pattern_matches_nearly_anything() -> None:
    for cause in CAUSES.values():
        for pattern in cause.console:
            assert len(pattern) >= 4, f"{cause.id}: {pattern!r} would match nearly anything"


def test_a_paste_of_any_size_is_read_at_once() -> None:
    assert ids("Invalid frame header " + "The URL '" * 100_000)[0] == "http-bytes-after-101"


@given(st.text(max_size=300))
def test_no_line_makes_the_reader_raise(line: str) -> None:
    found = read_console_line(line)
    assert found is None or found.causes


@pytest.mark.parametrize(
    ("path", "told"), [("webpack-hmr?id=a", True), ("hmr?id=a", True), ("static/chunks/a.js", False)]
)
def test_nexts_hot_reload_is_known_by_its_old_path_and_its_new_one(path: str, told: bool) -> None:
    line = f"WebSocket connection to 'ws://localhost:3000/_next/{path}' failed: "
    found = read_console_line(line)
    named = [] if found is None else [cause.id for cause in found.causes]
    assert ("next-dev-hmr" in named) is told
