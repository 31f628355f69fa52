"""Secrets in lines of a server's log, which the session itself may not know."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest

from tests.diagnosis.story import fin, opened
from tests.tui.stage import over
from wsinspect.check.explain import explain
from wsinspect.check.report import report
from wsinspect.check.text import text_report
from wsinspect.diagnosis.engine import diagnose
from wsinspect.events.server_log import ServerLogged
from wsinspect.export.formats import export_session
from wsinspect.export.line_secrets import secrets_of_line
from wsinspect.export.redact import Redactor

CANARY = "canary-7f3K9q2LmX8v"


@pytest.mark.parametrize(
    "line",
    [
        f"GET /ws?access_token={CANARY} HTTP/1.1",
        f'"GET /ws?room=1&token={CANARY}" 403',
        f"upstream http://app:{CANARY}@10.0.0.7:8000/ws refused",
        f"Authorization: Bearer {CANARY} was refused",
        f'{{"authorization":"bearer {CANARY}","status":401}}',
        f"Authorization: Basic {b64encode(f'me:{CANARY}'.encode()).decode()}",
        f"Cookie: theme=dark; sid={CANARY}",
        f'{{"cookie":"sid={CANARY}"}}',
    ],
)
def test_a_secret_in_a_line_is_found(line: str) -> None:
    assert CANARY in secrets_of_line(line)
    assert CANARY not in Redactor(secrets_of_line(line))(line)


@pytest.mark.parametrize(
    "line",
    [
        "GET /ws?room=1 HTTP/1.1",
        "2026/11/23 13:05:32 [error] 7#7: *1 connect() failed (111: Connection refused)",
        "basic auth is on, bearer tokens are not",
        "Traceback (most recent call last): /srv/app/gate.py:7",
    ],
)
def test_an_ordinary_line_holds_none(line: str) -> None:
    assert secrets_of_line(line) == ()


def test_no_output_holds_a_secret_that_the_log_alone_knows() -> None:
    record = (opened() + fin() + over()).record()
    text = f"GET /ws Authorization: Bearer {CANARY} from http://u:{CANARY}@proxy"
    record.append(ServerLogged(seq=0, at_ns=record.last_ns, attempt=0, text=text))
    found, redact = diagnose(record), Redactor.for_session(record)
    said = {
        "text": text_report(record, found, redact, width=300),
        "json": json.dumps(report(record, found, redact)),
    } | {to: b"".join(export_session(record, to)).decode() for to in ("jsonl", "markdown", "har")}
    for where, output in said.items():
        assert CANARY not in output, where
    for where in ("text", "json"):
        assert "Authorization: Bearer ***" in said[where], where
    shown = text_report(record, found, Redactor.for_session(record, show=True), width=300)
    assert f"Bearer {CANARY}" in shown
    record.close()


def test_explain_masks_what_it_repeats() -> None:
    said = explain(
        f"WebSocket connection to 'ws://h/?token={CANARY}' failed: Error in connection establishment: "
        "net::ERR_CONNECTION_REFUSED"
    )
    assert "ws://h/?token=***" in said
    assert CANARY not in said
