"""Round-trip times: which pong answers which ping (RFC 6455 section 5.5.3)."""

from __future__ import annotations

from wsinspect.session.heartbeat import Heartbeat


def test_a_pong_answers_its_ping() -> None:
    heart = Heartbeat()
    heart.ping_sent(b"a", 100)
    assert (heart.unanswered, heart.oldest_unanswered_ns, heart.last_rtt_ns) == (1, 100, None)
    heart.pong_received(b"a", 350)
    assert (heart.unanswered, heart.oldest_unanswered_ns, heart.last_rtt_ns) == (0, None, 250)
    assert (list(heart.at_ns), list(heart.rtt_ns)) == ([350], [250])


def test_a_pong_answers_the_earlier_pings_too_and_no_later_one() -> None:
    heart = Heartbeat()
    for payload, at in ((b"a", 1), (b"b", 2), (b"c", 3)):
        heart.ping_sent(payload, at)
    heart.pong_received(b"b", 10)
    assert heart.unanswered == 1
    assert heart.oldest_unanswered_ns == 3
    assert list(heart.rtt_ns) == [8]


def test_an_unsolicited_pong_is_counted_and_measures_nothing() -> None:
    heart = Heartbeat()
    heart.ping_sent(b"a", 1)
    heart.pong_received(b"never sent", 5)
    assert heart.pongs_received == 1
    assert heart.last_rtt_ns is None
    assert heart.unanswered == 1


def test_the_same_payload_again_is_measured_from_the_newest() -> None:
    heart = Heartbeat()
    heart.ping_sent(b"", 1)
    heart.ping_sent(b"", 100)
    heart.pong_received(b"", 101)
    assert list(heart.rtt_ns) == [1]
    assert heart.unanswered == 0


def test_pings_that_nobody_answers_do_not_pile_up() -> None:
    heart = Heartbeat()
    for number in range(5000):
        heart.ping_sent(str(number).encode(), number)
    assert heart.pings_sent == 5000
    assert heart.unanswered <= 1000
    assert heart.oldest_unanswered_ns == 4000
