"""The report for people: read as a person would, at any width, safe and masked."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from msgspec.structs import replace

from tests.diagnosis.story import (
    Story,
    again,
    answered,
    asked,
    close,
    fin,
    happened,
    idle,
    keepalive_expired,
    opened,
    ping,
    reached,
    reset,
    sent_text,
    switched,
    text,
    we_abort,
    we_close,
)
from tests.diagnosis.test_causes_certificates import ROOTED, intermediate, refused, root
from tests.diagnosis.test_causes_client import refused_url
from tests.diagnosis.test_causes_dns import tcp_failed
from tests.diagnosis.test_causes_proxy import replied
from tests.diagnosis.test_causes_tcp import HOST, PUBLIC, raced
from wsinspect.check.page import Page, took
from wsinspect.check.text import text_report
from wsinspect.diagnosis.engine import diagnose
from wsinspect.events import AttemptEnded, AttemptReason, FailureKind, LimitReached, LocalEnd
from wsinspect.export.redact import Redactor
from wsinspect.lab.certificates import leaf

OVER = happened(AttemptEnded)


def read(story: Story, **settings: Any) -> str:
    record = story.record()
    for attempt in record.attempts:
        # Certificates are judged at the time of the attempt, and those of the stories are made today.
        attempt.started = replace(attempt.started, wall_time_ns=time.time_ns())
    return text_report(record, diagnose(record), Redactor.for_session(record), **settings)


def section(report: str, title: str) -> str:
    """Return the lines under a heading, up to the blank line."""
    found = re.search(rf"^{re.escape(title)}.*\n((?:.+\n)*)", report, re.MULTILINE)
    assert found is not None, f"no section {title!r} in:\n{report}"
    return found[1]


HELD = opened() + text("hi") + we_close(why=LocalEnd.HOLD_OVER) + close(1000, answered=False) + fin()
STORIES = [
    tcp_failed(HOST, "2001:db8::1", PUBLIC),
    refused(19, ROOTED, root()),
    asked() + answered("HTTP/1.1 403 Forbidden\nContent-Length: {length}", "no") + fin(),
    asked() + answered("HTTP/1.1 101 ok\nUpgrade: h2c"),
    opened() + text("hi") + idle(s=61) + fin(),
    replied("HTTP/1.1 403 Forbidden", FailureKind.PROXY_REFUSED),
    HELD,
    asked() + we_abort(),
]


def test_the_ladder_marks_what_failed_and_what_was_never_reached() -> None:
    lines = read(tcp_failed(HOST, "2001:db8::1", PUBLIC)).splitlines()
    assert lines[0] == "url      ok                 2.0 ms  wss://chat.site.io/"
    assert lines[1].startswith("resolve  ok   ")
    assert lines[1].endswith("chat.site.io is 2001:db8::1, 203.0.113.9")
    assert lines[2].startswith("tcp      FAILED  ")
    assert lines[3].strip() == "[2001:db8::1]:443 failed after 1.0 ms: refused"
    assert lines[4].strip() == "203.0.113.9:443 failed after 1.0 ms: refused"
    assert lines[5:8] == ["tls      never reached", "upgrade  never reached", "open     never reached"]
    assert {line.index(line.split()[1]) for line in (*lines[:3], *lines[5:8])} == {9}


def test_the_winner_of_a_race_is_told() -> None:
    report = read(raced("ws://localhost/", "::1", "127.0.0.1") + switched())
    assert "[::1]:80 failed after 1.0 ms: refused" in report
    assert "127.0.0.1:80 connected after 1.0 ms" in report


def test_the_answer_has_its_parts_in_order() -> None:
    report = read(tcp_failed(HOST, PUBLIC) + OVER)
    places = [
        report.index(part)
        for part in (
            "Connection refused: nothing listens on",
            "certain, on the side of: server   [tcp-refused]",
            "\nEvidence\n",
            "\nFix\n  1. ",
            "\nNext test\n",
            "\nSources\n",
        )
    ]
    assert places == sorted(places)
    assert "A browser would report no more of this than: an error event, then close with code 1006" in report


def test_the_whole_refusal_is_shown_as_it_crossed_the_wire() -> None:
    report = read(
        asked()
        + answered("HTTP/1.1 403 Forbidden\nServer: x\nContent-Length: {length}", "go\naway\x1b[31m")
        + fin()
    )
    shown = section(report, "What was sent and answered").splitlines()
    assert shown[0] == "  > GET / HTTP/1.1"
    assert "  > Sec-WebSocket-Version: 13" in shown
    assert shown[shown.index("  < HTTP/1.1 403 Forbidden") :] == [
        "  < HTTP/1.1 403 Forbidden", "  < Server: x", "  < Content-Length: 12", "  <", "  < go", "  < away␛[31m",
    ]  # fmt: skip


def test_no_answer_at_all_is_said() -> None:
    assert "(not a byte came back)" in read(asked() + fin())


def test_a_long_body_is_cut_and_said_to_be() -> None:
    report = read(asked() + answered("HTTP/1.1 500 No\nContent-Length: {length}", "x" * 5000))
    assert "and 4000 more characters" in report


def test_a_proxys_reply_is_shown() -> None:
    shown = section(
        read(
            replied("HTTP/1.1 403 Forbidden\nX-Squid-Error: ERR_ACCESS_DENIED 0", FailureKind.PROXY_REFUSED)
        ),
        "What the proxy was asked and answered",
    )
    assert "  > CONNECT h.io:80 HTTP/1.1\n" in shown
    assert "  < X-Squid-Error: ERR_ACCESS_DENIED 0\n" in shown


def test_failed_checks_say_what_was_wanted_and_who_would_accept_it() -> None:
    report = read(
        asked()
        + answered("HTTP/1.1 101 ok\nUpgrade: h2c\nConnection: Upgrade\nSec-WebSocket-Accept: {accept}")
    )
    checks = section(report, "Checks of the answer that fail (1 of 11)")
    assert checks == (
        "  Upgrade\n"
        "    wanted       websocket, in any case\n"
        "    arrived      h2c\n"
        "    so           Upgrade names another protocol\n"
        "    refused by   RFC 6455 section 4.1, Chromium, Firefox, strict libraries (node's ws)\n"
        "    accepted by  nobody\n"
    )


def test_an_answer_that_only_some_clients_accept_is_told_though_it_opened() -> None:
    checks = section(read(opened(subprotocols=("chat",))), "Checks of the answer that fail (1 of 11)")
    assert "refused by   Chromium, strict libraries (node's ws)" in checks
    assert "accepted by  RFC 6455 section 4.1, Firefox" in checks
    assert "Checks of the answer" not in read(opened())


def test_the_checklist_has_a_line_for_each_requirement_and_a_verdict_for_each_client() -> None:
    lines = section(read(opened(subprotocols=("chat",))), "Checklist of the answer").splitlines()[1:]
    assert len(lines) == 11
    assert lines[0] == "  ok  ok  ok  ok  status              101 Switching Protocols"
    assert [line for line in lines if "NO" in line] == ["  ok  NO  ok  NO  subprotocol         nothing"]


def test_certificates_are_a_tree_from_the_issuer_down() -> None:
    tree = section(read(refused(19, ROOTED, root())), "Certificates that the server sent (2)").splitlines()
    assert tree[0] == "  1: CN=Some Root,O=wsinspect lab"
    below = tree.index("  +- 0: CN=h.io")
    assert below > 0
    assert re.fullmatch(r" +valid for another \d+ days \(until .* UTC\)", tree[below + 1])
    assert tree[below + 2].strip() == "for h.io"
    assert tree[below + 3].strip() == "EC secp256r1, signed with ECDSA with SHA256"


def test_an_issuer_that_was_not_sent_stands_above_and_faults_below() -> None:
    chain = section(
        read(
            refused(
                20,
                leaf("other.io", issuer=intermediate(), from_days=-90, to_days=-3, issuer_url="http://ca/x"),
            )
        ),
        "Certificates that the server sent (1)",
    )
    assert chain.startswith("  CN=Some Intermediate,O=wsinspect lab\n     not sent: ")
    assert "expired 3" in chain
    assert "  ! the certificate is not for h.io, but for other.io\n" in chain
    assert "  ! the server does not send the certificate of its issuer" in chain


@pytest.mark.parametrize(
    ("story", "rows"),
    [
        (
            opened() + text("hi") + sent_text("x") + idle(s=60) + fin(),
            {
                "who": "the server, or something on the way: it ended the stream first",
                "how": "FIN, the ordinary end of a TCP stream",
                "Close": "none received; none sent",
                "last in": r"text, 2 bytes, 60.00 s before the end: hi",
                "last out": r"text, 1 byte, 60.00 s before the end: x",
                "open for": "60.00 s",
                "silence": "60.00 s without a byte in either direction before the end",
                "browser": "close with code 1006 (abnormal closure), wasClean false",
            },
        ),
        (
            opened() + ping(b"") + reset(),
            {"how": "RST, the connection was reset", "last in": "ping, 0 bytes, 1.0 ms before the end", "last out": "no frame"},
        ),
        (
            opened() + close(4401, "token expired") + fin(),
            {
                "who": "the server: its Close frame came first",
                "Close": "4401 private use received, reason 'token expired'; 4401 private use sent",
                "last in": "no frame",
                "browser": "close with code 4401 (private use), wasClean true, reason 'token expired'",
            },
        ),
        (HELD, {"who": "we did: the time to hold it was over", "browser": "close with code 1000 (normal closure), wasClean true"}),
        (opened() + keepalive_expired(), {"who": "we did: no pong answered our ping in time", "how": "nothing came: our own time limit"}),
        (opened() + we_abort(), {"who": "we did: we dropped it", "how": "our own socket was closed first"}),
        (asked() + reset(), {"who": "the server, or something on the way: the reset came first", "browser": "an error event, then close with code 1006 (abnormal closure), wasClean false"}),
    ],
)  # fmt: skip
def test_the_end_is_taken_apart(story: Story, rows: dict[str, str]) -> None:
    shown = {
        line[2:11].strip(): line[11:].strip()
        for line in section(read(story, width=200), "How it ended").splitlines()
    }
    for name, said in rows.items():
        assert shown[name] == said, name


def test_nothing_wrong_is_said_in_so_many_words() -> None:
    assert "Nothing is wrong: the connection opened, and ended as asked." in read(HELD)
    assert "Fix" not in read(HELD)


def test_other_findings_are_named_below() -> None:
    report = read(tcp_failed("wss://chat.site.io/", "10.1.2.3"))
    assert "\nAlso\n" in report
    assert "[dns-wrong-or-sinkholed-address]" in report


def test_earlier_attempts_are_told_first() -> None:
    story = (
        asked()
        + answered("HTTP/1.1 301 Moved\nLocation: /x")
        + again(reason=AttemptReason.REDIRECT)
        + reached()
        + switched()
    )
    report = read(story)
    first, second = report.split("Attempt 2 (redirect)\n")
    assert first.startswith("Attempt 1 (first)\nurl ")
    assert second.startswith("url ")


def test_a_recording_that_stops_early_is_no_end() -> None:
    report = read(opened() + text("hi"))
    assert "What was recorded ends while the connection was OPEN; so far nothing is wrong." in report
    assert "How it ended" not in report
    assert section(report, "So far") == "  frames  0 sent (0 bytes), 1 received (4 bytes)\n"


def test_limits_that_cut_something_off_are_said() -> None:
    story = (
        asked()
        + answered("HTTP/1.1 500 No")
        + happened(LimitReached, limit="body_bytes", allowed=16384, what="the body of the answer")
    )
    assert "Limit reached: the body of the answer (body_bytes = 16384)" in read(story)


@pytest.mark.parametrize("width", [20, 40, 60, 80, 110])
@pytest.mark.parametrize("story", STORIES)
def test_any_width_keeps_every_word(story: Story, width: int) -> None:
    narrow, wide = (re.sub(r"\s+", " ", read(story, width=w)) for w in (width, 1000))
    assert sorted(narrow.split()) == sorted(wide.split())
    if width >= 60:
        for line in read(story, width=width).splitlines():
            longest = max((len(word) for word in line.split()), default=0)
            assert len(line) <= width or longest > width - 40 or line.startswith("    "), line


@pytest.mark.parametrize("story", STORIES)
def test_colour_adds_nothing_but_colour(story: Story) -> None:
    coloured = read(story, colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == read(story)


def test_what_the_peer_says_can_not_reach_the_terminal() -> None:
    hostile = "\x1b]0;pwned\x07\x9b31m\u202e"
    latin = hostile.encode("utf-8").decode("latin-1")
    for story in (
        asked() + answered(f"HTTP/1.1 403 {latin}\nX: {latin}\nContent-Length: {{length}}", hostile) + fin(),
        opened() + text(hostile) + close(4000, hostile) + fin(),
        refused_url("scheme", f"URL: {hostile}"),
    ):
        for line in read(story).split("\n"):
            assert line.isprintable(), line


def test_secrets_are_masked_even_where_lines_break() -> None:
    secret = "a secret with several words in it that is long enough to be wrapped"
    report = read(
        asked(headers=(("X-Api-Key", secret),))
        + answered("HTTP/1.1 403 No\nContent-Length: {length}", secret),
        width=40,
    )
    assert "several words" not in re.sub(r"\s+", " ", report)
    assert "***" in report


def test_durations() -> None:
    assert [took(ns) for ns in (None, 0, 350_000, 999_000_000, 2_054_000_000)] == [
        "",
        "0.0 ms",
        "0.3 ms",
        "999.0 ms",
        "2.05 s",
    ]


def test_snippets_keep_their_shape() -> None:
    page = Page(width=30)
    step = "Set this in nginx:\n    location / { proxy_pass http://127.0.0.1:8080; }"
    assert list(page.numbered((step,))) == [
        "  1. Set this in nginx:",
        "         location / { proxy_pass http://127.0.0.1:8080; }",
    ]
