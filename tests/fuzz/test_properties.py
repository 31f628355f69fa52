"""Every property for a few seconds; `python -m tests.fuzz` goes on for as long as one likes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.properties import PROPERTIES

EXAMPLES = {
    "whole_stack": 200,
    "recording": 80,
    "profiles": 100,
    "long_answers": 50,
    "filters": 80,
    "har_import": 80,
    "decoder": 150,
    "server_log": 150,
}
"""Fewer where one takes milliseconds."""
USUAL_EXAMPLES = 300


@pytest.mark.parametrize("name", PROPERTIES)
def test_property(name: str) -> None:
    holds, strategies = PROPERTIES[name]
    run = settings(
        max_examples=EXAMPLES.get(name, USUAL_EXAMPLES),
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )(given(*strategies)(holds))
    run()
