"""What the stories write, byte for byte where the bytes are the fault."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.lab.raw_client import ACCEPT, KEY, MASKED_HELLO, REQUEST, hear, hear_scenario, port_of, served


def test_the_sample_request_is_the_rfcs() -> None:
    assert KEY.encode() in REQUEST


@pytest.mark.parametrize(
    ("scenario_id", "status_line"),
    [
        ("http-redirect", b"HTTP/1.1 301 Moved Permanently"),
        ("http-401", b"HTTP/1.1 401 Unauthorized"),
        ("http-403", b"HTTP/1.1 403 Forbidden"),
        ("http-404", b"HTTP/1.1 404 Not Found"),
        ("http-405", b"HTTP/1.1 405 Method Not Allowed"),
        ("http-426", b"HTTP/1.1 426 Upgrade Required"),
        ("http-429", b"HTTP/1.1 429 Too Many Requests"),
        ("http-500", b"HTTP/1.1 500 Internal Server Error"),
        ("http-502", b"HTTP/1.1 502 Bad Gateway"),
        ("http-503", b"HTTP/1.1 503 Service Unavailable"),
        ("http-504", b"HTTP/1.1 504 Gateway Time-out"),
        ("http-headers-too-large", b"HTTP/1.1 400 Bad Request"),
        ("http-headers-too-large-node", b"HTTP/1.1 431 Request Header Fields Too Large"),
        ("http-421-or-451-etc", b"HTTP/1.1 421 Misdirected Request"),
        ("proxy-connect-denied", b"HTTP/1.1 403 Forbidden"),
        ("proxy-auth-required", b"HTTP/1.1 407 Proxy Authentication Required"),
    ],
)
async def test_a_refusal_has_its_status_and_an_honest_length(scenario_id: str, status_line: bytes) -> None:
    heard = await hear_scenario(scenario_id, REQUEST)
    head, _, body = heard.data.partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == status_line
    assert heard.end == "fin"
    lengths = [
        line.split(b": ")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length: ")
    ]
    assert lengths in ([], [str(len(body)).encode()])


async def test_nginx_ends_its_lines_with_crlf_and_names_itself_in_head_and_page() -> None:
    heard = await hear_scenario("http-400-generic", REQUEST)
    assert heard.data.startswith(b"HTTP/1.1 400 Bad Request\r\nServer: nginx/1.22.1\r\nDate: ")
    assert heard.data.endswith(b"<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n")
    assert b"\n" not in heard.data.replace(b"\r\n", b"")


async def test_a_stripped_upgrade_carries_the_proxys_name_and_the_backends_words() -> None:
    heard = await hear_scenario("nginx-upgrade-headers-missing", REQUEST)
    assert heard.data.startswith(b"HTTP/1.1 426 Upgrade Required\r\nServer: nginx/1.22.1\r\n")
    assert heard.data.endswith(b"\r\n\r\nUpgrade Required")


async def test_a_proxy_without_a_mark_leaves_no_name() -> None:
    heard = await hear_scenario("upgrade-stripped", REQUEST)
    assert b"server:" not in heard.data.lower()
    assert b"via:" not in heard.data.lower()
    assert heard.data.endswith(b"\r\n\r\nUpgrade Required")


@pytest.mark.parametrize(
    ("scenario_id", "written"),
    [
        (
            "node-ws-path-mismatch",
            b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/html\r\nContent-Length: 11\r\n\r\nBad Request",
        ),
        (
            "engineio-sid-unknown",
            b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-type: text/html\r\nContent-Length: 18\r\n\r\n"
            b"Session ID unknown",
        ),
        ("channels-reject-403", b"HTTP/1.1 403 Access denied\r\n\r\n"),
        ("uvicorn-reject-403-wsproto", b"HTTP/1.1 403 \r\ncontent-length: 0\r\n\r\n"),
        ("next-dev-hmr", b"Unauthorized"),
    ],
)
async def test_a_refusal_is_the_products_to_the_byte(scenario_id: str, written: bytes) -> None:
    heard = await hear_scenario(scenario_id, REQUEST)
    assert (heard.data, heard.end) == (written, "fin")


async def test_a_chunked_page_is_one_chunk() -> None:
    heard = await hear_scenario("engineio-upgrade-stripped", REQUEST)
    assert heard.data.endswith(b'\r\n\r\n22\r\n{"code":3,"message":"Bad request"}\r\n0\r\n\r\n')


async def test_engine_io_waits_its_second_at_any_time_scale() -> None:
    begun = asyncio.get_running_loop().time()
    heard = await hear_scenario("engineio-wrong-path", REQUEST)
    assert (heard.data, heard.end) == (b"", "fin")
    assert asyncio.get_running_loop().time() - begun >= 1.0


@pytest.mark.parametrize(
    ("scenario_id", "writes", "data", "end"),
    [
        ("tcp-reset-after-accept", (), b"", "rst"),
        ("upgrade-empty-reply", (REQUEST,), b"", "fin"),
        ("upgrade-rst", (REQUEST,), b"", "rst"),
        ("upgrade-partial-response", (REQUEST,), b"HTTP/1.1 101 Switching Proto", "fin"),
        ("tls-plain-server-on-wss", (b"\x16\x03\x01\x00\x03abc",), b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "fin"),
        ("tls-alpn-h2-only", (b"\x16\x03\x01\x00\x03abc",), b"\x15\x03\x03\x00\x02\x02\x78", "fin"),
        ("tls-sni-unrecognized-internal-error", (b"\x16\x03\x01\x00\x03abc",), b"\x15\x03\x03\x00\x02\x02\x50", "fin"),
        ("tls-handshake-cut", (b"\x16\x03\x01\x00\x03abc",), b"", "fin"),
        ("tls-handshake-cut-rst", (b"\x16\x03\x01\x00\x03abc",), b"", "rst"),
        ("ws-to-tls-port-alert", (REQUEST,), b"\x15\x03\x01\x00\x02\x02\x46", "fin"),
        ("proxy-auth-required-socks", (b"\x05\x01\x00",), b"\x05\xff", "fin"),
        (
            "proxy-connect-denied-socks",
            (b"\x05\x01\x00", b"\x05\x01\x00\x03\x04host\x00\x50"),
            b"\x05\x00\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00",
            "fin",
        ),
    ],
)  # fmt: skip
async def test_before_http_the_end_is_as_told(
    scenario_id: str, writes: tuple[bytes, ...], data: bytes, end: str
) -> None:
    heard = await hear_scenario(scenario_id, *writes)
    assert (heard.data, heard.end) == (data, end)


@pytest.mark.parametrize("scenario_id", ["client-closed-while-connecting", "tcp-accept-silent"])
async def test_silence_is_silence(scenario_id: str) -> None:
    heard = await hear_scenario(scenario_id, REQUEST, patience_s=0.15)
    assert (heard.data, heard.end) == (b"", "silence")


@pytest.mark.parametrize(
    ("scenario_id", "banner"),
    [
        ("wrong-service-on-port", b"SSH-2.0-"),
        ("wrong-service-on-port-smtp", b"220 "),
        ("wrong-service-on-port-redis", b"-ERR "),
        ("wrong-service-on-port-mysql", b"\x4a\x00\x00\x00\x0a8.0."),
        ("wrong-service-on-port-http2", b"\x00\x00\x12\x04\x00\x00\x00\x00\x00"),
    ],
)
async def test_another_service_speaks_its_own_protocol(scenario_id: str, banner: bytes) -> None:
    heard = await hear_scenario(scenario_id, REQUEST, until=banner)
    assert heard.data.startswith(banner)


async def test_a_mysql_greeting_is_as_long_as_it_says() -> None:
    heard = await hear_scenario("wrong-service-on-port-mysql", until=b"caching_sha2_password\x00")
    assert int.from_bytes(heard.data[:3], "little") == len(heard.data) - 4


async def test_a_blackhole_answers_no_syn() -> None:
    async with served("tcp-timeout-blackhole") as endpoint:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
            sock.setblocking(False)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port_of(endpoint)))


async def test_the_unreachable_address_has_no_route() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock,
        pytest.raises(OSError, match="unreachable"),
    ):
        sock.connect(("127.255.255.255", 9001))


@pytest.mark.parametrize(
    ("scenario_id", "code"),
    [
        ("dns-nxdomain", socket.EAI_NONAME),
        ("dns-temporary-failure", socket.EAI_AGAIN),
        ("dns-no-address-records", socket.EAI_NODATA),
    ],
)
async def test_a_name_fails_as_glibc_says_it(scenario_id: str, code: int) -> None:
    async with served(scenario_id) as endpoint:
        host = endpoint.url.removeprefix("ws://").partition("/")[0]
        with pytest.raises(socket.gaierror) as failed:
            await asyncio.get_running_loop().getaddrinfo(host, 80)
        assert failed.value.errno == code
        assert await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 80)


@pytest.mark.parametrize(
    ("scenario_id", "fields"),
    [
        ("hs-accept-missing", [b"Upgrade: websocket", b"Connection: Upgrade"]),
        ("hs-upgrade-missing", [b"Connection: Upgrade", b"Sec-WebSocket-Accept: " + ACCEPT]),
        ("hs-connection-missing", [b"Upgrade: websocket", b"Sec-WebSocket-Accept: " + ACCEPT]),
        ("hs-upgrade-wrong", [b"Upgrade: h2c", b"Connection: Upgrade", b"Sec-WebSocket-Accept: " + ACCEPT]),
        (
            "subproto-list-returned",
            [
                b"Upgrade: websocket",
                b"Connection: Upgrade",
                b"Sec-WebSocket-Accept: " + ACCEPT,
                b"Sec-WebSocket-Protocol: chat.v2, chat.v1",
            ],
        ),
    ],
)
async def test_an_invalid_101_has_exactly_one_thing_wrong(scenario_id: str, fields: list[bytes]) -> None:
    heard = await hear_scenario(scenario_id, REQUEST, until=b"\r\n\r\n")
    lines = heard.data.removesuffix(b"\r\n\r\n").split(b"\r\n")
    assert lines == [b"HTTP/1.1 101 Switching Protocols", *fields]


async def test_a_cached_accept_is_wrong_for_any_key_but_one() -> None:
    heard = await hear_scenario(
        "hs-accept-mismatch", REQUEST.replace(KEY.encode(), b"AAAAAAAAAAAAAAAAAAAAAA=="), until=b"\r\n\r\n"
    )
    assert ACCEPT in heard.data


_HELLO = b"\x81\x12" + b'{"type":"welcome"}'


@pytest.mark.parametrize(
    ("scenario_id", "after_hello"),
    [
        ("proto-masked-server", b"\x81\x86\x37\xfa\x21\x3d\x5a\x9b\x52\x56\x52\x9e"),
        ("proto-opcode", b"\x83\x05what?"),
        ("proto-invalid-utf8", b"\x81\x05Gr\xfc\xdfe"),
        ("proto-fragmentation", b"\x80\x09and so on"),
        ("proto-fragmentation-interleaved", b"\x01\x0dthe beginning\x81\x07another"),
        ("proto-control-frame", b"\x89\x7e\x00\x7e" + b"p" * 126),
        ("proto-control-frame-fragmented", b"\x09\x01p"),
        ("proto-close-frame-invalid", b"\x88\x01\x03"),
        ("proto-close-frame-invalid-reserved", b"\x88\x02\x03\xee"),
        ("proto-close-frame-invalid-utf8", b"\x88\x06\x03\xe8caf\xe9"),
        ("proto-length-nonminimal", b"\x81\x7e\x00\x05hello"),
    ],
)
async def test_a_violation_is_the_first_thing_after_a_valid_message(
    scenario_id: str, after_hello: bytes
) -> None:
    heard = await hear_scenario(scenario_id, REQUEST, until=_HELLO + after_hello)
    assert heard.after_head == _HELLO + after_hello


async def test_an_unnegotiated_compressed_message_has_rsv1() -> None:
    heard = await hear_scenario("proto-rsv1-compression", REQUEST, until=_HELLO + b"\xc1")
    assert b"Sec-WebSocket-Extensions" not in heard.data
    assert heard.after_head.removeprefix(_HELLO)[0] == 0xC1


@pytest.mark.parametrize(
    ("scenario_id", "tail", "end"),
    [
        ("open-then-fin", b"", "fin"),
        ("open-then-rst", b"", "rst"),
        ("html-after-101-json", b'{"error":"upstream unavailable"}\n', "fin"),
        (
            "http-bytes-after-101",
            b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\nContent-Length: 21\r\nConnection: close\r\n\r\nInternal Server Error",
            "fin",
        ),
    ],
)
async def test_early_ends(scenario_id: str, tail: bytes, end: str) -> None:
    heard = await hear_scenario(scenario_id, REQUEST)
    assert (heard.after_head, heard.end) == (tail, end)


async def test_a_crash_waits_for_a_message() -> None:
    assert (await hear_scenario("server-crash-on-frame", REQUEST, patience_s=0.2)).end == "silence"
    async with served("server-crash-on-frame") as endpoint:
        assert (await hear(endpoint, REQUEST, MASKED_HELLO)).end == "rst"
        with pytest.raises(ConnectionRefusedError):
            await hear(endpoint, REQUEST)


@pytest.mark.parametrize(
    ("scenario_id", "code", "reason"),
    [
        ("close-1008-or-44xx-auth", 1008, b"Token missing"),
        ("close-1008-or-44xx-auth-4401", 4401, b"Unauthorized"),
        ("close-1000-immediately", 1000, b"duplicate session"),
        ("close-1011", 1011, b"Internal error"),
        ("close-1001-or-1012-restart", 1012, b"Service Restart"),
        ("close-1013-overload", 1013, b"Try again later"),
        ("message-too-big", 1009, b"frame with 200000 bytes exceeds limit of 65536 bytes"),
        ("unsupported-data", 1003, b"only binary messages are supported"),
        ("proto-unmasked-client", 1002, b"MASK must be set"),
        ("client-violates-app-protocol", 4400, b"Invalid message received"),
    ],
)
async def test_a_close_frame_says_its_code_and_reason_and_ends_after_the_answer(
    scenario_id: str, code: int, reason: bytes
) -> None:
    heard = await hear_scenario(scenario_id, REQUEST, MASKED_HELLO, b"\x88\x82\x00\x00\x00\x00\x03\xe8")
    payload = code.to_bytes(2, "big") + reason
    assert heard.after_head == bytes([0x88, len(payload)]) + payload
    assert heard.end == "fin"


async def test_an_idle_cut_is_a_fin_without_a_close_frame() -> None:
    heard = await hear_scenario("idle-timeout-intermediary", REQUEST)
    assert heard.end == "fin"
    assert heard.after_head.endswith(b'"n":2}')


async def test_a_missing_pong_is_answered_with_1011() -> None:
    heard = await hear_scenario("keepalive-ping-timeout", REQUEST)
    assert heard.after_head.endswith(b"\x89\x04\x8a\x1f\x00\x42" + b"\x88\x18\x03\xf3keepalive ping timeout")


async def test_a_forgotten_connection_answers_one_ping_and_no_second() -> None:
    async with served("nat-or-firewall-silent-drop") as endpoint:
        ping = b"\x89\x82\x00\x00\x00\x00hi"
        heard = await hear(endpoint, REQUEST, ping, ping, patience_s=0.5)
    assert heard.end == "silence"
    assert heard.after_head.count(b"\x8a\x02hi") == 1
