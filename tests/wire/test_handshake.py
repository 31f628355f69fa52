"""The checks of RFC 6455 section 4.1, one by one, and what browsers make of each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsinspect.wire.handshake import (
    CheckName,
    HandshakeCheck,
    accept_for,
    check_response,
    negotiated_deflate,
    negotiated_subprotocol,
    parse_extensions,
    parse_extensions_or_none,
)
from wsinspect.wire.http import RequestHead, ResponseHead, parse_request_head, parse_response_head
from wsinspect.wire.inflate import DeflateParams

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
"""RFC 6455 section 1.3's example."""
OFFER = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
VALID = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Accept": ACCEPT,
}


def request(*fields: str) -> RequestHead:
    lines = ("GET / HTTP/1.1", "Host: x", f"Sec-WebSocket-Key: {KEY}", *fields, "", "")
    return parse_request_head("\r\n".join(lines).encode())


def response(*fields: str, status: str = "HTTP/1.1 101 Switching Protocols") -> ResponseHead:
    return parse_response_head("\r\n".join((status, *fields, "", "")).encode())


def answer(*more: str, **changes: str | None) -> ResponseHead:
    """A valid 101 with fields added, changed (underscores are dashes) or, for None, left out."""
    fields = VALID | {name.replace("_", "-"): value for name, value in changes.items()}
    return response(*(f"{name}: {value}" for name, value in fields.items() if value is not None), *more)


def check(name: CheckName, sent: RequestHead, arrived: ResponseHead) -> HandshakeCheck:
    return next(each for each in check_response(sent, arrived) if each.name is name)


def failing(sent: RequestHead, arrived: ResponseHead) -> list[CheckName]:
    return [each.name for each in check_response(sent, arrived) if not each.ok]


def test_the_rfcs_own_example() -> None:
    assert accept_for(KEY) == ACCEPT
    assert accept_for(f" {KEY} ") == ACCEPT


def test_a_valid_answer_passes_every_check_everywhere() -> None:
    checks = check_response(request(), answer())
    assert [each.name for each in checks] == list(CheckName)
    for each in checks:
        assert each.ok
        assert each.chromium_ok
        assert each.firefox_ok
        assert each.strict_ok
        assert each.detail == ""
        assert each.requirement
        assert each.source.startswith("RFC ")


@pytest.mark.parametrize(
    ("arrived", "first"),
    [
        (response("Content-Length: 0", status="HTTP/1.1 200 OK"), CheckName.STATUS),
        (response(status="garbage"), CheckName.STATUS),
        (answer(Upgrade=None), CheckName.UPGRADE_PRESENT),
        (answer(Upgrade="h2c"), CheckName.UPGRADE_VALUE),
        (answer(Upgrade="websocket, h2c"), CheckName.UPGRADE_VALUE),
        (answer(Connection=None), CheckName.CONNECTION_PRESENT),
        (answer(Connection="keep-alive"), CheckName.CONNECTION_VALUE),
        (answer(Connection="upgraded"), CheckName.CONNECTION_VALUE),
        (answer(Sec_WebSocket_Accept=None), CheckName.ACCEPT_PRESENT),
        (answer(Sec_WebSocket_Accept=ACCEPT.lower()), CheckName.ACCEPT_VALUE),
        (answer(Sec_WebSocket_Accept=""), CheckName.ACCEPT_VALUE),
        (answer("Sec-WebSocket-Extensions: x-foo"), CheckName.EXTENSIONS),
        (answer("Sec-WebSocket-Protocol: chat"), CheckName.SUBPROTOCOL),
        (answer(f"Sec-WebSocket-Accept: {ACCEPT}"), CheckName.SINGLE_FIELDS),
        (answer("upgrade: websocket"), CheckName.SINGLE_FIELDS),
        (response(*(f"{n}: {v}" for n, v in VALID.items()), status="HTTP/1.0 101 ok"), CheckName.HTTP_VERSION),
    ],
)  # fmt: skip
def test_each_requirement_fails_alone(arrived: ResponseHead, first: CheckName) -> None:
    found = failing(request(), arrived)
    assert found[0] is first
    if arrived.status_code == 101:
        assert found == [first]
    failed = check(first, request(), arrived)
    assert failed.detail
    assert failed.field


