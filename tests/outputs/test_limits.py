"""Each limit of `options.Limits` bites where it should, and both reports say so."""

from __future__ import annotations

import asyncio
import json
import zlib
from typing import Any

import pytest

from tests.connection.peer import Script, accept, peer, read_frame, request_of, server_frame
from wsinspect.check.report import report, report_text
from wsinspect.check.text import text_report
from wsinspect.connection.manager import ConnectionManager
from wsinspect.diagnosis.engine import diagnose
from wsinspect.events import ServerLogged
from wsinspect.export.redact import Redactor
from wsinspect.options import LIMITS_TABLE, ConnectOptions, Limits, ResolveRule
from wsinspect.session.record import SessionRecord

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter


def replying(data: bytes, *, then_wait: bool = False) -> Script:
    """Answer every request with these bytes."""

    async def script(reader: Reader, writer: Writer) -> None:
        await reader.read(65536)
        writer.write(data)
        await writer.drain()
        if then_wait:
            await reader.read()

    return script


def talking(*frames: bytes, field: str = "Server: it") -> Script:
    """Open, send these frames, and read until our Close."""

    async def script(reader: Reader, writer: Writer) -> None:
        await accept(reader, writer, field)
        for frame in frames:
            writer.write(frame)
        writer.write(server_frame(0x88, b"\x03\xe8"))
        while (await read_frame(reader))[0] != 0x88:
            pass

    return script


async def redirecting(reader: Reader, writer: Writer) -> None:
    await request_of(reader)
    writer.write(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")


def bomb() -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return server_frame(0xC1, (packer.compress(b"0" * 50_000) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4])


REFUSAL = b"HTTP/1.1 403 No\r\nContent-Length: 2000\r\n\r\n"
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate"
TWO = (ResolveRule(host="two.test", port=0, addresses=("127.0.0.1", "127.0.0.2")),)
CASES: dict[str, tuple[Limits, Script, dict[str, Any]]] = {
    "head_bytes": (Limits(head_bytes=500), replying(b"HTTP/1.1 403 No\r\nX: " + b"a" * 100_000), {}),
    "tls_handshake_bytes": (
        Limits(tls_handshake_bytes=100),
        replying(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc" + bytes(16_000), then_wait=True),
        {"url": "wss://127.0.0.1:{port}/"},
    ),
    "body_bytes": (Limits(body_bytes=10), replying(REFUSAL + b"x" * 1500, then_wait=True), {}),
    "body_wait_s": (Limits(body_wait_s=0.05), replying(REFUSAL + b"x", then_wait=True), {}),
    "spool_bytes": (
        Limits(memory_bytes=0, spool_bytes=0),
        talking(server_frame(0x82, bytes(60_000)) * 9),
        {},
    ),
    "message_bytes": (Limits(message_bytes=1000), talking(bomb(), field=DEFLATE), {}),
    "control_payload_bytes": (Limits(control_payload_bytes=4), talking(server_frame(0x89, bytes(500))), {}),
    "events": (Limits(events=5), talking(), {}),
    "addresses": (Limits(addresses=1), talking(), {"url": "ws://two.test:{port}/", "resolve": TWO}),
    "redirects": (Limits(redirects=1), redirecting, {"follow_redirects": True}),
}
OTHERWISE = {"memory_bytes", "server_log_bytes"}
"""These have tests of their own below: nothing is lost of the one, and no peer has a hand in the other."""


def test_every_limit_has_a_case() -> None:
    assert CASES.keys() | OTHERWISE == set(Limits.__struct_fields__)


async def test_what_memory_has_no_room_for_is_kept_in_the_spool_file_and_nothing_is_told() -> None:
    payload = bytes(range(256)) * 200
    script = talking(server_frame(0x82, payload) * 9)
    record = await ran(script, Limits(memory_bytes=0), {})
    assert record.frames.dropped_bytes == 0
    assert all(record.frames.application_data(number) == payload for number in range(9))
    text = text_report(record, diagnose(record), Redactor())
    assert "not kept" not in text
    assert LIMITS_TABLE not in text
    record.close()


async def test_the_oldest_lines_of_a_servers_log_give_way_and_it_is_told() -> None:
    record = await ran(talking(), Limits(server_log_bytes=1000), {})
    record.tell_of_log("server.log", "")
    for number in range(20):
        line = ServerLogged(seq=0, at_ns=record.last_ns, attempt=0, text=f"line {number}")
        record.server_log.append(line, 0)
    found = diagnose(record)
    assert json.loads(report_text(report(record, found, Redactor())))["server_log"]["lines_dropped"] > 0
    assert "(server_log_bytes = 1000)" in text_report(record, found, Redactor())
    record.close()


def told_in_json(name: str, made: dict[str, Any]) -> bool:
    """Say whether the JSON report tells that the limit bit."""
    match name:
        case "spool_bytes":
            return int(made["frames"]["bytes_dropped"]) > 0
        case "control_payload_bytes":
            return int(made["frames"]["violations"]) > 0
        case "events":
            return int(made["events_dropped"]) > 0
        case _:
            return name in [one["limit"] for one in made["limits_reached"]]


async def ran(script: Script, limits: Limits, options: dict[str, Any]) -> SessionRecord:
    """Run against a peer under `limits`, to the end."""
    record = SessionRecord(limits)
    async with peer(script) as port, asyncio.timeout(60):
        url = options.get("url", "ws://127.0.0.1:{port}/").format(port=port)
        chosen = ConnectOptions(**{**options, "url": url, "limits": limits, "close_timeout_s": 0.2})
        await ConnectionManager(chosen, record.append, environ={}).run()
    return record


@pytest.mark.parametrize("name", CASES)
async def test_a_limit_bites_and_is_told(name: str) -> None:
    limits, script, options = CASES[name]
    record = await ran(script, limits, options)
    found, redact = diagnose(record), Redactor()
    assert told_in_json(name, json.loads(report_text(report(record, found, redact))))
    text = text_report(record, found, redact, width=200)
    words = {
        "spool_bytes": "bytes of payload were not kept: the spool file has reached its limit of 0 bytes (spool_bytes)",
        "control_payload_bytes": "violations of the protocol",
        "events": "events were not kept (events = 5)",
    }
    assert words.get(name, f"({name} = ") in text
    # Nothing of an oversized control frame is lost: its bytes are kept, and shown.
    assert (LIMITS_TABLE in text) == (name != "control_payload_bytes")
    record.close()


@pytest.mark.parametrize("name", ["spool_bytes", "message_bytes", "events", "addresses"])
async def test_within_the_limit_nothing_is_told(name: str) -> None:
    _, script, options = CASES[name]
    record = await ran(script, Limits(), options)
    assert not told_in_json(name, report(record, diagnose(record), Redactor()))
    record.close()
