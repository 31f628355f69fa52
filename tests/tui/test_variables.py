"""Variables are filled in, counted, or named as unknown; what is escaped stays."""

from __future__ import annotations

import pytest

from wsinspect.errors import UsageError
from wsinspect.tui.variables import Variables


def _variables(**own: str) -> Variables:
    return Variables({"TOKEN": "t0p"}, own, now_s=lambda: 1700000000.5, new_uuid=lambda: "u-1")


@pytest.mark.parametrize(
    ("typed", "filled"),
    [
        ("${timestamp}", "1700000000"),
        ("${timestamp_ms}", "1700000000500"),
        ("${time}", "2023-11-14T22:13:20.500000Z"),
        ("<${uuid}>", "<u-1>"),
        ("${TOKEN}", "t0p"),
        ("${user}", "bob"),
        ("${auth}", "Bearer t0p"),
        ("$${TOKEN}", "${TOKEN}"),
        ("$TOKEN ${} ${a b}", "$TOKEN ${} ${a b}"),
    ],
)
def test_values(typed: str, filled: str) -> None:
    assert _variables(user="bob", auth="Bearer ${TOKEN}").fill(typed) == filled


def test_the_counter_goes_on_with_what_was_sent() -> None:
    variables = _variables()
    assert variables.fill("${counter}${counter}") == "11"
    variables.sent("nothing of it")
    variables.sent("$${counter}")
    assert variables.fill("${counter}") == "1"
    variables.sent("${counter}")
    assert variables.fill("${counter}") == "2"


def test_the_profile_goes_before_the_environment() -> None:
    assert _variables(TOKEN="mine").fill("${TOKEN}") == "mine"


@pytest.mark.parametrize(
    ("typed", "said"), [("${TOKN}", "did you mean 'TOKEN'?"), ("${x9}", "$${x9} sends it")]
)
def test_an_unknown_one_is_refused(typed: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        _variables().fill(typed)
    assert said in str(caught.value)
