"""Section 1 of the catalogue: what our own side, or a page, did."""

from __future__ import annotations

import pytest

from tests.diagnosis.story import (
    Story,
    Teller,
    asked,
    begun,
    close,
    connected,
    failed,
    fin,
    happened,
    idle,
    opened,
    raw_answer,
    reset,
    resolved,
    secured,
    started,
    switched,
    through_proxy,
    timed_out,
    we_abort,
    we_close,
)
from tests.diagnosis.table import Row, check, fires, silent
from wsinspect.diagnosis.catalogue import load
from wsinspect.diagnosis.cause import Cause, Certainty, Stage
from wsinspect.diagnosis.engine import diagnose
from wsinspect.events import (
    AttemptReason,
    AttemptStarted,
    BytesReceived,
    BytesSent,
    FailureKind,
    Layer,
    LocalEnd,
    LocallyEnded,
    Step,
    TargetParsed,
)
from wsinspect.options import ConnectOptions
from wsinspect.session.record import SessionRecord

CERTAIN, POSSIBLE = Certainty.CERTAIN, Certainty.POSSIBLE
BAD_PORT = "browsers refuse port 6000 (Fetch standard, bad ports)"


def refused_url(code: str, message: str = "URL: no") -> Story:
    """The URL itself is refused: nothing is parsed and nothing is sent."""

    def move(teller: Teller) -> None:
        teller.begin(ConnectOptions(url="x"), AttemptReason.FIRST)

    return Story((move,)) + begun(Step.URL) + failed(Step.URL, FailureKind.INVALID_URL, message, code=code)


def unsafe(url: str = "ws://h.io:6000/") -> Story:
    story = started(url)
    return story + happened(
        TargetParsed, url=url, secure=False, host="h.io", port=6000, request_target="/", notes=(BAD_PORT,)
    )