@pytest.mark.parametrize(
    "arrived",
    [
        answer(Upgrade="WebSocket"),
        answer(Connection="keep-alive, UPGRADE"),
        answer(Sec_WebSocket_Accept=f"  {ACCEPT}\t"),
    ],
)
def test_what_the_rfc_lets_pass(arrived: ResponseHead) -> None:
    assert failing(request(), arrived) == []


def test_a_refusal_still_has_every_check_made() -> None:
    checks = check_response(request(), response(status="HTTP/1.1 403 Forbidden"))
    assert len(checks) == len(CheckName)
    assert checks[0].arrived == "403 Forbidden"
    assert (
        check(CheckName.UPGRADE_PRESENT, request(), response(status="HTTP/1.1 403 Forbidden")).arrived
        == "nothing"
    )


@pytest.mark.parametrize(
    ("offered", "arrived", "verdicts"),
    [
        # offered, chosen: (RFC, Chromium, Firefox, strict library)
        ((), (), (True, True, True, True)),
        (("chat",), ("chat",), (True, True, True, True)),
        (("a, b",), ("b",), (True, True, True, True)),
        (("chat",), (), (True, False, True, False)),
        (("chat",), ("other",), (False, False, False, False)),
        (("chat",), ("Chat",), (False, False, False, False)),
        (("a, b",), ("a, b",), (False, False, False, False)),
        ((), ("chat",), (False, False, True, False)),
        (("chat",), ("chat", "chat"), (False, False, False, False)),
    ],
)
def test_subprotocols(
    offered: tuple[str, ...], arrived: tuple[str, ...], verdicts: tuple[bool, bool, bool, bool]
) -> None:
    sent = request(*(f"Sec-WebSocket-Protocol: {each}" for each in offered))
    made = check(
        CheckName.SUBPROTOCOL, sent, answer(*(f"Sec-WebSocket-Protocol: {each}" for each in arrived))
    )
    assert (made.ok, made.chromium_ok, made.firefox_ok, made.strict_ok) == verdicts
    assert bool(made.detail) is not made.ok


@pytest.mark.parametrize(
    ("arrived", "name", "verdicts"),
    [
        (answer("Upgrade: websocket"), CheckName.SINGLE_FIELDS, (False, False, True, False)),
        (answer(f"Sec-WebSocket-Accept: {ACCEPT}"), CheckName.SINGLE_FIELDS, (False, False, False, False)),
        (answer("Sec-WebSocket-Extensions:"), CheckName.EXTENSIONS, (False, False, True, False)),
        (answer("Sec-WebSocket-Extensions: x"), CheckName.EXTENSIONS, (False, False, False, False)),
    ],
)
def test_browsers_differ(
    arrived: ResponseHead, name: CheckName, verdicts: tuple[bool, bool, bool, bool]
) -> None:
    made = check(name, request(), arrived)
    assert (made.ok, made.chromium_ok, made.firefox_ok, made.strict_ok) == verdicts


@pytest.mark.parametrize(
    ("values", "parsed"),
    [
        ([], []),
        (["permessage-deflate"], [("permessage-deflate", ())]),
        (["a; b; c=1"], [("a", (("b", None), ("c", "1")))]),
        (['a;b="x y"'], [("a", (("b", "x y"),))]),
        (["a, b;c"], [("a", ()), ("b", (("c", None),))]),
        (["a", "b"], [("a", ()), ("b", ())]),
        (["A; B=C"], [("a", (("b", "C"),))]),
        (["a;  b = 1 , c"], [("a", (("b", "1"),)), ("c", ())]),
        ([""], None),
        (["  "], None),
        ([";"], None),
        (["a;=1"], None),
        (["a b"], None),
        (['a;b="open'], None),
        (["a", ""], None),
    ],
)
def test_extension_syntax(values: list[str], parsed: object) -> None:
    assert parse_extensions(values) == parsed


