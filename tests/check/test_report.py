"""The JSON report: every key of schema 1, in every outcome."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.diagnosis.story import (
    Story,
    answered,
    asked,
    asleep,
    close,
    fin,
    opened,
    sent_text,
    started,
    stood_still,
    text,
    through_proxy,
    we_close,
)
from tests.diagnosis.test_causes_certificates import ROOTED, refused, root
from tests.diagnosis.test_causes_client import refused_url
from tests.diagnosis.test_causes_dns import tcp_failed
from tests.diagnosis.test_causes_tcp import HOST, PUBLIC
from wsinspect.check.report import report
from wsinspect.diagnosis.engine import diagnose
from wsinspect.events import LocalEnd
from wsinspect.export.redact import Redactor

KEYS = {"schema", "target", "outcome", "failed_step", "steps", "handshake", "close", "frames", "findings"}
CLOSE = {"code_received", "reason_received", "code_sent", "browser_code", "clean", "how", "by"}
FINDING = {"cause", "certainty", "side", "headline", "explanation", "evidence", "fix", "next_test", "sources"}
STORIES = {
    "url": refused_url("scheme"),
    "tcp": tcp_failed(HOST, "2001:db8::1", PUBLIC),
    "tls": refused(19, ROOTED, root()),
    "upgrade": asked() + answered("HTTP/1.1 403 Forbidden\nContent-Length: {length}", "no\x1b[31m") + fin(),
    "invalid": asked() + answered("HTTP/1.1 101 ok\nUpgrade: h2c"),
    "open": opened() + text("hi") + fin(),
    "closed": opened() + close(4401, "Unauthorized") + fin(),
    "asked": opened()
    + sent_text("x")
    + we_close(why=LocalEnd.HOLD_OVER)
    + close(1000, answered=False)
    + fin(),
    "proxy": started() + through_proxy(),
}


def made(story: Story, **settings: Any) -> dict[str, Any]:
    record = story.record()
    return report(record, diagnose(record), Redactor.for_session(record), **settings)


@pytest.mark.parametrize("name", STORIES)
def test_every_key_is_there_and_all_of_it_is_json(name: str) -> None:
    found = made(STORIES[name])
    assert json.loads(json.dumps(found)) == found
    assert set(found) >= KEYS
    assert found["schema"] == 1
    assert set(found["close"]) == CLOSE
    assert set(found["handshake"]) == {"request", "response", "body"}
    assert set(found["frames"]) >= {"sent", "received", "violations"}
    assert found["outcome"] in ("open", "closed", "failed")
    for step in found["steps"]:
        assert set(step) == {"step", "result", "ms", "detail"}
        assert step["result"] in ("succeeded", "failed", "never reached")
        if step["result"] == "never reached":
            assert step["ms"] is None
        if step["result"] == "succeeded":
            assert step["ms"] >= 0
    for finding in found["findings"]:
        assert set(finding) >= FINDING
        assert finding["certainty"] in ("certain", "likely", "possible")
        assert finding["side"] in ("client", "network", "proxy", "server", "application", "unknown")
        assert finding["fix"]
        for item in finding["evidence"]:
            assert set(item) == {"ref", "text"}


@pytest.mark.parametrize(
    ("name", "outcome", "failed_step", "first"),
    [
        ("url", "failed", "url", "url-scheme-invalid"),
        ("tcp", "failed", "tcp", "tcp-refused"),
        ("tls", "failed", "tls", "tls-self-signed"),
        ("upgrade", "failed", "upgrade", "http-403"),
        ("invalid", "failed", "upgrade", "hs-upgrade-wrong"),
        ("open", "closed", "open", None),
        ("closed", "closed", None, "close-1008-or-44xx-auth"),
        ("asked", "open", None, None),
    ],
)
def test_what_it_came_to(name: str, outcome: str, failed_step: str | None, first: str | None) -> None:
    found = made(STORIES[name])
    assert (found["outcome"], found["failed_step"]) == (outcome, failed_step)
    if first is not None:
        assert found["findings"][0]["cause"] == first
    if name == "asked":
        assert found["findings"] == []


def test_the_handshake_is_raw_text() -> None:
    found = made(STORIES["upgrade"])["handshake"]
    assert found["request"].startswith("GET / HTTP/1.1\r\nHost: echo.example:80\r\n")
    assert found["response"].startswith("HTTP/1.1 403 Forbidden\r\n")
    assert found["body"] == "no\x1b[31m"


def test_checks_addresses_and_certificates_are_details() -> None:
    by_step = {step["step"]: step["detail"] for step in made(STORIES["invalid"])["steps"]}
    failing = [check["name"] for check in by_step["upgrade"]["checks"] if not check["ok"]]
    assert failing == ["upgrade-value", "connection-present", "accept-present"]
    by_step = {step["step"]: step["detail"] for step in made(STORIES["tcp"])["steps"]}
    assert [(a["address"], a["result"]) for a in by_step["tcp"]["addresses"]] == [
        ("[2001:db8::1]:443", "refused"),
        (f"{PUBLIC}:443", "refused"),
    ]
    by_step = {step["step"]: step["detail"] for step in made(STORIES["tls"])["steps"]}
    assert "CN=h.io" in json.dumps(by_step["tls"])


def test_how_it_was_closed() -> None:
    found = made(STORIES["closed"])["close"]
    assert found == {
        "code_received": 4401,
        "reason_received": "Unauthorized",
        "code_sent": 4401,
        "browser_code": 4401,
        "clean": True,
        "how": "fin",
        "by": "server",
    }
    assert made(STORIES["open"])["close"]["browser_code"] == 1006
    assert made(STORIES["open"])["close"]["code_received"] is None
    assert made(STORIES["url"])["close"]["how"] is None


def test_frames_are_counted() -> None:
    found = made(opened() + text("hi") + text("ho") + sent_text("x") + fin())["frames"]
    assert (found["received"], found["sent"], found["violations"]) == (2, 1, 0)
    assert (found["bytes_received"], found["bytes_sent"]) == (8, 7)


def test_the_proxy_stands_in_the_target_without_its_credentials() -> None:
    assert made(STORIES["proxy"])["target"]["proxy"] == {
        "scheme": "http",
        "host": "proxy.example",
        "port": 3128,
        "source": "-x",
    }


def test_a_body_is_shortened() -> None:
    long = asked() + answered("HTTP/1.1 500 No\nContent-Length: {length}", "x" * 10_000)
    assert len(made(long)["handshake"]["body"]) == 4096


def test_it_says_when_this_side_could_notice_nothing() -> None:
    found = made(opened() + text("hi") + stood_still(s=5) + asleep(s=3600) + text("still here") + fin())
    first, second = found["pauses"]
    assert first.startswith("wsinspect itself stood still for 5 s, between 0.")
    assert second.startswith("this machine slept for 1 h 0 min, between 5.")
    assert made(opened())["pauses"] == []
