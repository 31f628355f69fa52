"""What an attempt derives from its events."""

from __future__ import annotations

from tests.diagnosis.story import (
    MASK,
    Story,
    answered,
    asked,
    close,
    connected,
    failed,
    fin,
    happened,
    idle,
    opened,
    ping,
    pong,
    received,
    resolved,
    secured,
    sent,
    sent_ping,
    sent_pong,
    sent_request,
    sent_text,
    started,
    text,
    through_proxy,
)
from wsinspect.events import (
    Address,
    AddressAttempted,
    AddressConnected,
    AddressFailed,
    BytesReceived,
    BytesSent,
    Direction,
    FailureKind,
    Layer,
    ReadyState,
    Step,
    StepStarted,
    StepSucceeded,
    TlsAlert,
)
from wsinspect.lab import frames
from wsinspect.session.attempt import Attempt
from wsinspect.session.ladder import AddressStatus, StepStatus
from wsinspect.wire.handshake import CheckName
from wsinspect.wire.inflate import DeflateParams

V4 = Address("ipv4", "192.0.2.1", 80)
V6 = Address("ipv6", "2001:db8::1", 80)


def told(story: Story) -> Attempt:
    attempt = story.record().current
    assert attempt is not None
    return attempt


def ladder(attempt: Attempt) -> list[tuple[str, str]]:
    return [(str(rung.step), str(rung.status)) for rung in attempt.rungs()]


def test_rungs_that_were_not_begun_were_never_reached() -> None:
    story = started() + resolved("192.0.2.1") + happened(StepStarted, step=Step.TCP)
    attempt = told(story + failed(Step.TCP, FailureKind.REFUSED, "Connection refused"))
    assert ladder(attempt) == [
        ("url", "succeeded"),
        ("resolve", "succeeded"),
        ("tcp", "failed"),
        ("upgrade", "never reached"),
        ("open", "never reached"),
    ]
    assert attempt.failure is not None
    assert attempt.failure.message == "Connection refused"
    assert [rung.duration_ns() for rung in attempt.rungs()][-2:] == [None, None]


def test_proxy_and_tls_are_rungs_only_where_they_are_needed() -> None:
    assert [step for step, _ in ladder(told(started("wss://h/") + through_proxy()))] == [
        "url", "resolve", "tcp", "proxy", "tls", "upgrade", "open",
    ]  # fmt: skip
    assert [step for step, _ in ladder(told(started("ws://h/")))] == [
        "url",
        "resolve",
        "tcp",
        "upgrade",
        "open",
    ]


def test_the_running_step_and_how_long_it_takes() -> None:
    attempt = told(started() + resolved("192.0.2.1") + happened(StepStarted, step=Step.TCP, timeout_s=10.0))
    running = attempt.ladder.running()
    assert running is not None
    assert (running.step, running.timeout_s) == (Step.TCP, 10.0)
    assert running.duration_ns() is None
    assert running.duration_ns(running.started_ns + 5) == 5
    assert attempt.ladder.failed() is None


def test_every_address_has_its_own_outcome() -> None:
    story = started() + happened(StepStarted, step=Step.TCP)
    story += happened(AddressAttempted, address=V6)
    story += happened(AddressAttempted, address=V4)
    story += happened(AddressFailed, address=V6, kind=FailureKind.REFUSED, message="no")
    story += happened(AddressConnected, address=V4, local="127.0.0.1:9")
    story += happened(AddressFailed, address=V4, kind=FailureKind.RESET, message="not pending any more")
    attempt = told(story)
    first, second = attempt.ladder.addresses
    assert (first.address, first.status, first.kind, first.message) == (
        V6,
        AddressStatus.FAILED,
        FailureKind.REFUSED,
        "no",
    )
    assert (second.address, second.status, second.local) == (V4, AddressStatus.CONNECTED, "127.0.0.1:9")
    assert first.ended_ns is not None
    assert first.ended_ns > first.started_ns


def test_the_handshake_and_its_checks() -> None:
    attempt = told(opened(answer=("Sec-WebSocket-Extensions: permessage-deflate",)))
    assert [check.ok for check in attempt.checks] == [True] * len(CheckName)
    assert attempt.deflate == DeflateParams()
    assert attempt.subprotocol is None
    assert attempt.ready_state is ReadyState.OPEN
    assert attempt.opened_ns is not None
    waiting = told(asked())
    assert waiting.checks == ()
    assert waiting.deflate is None
    assert waiting.ready_state is ReadyState.CONNECTING
    assert (
        next(check.name for check in told(asked() + answered("HTTP/1.1 403 No")).checks if not check.ok)
        == CheckName.STATUS
    )


def test_the_subprotocol_that_was_chosen() -> None:
    assert told(opened(subprotocols=("a", "b"), answer=("Sec-WebSocket-Protocol: b",))).subprotocol == "b"


