"""The bug report: everything that somebody else needs, and nothing that a payload could make of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.diagnosis.story import (
    Story,
    again,
    answered,
    asked,
    begun,
    fin,
    happened,
    opened,
    reached,
    started,
    text,
    through_proxy,
    timed_out,
)
from tests.export.conftest import NASTY, TOKEN, logged
from wsinspect.diagnosis.engine import diagnose
from wsinspect.events import BytesReceived, BytesSent, Layer, Step
from wsinspect.export.bug_report import Part, bug_report
from wsinspect.export.environment import environment
from wsinspect.export.markdown import fenced, inline
from wsinspect.export.masked_parts import masked_parts
from wsinspect.export.redact import Redactor
from wsinspect.session.record import SessionRecord

ABOUT = (("wsinspect", "1.0"), ("Python", "3.99"))


def report(record: SessionRecord, *, show: bool = False) -> str:
    return bug_report(record, diagnose(record), Redactor.for_session(record, show=show), about=ABOUT)


def refused() -> Story:
    return asked("wss://echo.example/?token=" + TOKEN) + answered(
        "HTTP/1.1 403 Forbidden\nSet-Cookie: sid=0123456789abcdef; Path=/\nContent-Length: {length}",
        f"# no entry\n```\n<script>alert(1)</script> {TOKEN}",
    )


def tokens(markdown: str) -> list[Token]:
    return MarkdownIt("commonmark", {"html": True}).enable("table").parse(markdown)


def headings(markdown: str) -> list[str]:
    flow = tokens(markdown)
    return [after.content for token, after in pairwise(flow) if token.type == "heading_open"]


def test_every_part_stands_in_its_place(session: SessionRecord) -> None:
    found = headings(report(session))
    assert found[0].startswith("The server closed with 1001")
    named = [each for each in found[1:] if not each.startswith(("Answer", "Also"))]
    assert named == [
        "Steps",
        "Opening handshake",
        "Last frames",
        "How it ended",
        "See it again",
        "Environment",
        "Masked",
    ]


def test_the_lines_of_the_servers_log_around_the_failure_stand_in_it_without_secrets() -> None:
    record = refused().record()
    at_ms = record.last_ns / 1e6
    for number in range(30):
        record.append(logged(f"request {number}", at_ms - 29 + number))
    record.append(logged(f"``` {TOKEN} refused", at_ms + 1))
    record.append(logged("Traceback: it's over Bearer abcdefgh12345", at_ms + 1, continues=True))
    text_of = report(record)
    assert "Server log" in headings(text_of)
    part = text_of[text_of.index("## Server log") : text_of.index("## See it again")]
    assert "request 29" in part
    assert "request 5\n" not in part
    assert "+0.0" in part
    assert re.search(r"│ Traceback: it's over Bearer \*\*\*\w{4}\*\*\*", part)
    assert "12 more lines of this time left out." in part
    assert TOKEN not in text_of
    masked = text_of[text_of.index("## Masked") :]
    assert "line 31 of the server's log" in masked.replace("\\", "")
    without = bug_report(
        record, diagnose(record), Redactor.for_session(record), about=ABOUT, without=(Part.LOG,)
    )
    assert "request 29" not in without


def test_steps_findings_bytes_and_commands_of_a_refusal() -> None:
    text_of = report(refused().record())
    for part in (
        "| upgrade | failed |",
        "`http-403",
        "GET /?token=***",
        "HTTP/1.1 403 Forbidden",
        "wscat --connect",
        "websocat -v",
        "from websockets.sync.client import connect",
        "| Python | 3.99 |",
    ):
        assert part in text_of, part


@pytest.mark.parametrize("make", [refused, lambda: opened() + text(NASTY) + fin()])
def test_no_payload_becomes_markup_or_reaches_a_terminal(make: Callable[[], Story]) -> None:
    text_of = report(make().record())
    flat = [token for top in tokens(text_of) for token in (top, *(top.children or ()))]
    assert not {"html_inline", "html_block", "image", "link_open"} & {token.type for token in flat}
    assert all(char == "\n" or char.isprintable() for char in text_of)


def test_secrets_are_masked_and_the_places_are_listed() -> None:
    record = refused().record()
    text_of = report(record)
    assert TOKEN not in text_of
    assert "0123456789abcdef" not in text_of
    parts = masked_parts(record, Redactor.for_session(record))
    assert [(part.where, part.kind) for part in parts] == [
        ("URL", "value of token"),
        ("response field Set-Cookie", "cookie sid"),
        ("response body", "the same secret again"),
    ]
    assert all("***" in part.shown and part.masks for part in parts)
    assert parts[0].masks == parts[2].masks != parts[1].masks
    assert TOKEN in report(record, show=True)
    assert "asked for with its secrets" in report(record, show=True)


def test_what_is_masked_besides_is_masked_wherever_it_stands() -> None:
    record = (opened("ws://ab.example/") + text("see 10.0.0.5 and ab.example") + fin()).record()
    redact = Redactor.for_session(record, also=("ab.example", "10.0.0.5"))
    text_of = bug_report(record, diagnose(record), redact, about=ABOUT)
    assert "ab.example" not in text_of
    assert "10.0.0.5" not in text_of
    parts = masked_parts(record, redact, range(1))
    assert [(part.where, part.kind) for part in parts] == [
        ("URL", "added by you"),
        ("request field Host", "added by you"),
        ("frame 1", "added by you"),
    ]
    assert len(parts[-1].masks) == 2


def test_parts_are_left_out_and_that_is_said() -> None:
    record = refused().record()
    redact = Redactor.for_session(record)
    for part in Part:
        text_of = bug_report(record, diagnose(record), redact, about=ABOUT, without=[part])
        assert part not in headings(text_of)
        assert f"Left out by who made this report: {part}." in text_of
    assert "Left out" not in report(record)


def test_the_proxy_that_the_environment_named_is_in_the_commands() -> None:
    record = (started("wss://echo.example/") + through_proxy() + begun(Step.PROXY)).record()
    assert "--proxy http://proxy.example:3128" in report(record)


@pytest.mark.parametrize(
    ("where", "value", "kind"),
    [
        ("Authorization", f"Bearer {TOKEN}", "Bearer credentials"),
        ("Authorization", TOKEN, "credentials"),
        ("Cookie", f"a=b; sid={TOKEN}", "cookie a, cookie sid"),
        ("X-Api-Key", TOKEN, "value of the field"),
        ("Referer", f"https://bob:{TOKEN}@h.example/", "user and password"),
        ("Referer", "https://h.example/a1b2c3d4e5f6a1b2c3d4", "part of the path that looks like a token"),
        ("Sec-WebSocket-Protocol", f"bearer, {TOKEN}", "token among the subprotocols"),
    ],
)
def test_the_kind_of_a_secret_is_said(where: str, value: str, kind: str) -> None:
    record = started(headers=((where, value.replace("a=b", "a=bcd")),)).record()
    (part,) = [
        part for part in masked_parts(record, Redactor.for_session(record)) if part.where.endswith(where)
    ]
    assert part.kind == kind


def test_before_a_request_the_options_are_what_is_masked() -> None:
    story = started(headers=(("Authorization", f"Bearer {TOKEN}"),), cookies=("sid=0123456789",))
    record = story.record()
    places = [part.where for part in masked_parts(record, Redactor.for_session(record))]
    assert places == ["request field Authorization", "cookies"]


def test_earlier_attempts_and_an_end_that_did_not_come_are_said() -> None:
    story = started() + begun(Step.TCP) + timed_out(Step.TCP, s=10) + again() + reached()
    text_of = report(story.record())
    assert "Attempt 1: failed at tcp" in text_of
    assert "| attempt | 2 of 2 |" in text_of
    assert "had not ended" in text_of
    assert "Not a byte came back" in text_of


def test_a_proxys_exchange_is_shown() -> None:
    connect = b"CONNECT echo.example:443 HTTP/1.1\r\n\r\n"
    story = started("wss://echo.example/") + through_proxy() + begun(Step.PROXY)
    story = story + happened(BytesSent, layer=Layer.PROXY, data=connect)
    story = story + happened(BytesReceived, layer=Layer.PROXY, data=b"HTTP/1.1 407 Login\r\n\r\n")
    assert "HTTP/1.1 407 Login" in report(story.record())


def test_frames_are_numbered_as_the_findings_cite_them(session: SessionRecord) -> None:
    text_of = report(session)
    assert "| frame 14 | the peer's Close frame" in text_of
    assert re.search(r"^ +14 .* <- close ", text_of, re.MULTILINE)


def test_only_the_last_frames_are_shown_and_long_ones_shortened() -> None:
    story = opened()
    for number in range(30):
        story = story + text(f"message {number} " + "x" * 500)
    text_of = report((story + fin()).record())
    assert "30 frames, the last 20 of them" in text_of
    assert "message 9 " not in text_of
    assert "message 10 " in text_of
    assert "x" * 200 not in text_of


def test_a_command_that_can_not_be_quoted_is_not_given(session: SessionRecord) -> None:
    assert "No command is given" in report(session)


def test_the_environment_names_what_matters() -> None:
    names = [name for name, _ in environment()]
    assert names[:4] == ["wsinspect", "Python", "system", "OpenSSL"]
    assert "websockets" in names


@pytest.mark.parametrize(
    "foreign",
    [
        "*a*",
        "_b_",
        "`c`",
        "<b>",
        "[x](http://a.example)",
        "a | b",
        "1. x",
        "- x",
        "# x",
        "> x",
        "~~x~~",
        "a\nb",
        "&lt;",
    ],
)
def test_inline_text_stays_text(foreign: str) -> None:
    (paragraph, content, _) = tokens(inline(foreign))
    assert paragraph.type == "paragraph_open"
    assert content.children is not None
    assert "".join(child.content for child in content.children) == foreign.replace("\n", "\u240a")
    assert {child.type for child in content.children} <= {"text", "text_special"}


def test_a_fence_is_longer_than_what_it_holds() -> None:
    (block,) = tokens("\n".join(fenced(["```", "````` x"])))
    assert block.type == "fence"
    assert block.content == "```\n````` x\n"
