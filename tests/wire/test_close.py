"""Close bodies (RFC 6455 section 5.5.1) and the registry of their codes (section 7.4, IANA)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsinspect.wire.close import ClosePayload, parse_close
from wsinspect.wire.close_codes import describe_close_code, known_close_codes
from wsinspect.wire.violations import ViolationKind

ONE_BYTE = ViolationKind.CLOSE_PAYLOAD_ONE_BYTE
CODE = ViolationKind.CLOSE_CODE_INVALID
UTF8 = ViolationKind.CLOSE_REASON_INVALID_UTF8


@pytest.mark.parametrize(
    ("payload", "code", "reason", "violations"),
    [
        pytest.param(b"", None, "", [], id="empty"),
        pytest.param(b"\x03", None, "", [(ONE_BYTE, 0)], id="one-byte"),
        pytest.param(b"\x03\xe8", 1000, "", [], id="code-alone"),
        pytest.param(b"\x03\xe9" + "fährt".encode(), 1001, "fährt", [], id="reason"),
        pytest.param(b"\x03\xed", 1005, "", [(CODE, 0)], id="1005"),
        pytest.param(b"\x0f\xa0ab\xffcd", 4000, "ab\N{REPLACEMENT CHARACTER}cd", [(UTF8, 4)], id="bad-byte"),
        pytest.param(
            b"\x03\xe8ab\xe2\x82", 1000, "ab\N{REPLACEMENT CHARACTER}", [(UTF8, 5)], id="cut-character"
        ),
        pytest.param(b"\x00\x00\xff", 0, "\N{REPLACEMENT CHARACTER}", [(CODE, 0), (UTF8, 2)], id="all-wrong"),
    ],
)
def test_close_bodies(
    payload: bytes, code: int | None, reason: str, violations: list[tuple[ViolationKind, int]]
) -> None:
    close = parse_close(payload)
    assert (close.code, close.reason) == (code, reason)
    assert [(violation.kind, violation.offset) for violation in close.violations] == violations


@given(st.binary(max_size=200))
def test_any_bytes_are_read(payload: bytes) -> None:
    close = parse_close(payload)
    assert isinstance(close, ClosePayload)
    assert all(0 <= violation.offset < len(payload) for violation in close.violations)


@pytest.mark.parametrize(
    "code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
)
def test_codes_that_may_be_sent(code: int) -> None:
    assert describe_close_code(code).on_the_wire


@pytest.mark.parametrize("code", [-1, 0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
def test_codes_that_may_not_be_sent(code: int) -> None:
    described = describe_close_code(code)
    assert not described.on_the_wire
    assert described.sender == "nobody"
    assert described.code == code


@pytest.mark.parametrize(
    ("code", "name", "its_range"),
    [
        (1000, "normal closure", "protocol"),
        (1013, "try again later", "protocol"),
        (1999, "unassigned", "protocol"),
        (3000, "unauthorized", "registered"),
        (3333, "unregistered", "registered"),
        (4401, "private use", "private"),
        (12, "unused", "unused"),
        (70000, "not a close code", "out of range"),
    ],
)
def test_names_and_ranges(code: int, name: str, its_range: str) -> None:
    described = describe_close_code(code)
    assert (described.name, described.range) == (name, its_range)


def test_the_registry_is_in_order_and_agrees_with_websockets() -> None:
    from websockets.frames import CLOSE_CODE_EXPLANATIONS, EXTERNAL_CLOSE_CODES

    codes = [row.code for row in known_close_codes()]
    assert codes == sorted(codes)
    assert set(CLOSE_CODE_EXPLANATIONS) <= set(codes)
    assert {row.code for row in known_close_codes() if row.on_the_wire and row.code < 3000} == {
        int(code) for code in EXTERNAL_CLOSE_CODES
    }
