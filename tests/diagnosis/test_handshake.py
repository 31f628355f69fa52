"""Section 7 of the catalogue: a 101 that must be refused, and refusals that name a field of the handshake."""

from __future__ import annotations

from typing import Any

import pytest

from tests.diagnosis.story import (
    SWITCHING,
    Story,
    answered,
    asked,
    close,
    fin,
    idle,
    opened,
    sent_text,
    switched,
    text,
    we_close,
)
from tests.diagnosis.table import Row, check, fires, silent
from wsinspect.diagnosis.cause import Certainty

CERTAIN, LIKELY, POSSIBLE = Certainty.CERTAIN, Certainty.LIKELY, Certainty.POSSIBLE
_STATUS = "HTTP/1.1 101 Switching Protocols"
_UPGRADE, _CONNECTION, _ACCEPT = "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: {accept}"
_CHAT = ("chat.v2", "chat.v1")


def switching(*fields: str, **options: Any) -> Story:
    """A 101 with exactly these fields."""
    return asked(**options) + answered("\n".join((_STATUS, *fields)))


def valid_and(*fields: str, **options: Any) -> Story:
    """A valid 101 and these fields."""
    return asked(**options) + switched(*fields)


def refused(status: str, fields: str = "Content-Length: {length}", body: str = "", **options: Any) -> Story:
    return asked(**options) + answered(f"HTTP/1.1 {status}\n{fields}", body) + fin()


CACHED = "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA="
KEY_WORDS = "Missing or invalid Sec-WebSocket-Key header"