ROWS = (
    fires("client-closed-while-connecting", CERTAIN, asked() + idle(s=3) + we_abort()),
    fires("client-closed-while-connecting", CERTAIN, asked() + raw_answer(b"HTTP/1.1 1") + we_abort()),
    fires("client-closed-while-connecting", CERTAIN, started("wss://h/") + resolved("192.0.2.1") + begun(Step.TCP) + we_abort()),
    silent("client-closed-while-connecting", asked() + we_abort(LocalEnd.CANCELLED)),
    silent("client-closed-while-connecting", asked() + fin()),
    silent("client-closed-while-connecting", asked() + timed_out()),
    silent("client-closed-while-connecting", opened() + we_abort()),
    silent("client-closed-while-connecting", opened() + we_close() + close(1000, answered=False) + fin()),
    fires("url-scheme-invalid", CERTAIN, refused_url("scheme")),
    silent("url-scheme-invalid", refused_url("port")),
    fires("url-fragment", CERTAIN, refused_url("fragment")),
    silent("url-fragment", refused_url("scheme")),
    *(
        fires("url-malformed-or-placeholder", CERTAIN, refused_url(code))
        for code in ("empty", "too-long", "whitespace", "control-character", "placeholder", "doubled-scheme", "host-missing", "host-invalid", "port", "socket-path")
    ),
    silent("url-malformed-or-placeholder", refused_url("fragment")),
    silent("url-malformed-or-placeholder", asked() + fin()),
    fires("dns-idna-label-invalid", CERTAIN, refused_url("idna")),
    silent("unsafe-port", unsafe("ws://h.io:6000/") + resolved("192.0.2.1") + connected()),
    silent("unsafe-port", asked("ws://h.io:8080/") + fin()),
    silent("subprotocol-token-invalid", asked(subprotocols=("chat", "v10.stomp")) + fin()),
    fires("subprotocol-token-invalid", CERTAIN, asked(subprotocols=("Bearer abc",)) + fin()),
    fires("subprotocol-token-invalid", CERTAIN, asked(subprotocols=("a", "a")) + fin()),
    fires("subprotocol-token-invalid", CERTAIN, asked(subprotocols=("abc=",)) + fin()),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_section_1(row: Row) -> None:
    check(row)


def test_a_port_that_browsers_refuse_is_told_beside_what_happened() -> None:
    story = unsafe() + resolved("192.0.2.1") + begun(Step.TCP) + failed(Step.TCP, FailureKind.TIMED_OUT)
    findings = story.diagnose().findings
    assert ("unsafe-port", POSSIBLE) in [(finding.cause, finding.certainty) for finding in findings]


@pytest.mark.parametrize(
    ("story", "said"),
    [
        (started() + begun(Step.RESOLVE) + idle(s=2), "the resolver had not answered for 2.0 s"),
        (started() + resolved("192.0.2.1") + begun(Step.TCP) + idle(s=4), "the server had not accepted the connection for 4.0 s"),
        (started() + through_proxy() + resolved("192.0.2.9") + connected("192.0.2.9") + begun(Step.PROXY) + idle(s=1), "the proxy had not opened the tunnel for 1.0 s"),
        (started("wss://h/") + resolved("192.0.2.1") + connected() + begun(Step.TLS) + happened(BytesSent, layer=Layer.TLS, data=b"\x16") + idle(s=3), "the server had not begun to answer the TLS handshake for 3.0 s"),
        (started("wss://h/") + resolved("192.0.2.1") + connected() + begun(Step.TLS) + happened(BytesReceived, layer=Layer.TLS, data=b"\x16") + idle(s=3), "the server had not finished the TLS handshake for 3.0 s"),
        (asked() + idle(s=4), "the server had not answered the upgrade request for 4.0 s"),
        (asked() + raw_answer(b"HTTP/1.1 10") + idle(s=4), "the server had sent only 11 bytes of its answer in 4.0 s"),
    ],
)  # fmt: skip
def test_why_it_was_still_pending(story: Story, said: str) -> None:
    answer = (story + we_abort()).diagnose().answer
    assert answer is not None
    assert answer.cause == "client-closed-while-connecting"
    assert answer.headline == f"We closed while still CONNECTING; {said}"
    assert said in answer.explanation
    assert "WebSocket is closed before the connection is established" in answer.explanation


def test_an_abort_before_any_step_is_told_too() -> None:
    record = SessionRecord()
    options = ConnectOptions(url="ws://h/")
    record.append(
        AttemptStarted(seq=1, at_ns=1, attempt=1, wall_time_ns=0, options=options, reason=AttemptReason.FIRST)
    )
    record.append(LocallyEnded(seq=2, at_ns=2, attempt=1, why=LocalEnd.ABORTED_BY_USER))
    answer = diagnose(record).answer
    assert answer is not None
    assert "no step had begun" in answer.headline


def test_a_step_that_failed_by_itself_is_not_our_closing() -> None:
    record = (asked() + timed_out()).record()
    at = record.last_ns
    record.append(LocallyEnded(seq=900, at_ns=at + 1, attempt=1, why=LocalEnd.ABORTED_BY_USER))
    assert "client-closed-while-connecting" not in [finding.cause for finding in diagnose(record).findings]


@pytest.mark.parametrize(
    "cause", [cause for cause in load().values() if cause.stage is Stage.CLIENT], ids=lambda cause: cause.id
)
def test_what_only_a_page_shows_is_reached_through_its_lines(cause: Cause) -> None:
    if cause.check is None:
        assert cause.console, "neither a check nor a line: nobody would ever see it"
        return
    rows = [row for row in ROWS if row.cause == cause.id]
    assert [row for row in rows if row.certainty is None], "no near miss"
    if cause.id != "unsafe-port":
        assert [row for row in rows if row.certainty is not None], "no story"


def test_nothing_of_a_page_is_claimed_by_a_client_that_saw_none() -> None:
    for story in (
        asked() + fin(),
        asked() + reset(),
        opened() + fin(),
        asked("wss://h/") + switched() + secured(),
    ):
        claimed = set(story.causes())
        assert not {c.id for c in load().values() if c.check is None} & claimed