@given(st.lists(st.text(max_size=40), max_size=3))
def test_no_extension_value_makes_the_parser_raise(values: list[str]) -> None:
    parsed = parse_extensions(values)
    assert parsed is None or all(name == name.lower() for name, _ in parsed)


@pytest.mark.parametrize(
    ("offer", "accepted", "params"),
    [
        (OFFER, "permessage-deflate", DeflateParams()),
        (OFFER, "permessage-deflate; client_max_window_bits=12", DeflateParams(client_max_window_bits=12)),
        (OFFER, "permessage-deflate; server_max_window_bits=9", DeflateParams(server_max_window_bits=9)),
        (
            OFFER,
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
            DeflateParams(server_no_context_takeover=True, client_no_context_takeover=True),
        ),
        (OFFER, 'permessage-deflate; server_max_window_bits="10"', DeflateParams(server_max_window_bits=10)),
    ],
)
def test_compression_that_both_sides_agree_on(offer: str, accepted: str, params: DeflateParams) -> None:
    arrived = answer(f"Sec-WebSocket-Extensions: {accepted}")
    assert negotiated_deflate(request(offer), arrived) == params
    assert failing(request(offer), arrived) == []


@pytest.mark.parametrize(
    ("offer", "accepted", "said"),
    [
        (OFFER, "permessage-deflate; server_max_window_bits=7", "server_max_window_bits must be a number from 8 to 15"),
        (OFFER, "permessage-deflate; server_max_window_bits=16", "server_max_window_bits must be a number from 8 to 15"),
        (OFFER, "permessage-deflate; server_max_window_bits=08", "server_max_window_bits must be a number from 8 to 15"),
        (OFFER, "permessage-deflate; server_max_window_bits", "server_max_window_bits must be a number from 8 to 15"),
        (OFFER, "permessage-deflate; client_max_window_bits", "client_max_window_bits must be a number from 8 to 15"),
        ("Sec-WebSocket-Extensions: permessage-deflate", "permessage-deflate; client_max_window_bits=12", "client_max_window_bits was not offered"),
        (OFFER, "permessage-deflate; server_no_context_takeover=1", "server_no_context_takeover must not have a value"),
        (OFFER, "permessage-deflate; server_no_context_takeover; server_no_context_takeover", "parameter server_no_context_takeover appears twice"),
        (OFFER, "permessage-deflate; mux", "unknown parameter mux"),
        (OFFER, "permessage-deflate, permessage-deflate", "permessage-deflate is accepted twice"),
        (OFFER, "x-webkit-deflate-frame", "x-webkit-deflate-frame was not offered"),
        (OFFER, "permessage-deflate;;", "the value can't be parsed"),
        ("X-None: 1", "permessage-deflate", "permessage-deflate was not offered"),
    ],
)  # fmt: skip
def test_compression_that_was_accepted_wrongly(offer: str, accepted: str, said: str) -> None:
    arrived = answer(f"Sec-WebSocket-Extensions: {accepted}")
    made = check(CheckName.EXTENSIONS, request(offer), arrived)
    assert not made.ok
    assert made.detail == said
    assert negotiated_deflate(request(offer), arrived) is None


def test_what_was_chosen() -> None:
    assert negotiated_subprotocol(answer("Sec-WebSocket-Protocol: chat")) == "chat"
    assert negotiated_subprotocol(answer()) is None
    assert negotiated_deflate(request(OFFER), answer()) is None
    assert parse_extensions_or_none(request(OFFER)) == [
        ("permessage-deflate", (("client_max_window_bits", None),))
    ]
    assert parse_extensions_or_none(answer("Sec-WebSocket-Extensions: ;")) == []


@given(st.binary(max_size=300))
def test_no_answer_makes_the_checks_raise(data: bytes) -> None:
    checks = check_response(request(OFFER), parse_response_head(b"HTTP/1.1 101 x\r\n" + data + b"\r\n\r\n"))
    assert len(checks) == len(CheckName)
    for each in checks:
        assert bool(each.detail) is not each.ok
