"""Section 2 of the catalogue: the name."""

from __future__ import annotations

import pytest

from tests.diagnosis.story import (
    Story,
    answered,
    begun,
    failed,
    happened,
    opened,
    reached,
    resolved,
    started,
    through_proxy,
)
from tests.diagnosis.table import Row, check, fires, silent
from wsinspect.diagnosis.cause import Certainty, Side
from wsinspect.events import (
    Address,
    AddressAttempted,
    AddressFailed,
    FailureKind,
    Step,
)

CERTAIN, LIKELY, POSSIBLE = Certainty.CERTAIN, Certainty.LIKELY, Certainty.POSSIBLE


def unresolved(kind: FailureKind, url: str = "wss://chat.site.io/", **options: object) -> Story:
    return started(url, **options) + begun(Step.RESOLVE) + failed(Step.RESOLVE, kind, "the resolver's words")


def tcp_failed(url: str, *addresses: str, kind: FailureKind = FailureKind.REFUSED) -> Story:
    """The name has these addresses, and each of them fails in this way."""
    story = started(url) + resolved(*addresses) + begun(Step.TCP)
    for text in addresses:
        address = Address("ipv6" if ":" in text else "ipv4", text, 443)
        story += happened(AddressAttempted, address=address)
        story += happened(AddressFailed, address=address, kind=kind, message=str(kind))
    return story + failed(Step.TCP, kind, f"every address: {kind}")


ROWS = (
    fires("dns-nxdomain", CERTAIN, unresolved(FailureKind.NAME_NOT_FOUND)),
    silent("dns-nxdomain", unresolved(FailureKind.NAME_TEMPORARY_FAILURE)),
    silent("dns-nxdomain", tcp_failed("wss://chat.site.io/", "198.51.100.1")),
    fires("dns-temporary-failure", CERTAIN, unresolved(FailureKind.NAME_TEMPORARY_FAILURE)),
    fires("dns-temporary-failure", CERTAIN, unresolved(FailureKind.TIMED_OUT)),
    silent("dns-temporary-failure", unresolved(FailureKind.NAME_NOT_FOUND)),
    silent("dns-temporary-failure", tcp_failed("wss://chat.site.io/", "198.51.100.1", kind=FailureKind.TIMED_OUT)),
    fires("dns-no-address-records", CERTAIN, unresolved(FailureKind.NAME_WITHOUT_ADDRESS)),
    fires("dns-no-address-records", CERTAIN, unresolved(FailureKind.NAME_WITHOUT_ADDRESS, family="ipv6")),
    silent("dns-no-address-records", unresolved(FailureKind.NAME_NOT_FOUND)),
    fires("dns-idna-label-invalid", CERTAIN, unresolved(FailureKind.NAME_INVALID)),
    silent("dns-idna-label-invalid", unresolved(FailureKind.NAME_NOT_FOUND)),
    fires("dns-wrong-or-sinkholed-address", LIKELY, tcp_failed("wss://chat.site.io/", "0.0.0.0")),
    silent("dns-wrong-or-sinkholed-address", tcp_failed("wss://chat.site.io/", "203.0.113.9")),
    silent("dns-wrong-or-sinkholed-address", tcp_failed("wss://backend.internal/", "10.0.0.7")),
    silent("dns-wrong-or-sinkholed-address", tcp_failed("wss://localhost/", "127.0.0.1")),
    silent("dns-wrong-or-sinkholed-address", tcp_failed("wss://intranet/", "10.0.0.7")),
    silent("dns-wrong-or-sinkholed-address", opened("wss://chat.site.io/")),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_section_2(row: Row) -> None:
    check(row)


def test_a_private_address_of_a_public_looking_name_is_only_possible_and_stays_behind_what_happened() -> None:
    diagnosis = tcp_failed("wss://chat.site.io/", "10.1.2.3").diagnose()
    assert [(f.cause, f.certainty) for f in diagnosis.findings] == [
        ("tcp-refused", CERTAIN),
        ("dns-wrong-or-sinkholed-address", POSSIBLE),
    ]


def test_mixed_answers_are_no_sinkhole() -> None:
    assert (
        "dns-wrong-or-sinkholed-address"
        not in tcp_failed("wss://chat.site.io/", "0.0.0.0", "203.0.113.9").causes()
    )


def test_an_answer_over_http_clears_the_name() -> None:
    address = "10.1.2.3"
    story = started("ws://chat.site.io/") + reached(address) + answered("HTTP/1.1 500 Internal Server Error")
    assert "dns-wrong-or-sinkholed-address" not in story.causes()


def test_the_proxys_name_is_the_one_that_was_asked_for() -> None:
    story = started("wss://chat.site.io/") + through_proxy("http://prxy.corp:3128") + begun(Step.RESOLVE)
    diagnosis = (story + failed(Step.RESOLVE, FailureKind.NAME_NOT_FOUND, "no such host")).diagnose()
    assert diagnosis.answer is not None
    assert diagnosis.answer.cause == "proxy-unreachable"


def test_our_own_option_is_named_where_it_leaves_no_address() -> None:
    answer = unresolved(FailureKind.NAME_WITHOUT_ADDRESS, family="ipv6").diagnose().answer
    assert answer is not None
    assert answer.side is Side.CLIENT
    assert "-6" in answer.headline
    assert "-6" in answer.fix[0]


def test_the_name_is_in_the_headline() -> None:
    answer = unresolved(FailureKind.NAME_NOT_FOUND).diagnose().answer
    assert answer is not None
    assert "chat.site.io" in answer.headline
    assert answer.evidence[0].text == "the resolver's words"
