"""Every state machine for a few seconds."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.fuzz.machines import MACHINES


@pytest.mark.parametrize("name", MACHINES)
def test_machine(name: str) -> None:
    run_state_machine_as_test(
        MACHINES[name],
        settings=settings(
            max_examples=30,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
