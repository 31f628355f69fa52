"""Ready-made frames break the rule that they are named for, and nothing else is called a breach."""

from __future__ import annotations

import pytest

from wsinspect.tui.raw_frame import BREACHES, Breach, broken_rules
from wsinspect.tui.typed import parse_typed
from wsinspect.wire.inflate import DeflateParams

_SAID = {
    "rsv1": "RSV1 set",
    "rsv2": "RSV2 set",
    "rsv3": "RSV3 set",
    "reserved-data": "opcode 3 is reserved",
    "reserved-control": "opcode 11 is reserved",
    "unmasked": "did not mask",
    "oversized-ping": "126 bytes",
    "fragmented-ping": "without FIN",
    "bad-utf8": "UTF-8",
    "surrogate": "UTF-8",
    "continuation": "continuation",
    "open-message": "stays open",
    "close-1005": "1005",
    "close-1006": "1006",
    "close-1015": "1015",
    "close-999": "999",
    "close-1-byte": "one byte",
    "close-bad-utf8": "UTF-8",
    "close-long": "126 bytes",
}


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: breach.id)
def test_each_breaks_its_rule(breach: Breach) -> None:
    assert any(_SAID[breach.id] in line for line in broken_rules(parse_typed(breach.typed)))


@pytest.mark.parametrize(
    "typed", ["/raw hi", "/raw ping hi", "/raw code=1000 bye", "/raw close", "hi", "/ping"]
)
def test_what_follows_the_rules_is_no_breach(typed: str) -> None:
    assert broken_rules(parse_typed(typed)) == []


def test_rsv1_is_judged_by_what_was_negotiated() -> None:
    broken = broken_rules(parse_typed("/raw rsv1 ping"), DeflateParams())
    assert any("RSV1" in line for line in broken)
    compressed = parse_typed("/raw rsv1 hex ca 48 cd c9 c9 07 00")
    assert broken_rules(compressed, DeflateParams()) == []
    assert broken_rules(compressed) != []