ROWS = (
    fires("hs-accept-mismatch", CERTAIN, switching(_UPGRADE, _CONNECTION, CACHED)),
    silent("hs-accept-mismatch", valid_and()),
    fires("hs-accept-missing", CERTAIN, switching(_UPGRADE, _CONNECTION)),
    silent("hs-accept-missing", switching(_CONNECTION)),
    fires("hs-upgrade-missing", CERTAIN, switching(_CONNECTION, _ACCEPT)),
    fires("hs-upgrade-missing", CERTAIN, switching()),
    silent("hs-upgrade-missing", switching("Upgrade: h2c", _CONNECTION, _ACCEPT)),
    fires("hs-connection-missing", CERTAIN, switching(_UPGRADE, _ACCEPT)),
    fires("hs-connection-missing", CERTAIN, switching(_UPGRADE, "Connection: keep-alive", _ACCEPT)),
    silent("hs-connection-missing", switching(_UPGRADE, "Connection: keep-alive, Upgrade", _ACCEPT)),
    fires("hs-upgrade-wrong", CERTAIN, switching("Upgrade: h2c", _CONNECTION, _ACCEPT)),
    silent("hs-upgrade-wrong", switching("Upgrade: WebSocket", _CONNECTION, _ACCEPT)),
    fires("hs-duplicate-header", CERTAIN, switching(_UPGRADE, _CONNECTION, _ACCEPT, _ACCEPT)),
    fires(
        "hs-duplicate-header",
        CERTAIN,
        valid_and("Sec-WebSocket-Protocol: chat.v2", "Sec-WebSocket-Protocol: chat.v2", subprotocols=_CHAT),
    ),
    silent("hs-duplicate-header", valid_and("X-Twice: 1", "X-Twice: 1")),
    fires("subproto-none-returned", LIKELY, valid_and(subprotocols=_CHAT)),
    fires("subproto-none-returned", LIKELY, valid_and(subprotocols=_CHAT) + text("hi") + we_close()),
    silent("subproto-none-returned", valid_and("Sec-WebSocket-Protocol: chat.v2", subprotocols=_CHAT)),
    silent("subproto-none-returned", valid_and()),
    fires("subproto-mismatch", CERTAIN, valid_and("Sec-WebSocket-Protocol: other", subprotocols=_CHAT)),
    fires("subproto-mismatch", CERTAIN, valid_and("Sec-WebSocket-Protocol: other")),
    silent("subproto-mismatch", valid_and("Sec-WebSocket-Protocol: chat.v2, chat.v1", subprotocols=_CHAT)),
    fires(
        "subproto-list-returned",
        CERTAIN,
        valid_and("Sec-WebSocket-Protocol: chat.v2, chat.v1", subprotocols=_CHAT),
    ),
    silent("subproto-list-returned", valid_and("Sec-WebSocket-Protocol: other", subprotocols=_CHAT)),
    fires("ext-invalid", CERTAIN, valid_and("Sec-WebSocket-Extensions: x-foo")),
    fires(
        "ext-invalid",
        CERTAIN,
        valid_and("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99"),
    ),
    fires(
        "ext-invalid", CERTAIN, valid_and("Sec-WebSocket-Extensions: permessage-deflate", compression=False)
    ),
    silent("ext-invalid", valid_and("Sec-WebSocket-Extensions: permessage-deflate")),
    fires("ws-version-unsupported", CERTAIN, refused("426 Upgrade Required", "Sec-WebSocket-Version: 7, 8")),
    fires(
        "ws-version-unsupported",
        CERTAIN,
        refused(
            "400 Bad Request",
            "Sec-WebSocket-Version: 13, 8",
            "Missing or invalid Sec-WebSocket-Version header",
        ),
    ),
    fires(
        "ws-version-unsupported",
        CERTAIN,
        refused("400 WebSocket version 12 not supported (supported versions: 13,8)"),
    ),
    silent("ws-version-unsupported", refused("400 Bad Request", "Sec-WebSocket-Version: 13", "Bad Request")),
    fires("ws-key-missing", CERTAIN, refused("400 Bad Request", body=KEY_WORDS)),
    fires("ws-key-missing", CERTAIN, refused("400 HTTP Sec-WebSocket-Key header missing")),
    # We sent a broken key ourselves.
    silent(
        "ws-key-missing", refused("400 Bad Request", body=KEY_WORDS, headers=(("Sec-WebSocket-Key", "abc"),))
    ),
    fires(
        "hs-http10-upstream",
        CERTAIN,
        refused(
            "426 Upgrade Required",
            "Server: nginx/1.22.1\nContent-Length: {length}",
            'WebSocket protocol violation: handshake request must be at least HTTP/1.1: "HTTP/1.0"\n',
        ),
    ),
    fires("hs-http10-upstream", LIKELY, asked() + answered(SWITCHING.replace("HTTP/1.1", "HTTP/1.0"))),
    silent("hs-http10-upstream", refused("505 HTTP Version Not Supported")),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_story(row: Row) -> None:
    check(row)


def test_one_root_is_named_and_its_companions_are_evidence() -> None:
    diagnosis = switching().diagnose()
    assert [finding.cause for finding in diagnosis.findings] == ["hs-upgrade-missing"]
    texts = " ".join(piece.text for piece in diagnosis.findings[0].evidence)
    assert "the Sec-WebSocket-Accept field is missing" in texts


def test_no_selected_subprotocol_is_a_remark_where_the_peer_ended_the_connection() -> None:
    story = valid_and(subprotocols=_CHAT) + text("hi") + sent_text("ho") + idle(s=1) + close(1011) + fin()
    findings = story.diagnose().findings
    assert [(f.cause, f.certainty) for f in findings] == [
        ("close-1011", CERTAIN),
        ("subproto-none-returned", POSSIBLE),
    ]


def test_a_servers_words_do_not_get_into_a_command() -> None:
    story = valid_and("Sec-WebSocket-Protocol: x'$(reboot)'", subprotocols=_CHAT)
    answer = story.diagnose().answer
    assert answer is not None
    assert answer.cause == "subproto-mismatch"
    assert "reboot" not in " ".join((answer.next_test, *answer.fix))


def test_a_valid_handshake_is_nobodys_fault() -> None:
    assert opened().causes() == []
