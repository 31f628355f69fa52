"""`check --server-log`: both sides of a failure in one report."""

from __future__ import annotations

import json
from http import HTTPStatus
from pathlib import Path

import pytest
from click.testing import CliRunner
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from tests.check.serving import wait
from wsinspect.check.report import report
from wsinspect.check.run import CheckPlan, run_check
from wsinspect.check.text import text_report
from wsinspect.cli import _cli
from wsinspect.diagnosis.engine import diagnose
from wsinspect.export.redact import Redactor
from wsinspect.options import ConnectOptions
from wsinspect.server_log import weave
from wsinspect.session.record import SessionRecord


async def refused(path: Path, plan: CheckPlan, said: str, monkeypatch: pytest.MonkeyPatch) -> SessionRecord:
    """Check a server that refuses, and writes why into its log."""
    monkeypatch.setattr(weave, "LATE_S", 0.0)

    def refuse(connection: ServerConnection, request: Request) -> Response:
        with path.open("a") as file:
            file.write(said)
        return connection.respond(HTTPStatus.FORBIDDEN, "no\n")

    record = SessionRecord()
    async with serve(wait, "127.0.0.1", 0, process_request=refuse) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        options = ConnectOptions(url=f"ws://127.0.0.1:{port}/?token=s3cr3t-word", proxy="")
        await run_check(options, plan, record)
    return record


async def test_the_servers_words_stand_in_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "app.log"
    said = "origin \x1b[31mrefused\x1b[0m, token=s3cr3t-word\n  at gate.py:7\n"
    record = await refused(log, CheckPlan(server_log=log), said, monkeypatch)
    diagnosis, redact = diagnose(record), Redactor.for_session(record)
    made = report(record, diagnosis, redact)["server_log"]
    assert made["source"] == "app.log"
    assert [line["timed_by"] for line in made["lines"]] == ["read", "read"]
    assert "s3cr3t" not in json.dumps(made)
    text = text_report(record, diagnosis, redact)
    assert "Server log app.log" in text
    assert "origin ␛[31mrefused␛[0m, token=***" in text
    assert "s3cr3t" not in text
    bare = SessionRecord()
    for event in record.events:
        bare.append(event)
    assert diagnose(bare).findings == diagnosis.findings
    assert "server_log" not in report(bare, diagnosis, redact)


async def test_a_log_that_never_comes_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = tmp_path / "other.log"
    record = await refused(tmp_path / "app.log", CheckPlan(server_log=missing), "x\n", monkeypatch)
    text = text_report(record, diagnose(record), Redactor())
    assert "is not there yet" in text
    assert "no line of this time (0 were read)" in text


@pytest.mark.parametrize(
    ("given", "said"), [("", "is empty"), (".", "is a folder"), ("nowhere/x.log", "there is no folder")]
)
def test_a_log_that_can_never_be_read_is_refused(given: str, said: str) -> None:
    result = CliRunner().invoke(_cli, ["check", "ws://127.0.0.1:9/", "--server-log", given])
    assert result.exit_code != 0
    assert said in f"{result.output}{result.exception}"