def test_pings_and_pongs_of_both_sides() -> None:
    attempt = told(opened() + ping(b"1") + sent_pong(b"1") + sent_ping(b"x") + idle(s=0.5) + pong(b"x"))
    heart = attempt.heartbeat
    assert (heart.pings_received, heart.pongs_sent, heart.pings_sent, heart.pongs_received) == (1, 1, 1, 1)
    assert heart.last_rtt_ns is not None
    assert heart.last_rtt_ns >= 500_000_000


def test_layers_go_where_they_belong() -> None:
    story = started("wss://h/") + through_proxy() + resolved("192.0.2.9") + connected("192.0.2.9")
    story += happened(BytesSent, layer=Layer.PROXY, data=b"CONNECT h:443 HTTP/1.1\r\n\r\n")
    story += happened(BytesReceived, layer=Layer.PROXY, data=b"HTTP/1.1 200 OK\r\n\r\n")
    story += happened(BytesSent, layer=Layer.TLS, data=b"\x16\x03\x01hello")
    story += happened(BytesReceived, layer=Layer.TLS, data=b"\x16\x03\x03back")
    attempt = told(story + secured() + sent_request())
    assert attempt.proxy_exchange.head is not None
    assert attempt.proxy_exchange.head.status_code == 200
    assert bytes(attempt.tls.sent) == b"\x16\x03\x01hello"
    assert bytes(attempt.tls.received) == b"\x16\x03\x03back"
    assert bytes(attempt.handshake.request).startswith(b"GET / HTTP/1.1")
    assert attempt.websocket_bytes_sent == 0


def test_tls_bytes_are_kept_up_to_a_limit() -> None:
    story = started("wss://h/")
    for _ in range(5):
        story += happened(BytesReceived, layer=Layer.TLS, data=b"x" * 20_000)
    assert len(told(story).tls.received) == 64 * 1024


def test_bytes_after_the_101_are_counted_and_their_beginning_kept() -> None:
    attempt = told(opened() + text("hi") + sent_text("ho") + received(b"\x82\x7e\x20\x00" + b"z" * 8192))
    assert bytes(attempt.websocket_head[:4]) == b"\x81\x02hi"
    assert len(attempt.websocket_head) == 4096
    assert attempt.websocket_bytes_received == 4 + 4 + 8192
    assert attempt.websocket_bytes_sent == 2 + 4 + 2
    assert attempt.frame_count == 3


def test_when_bytes_last_crossed() -> None:
    attempt = told(opened() + text("hi") + idle(s=3) + sent_text("ho"))
    assert attempt.last_sent_ns is not None
    assert attempt.last_received_ns is not None
    assert attempt.last_sent_ns - attempt.last_received_ns >= 3_000_000_000


def test_alerts_have_directions() -> None:
    story = started("wss://h/") + happened(StepStarted, step=Step.TLS)
    story += happened(TlsAlert, direction=Direction.SENT, level=2, code=48)
    story += happened(TlsAlert, direction=Direction.RECEIVED, level=1, code=0)
    tls = told(story).tls
    sent = tls.alert(Direction.SENT)
    assert sent is not None
    assert sent.code == 48
    assert tls.alert(Direction.RECEIVED) is None
    notify = tls.alert(Direction.RECEIVED, fatal=False)
    assert notify is not None
    assert notify is tls.close_notify_received


def test_a_step_that_succeeds_without_having_begun_is_still_a_rung() -> None:
    attempt = told(started() + happened(StepSucceeded, step=Step.TCP))
    assert attempt.ladder.steps[Step.TCP].status is StepStatus.SUCCEEDED


def test_ready_states_in_order() -> None:
    attempt = told(opened() + close(1000) + fin())
    assert [str(change.new) for change in attempt.ready_states] == ["OPEN", "CLOSING", "CLOSED"]
    assert all(change.reason or change.new is ReadyState.CLOSED for change in attempt.ready_states)
    assert attempt.ended


def test_what_stands_in_a_flood_of_pings_is_seen() -> None:
    flood = frames.frame(frames.PING) * 400
    answers = frames.frame(frames.PONG, mask=MASK) * 400
    mixed = flood + frames.frame(frames.PONG, b"1") + flood + frames.close(1001)
    attempt = told(opened() + sent_ping(b"1") + received(mixed) + sent(answers) + received(flood))
    heart = attempt.heartbeat
    assert (heart.pings_sent, heart.pings_received, heart.pongs_received, heart.pongs_sent) == (
        1,
        1200,
        1,
        400,
    )
    assert len(heart.rtt_ns) == 1
    assert attempt.closure.close_received is not None
    assert attempt.closure.close_received.frame == 802
