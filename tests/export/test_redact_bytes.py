"""The mask over payload bytes, which keeps their length, and over what a SOCKS proxy is told."""

from __future__ import annotations

import pytest

from tests.diagnosis.story import begun, happened, started, through_proxy
from wsinspect.events import BytesReceived, BytesSent, Layer, Step
from wsinspect.export.json_lines import json_lines
from wsinspect.export.redact import Redactor, mask

SECRET = "correct-horse"


@pytest.mark.parametrize(
    ("payload", "masked"),
    [
        (b"a correct-horse b", f"a {mask(SECRET)}*** b".encode()),
        (b"\xff\x00correct-horse\xfe", b"\xff\x00" + mask(SECRET).encode() + b"***\xfe"),
        (b"correct-hors", b"correct-hors"),
        (b"", b""),
    ],
)
def test_a_secret_is_covered_in_as_many_bytes(payload: bytes, masked: bytes) -> None:
    assert Redactor([SECRET]).data(payload) == masked


def test_a_short_secret_is_a_value_and_no_word() -> None:
    redact = Redactor(["dark"])
    assert redact.data(b"it is dark; theme=dark") == b"it is dark; theme=***" + mask("dark")[3:4].encode()


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_secret_beyond_ascii_is_found_as_it_crosses_the_wire(encoding: str) -> None:
    payload = "Schl\u00fcssel-\u00e4\u00f6".encode(encoding)
    covered = Redactor(["Schl\u00fcssel-\u00e4\u00f6"]).data(b"> " + payload)
    assert covered.startswith(b"> ***")
    assert len(covered) == len(payload) + 2


def test_nothing_changes_where_secrets_are_shown() -> None:
    assert Redactor([SECRET], show=True).data(b"correct-horse") == b"correct-horse"


def test_the_password_of_a_socks_login_is_a_secret() -> None:
    story = started() + through_proxy("socks5h://proxy.example:1080") + begun(Step.PROXY)
    for kind, data in (
        (BytesSent, b"\x05\x02\x00\x02"),
        (BytesReceived, b"\x05\x02"),
        (BytesSent, b"\x01\x04user\x0d" + SECRET.encode()),
        (BytesReceived, b"\x01\x00"),
    ):
        story = story + happened(kind, layer=Layer.PROXY, data=data)
    record = story.record()
    redact = Redactor.for_session(record)
    assert redact(f"as user:{SECRET}") == f"as user:{mask(SECRET)}"
    assert SECRET.encode() not in b"".join(json_lines(record, redact))


@pytest.mark.parametrize(
    "sent", [b"", b"\x05", b"\x05\x01\x00", b"\x05\x01\x02\x01", b"\x05\x01\x02\x01\x09us"]
)
def test_a_login_that_was_cut_off_holds_none(sent: bytes) -> None:
    story = started() + through_proxy("socks5://proxy.example:1080")
    story = story + happened(BytesSent, layer=Layer.PROXY, data=sent)
    assert Redactor.for_session(story.record()).count == 0
