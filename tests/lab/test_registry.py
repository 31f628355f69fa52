"""The list of scenarios: complete, unique, cheap."""

from __future__ import annotations

import subprocess
import sys

import pytest

from wsinspect.lab.registry import scenario, scenarios
from wsinspect.lab.scenario import UnknownScenarioError

STAGES = {
    "healthy", "client", "dns", "tcp", "proxy", "tls", "http",
    "handshake", "early-close", "violation", "close-code", "idle", "framework", "intermediary", "cloud", "hostile",
}  # fmt: skip


def test_an_id_is_its_cause_or_its_cause_with_a_suffix() -> None:
    for entry in scenarios():
        assert entry.stage in STAGES
        assert entry.title
        assert (
            entry.id == entry.cause
            or entry.id.startswith(f"{entry.cause or 'healthy'}-")
            or entry.id == "healthy"
        )


def test_an_unknown_id_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UnknownScenarioError) as refused:
        scenario("tcp-refusd")
    assert str(refused.value) == "unknown lab scenario 'tcp-refusd'; did you mean 'tcp-refused'?"


def test_an_unknown_id_far_from_all_points_at_the_list() -> None:
    with pytest.raises(UnknownScenarioError, match="--list"):
        scenario("zzzzzzzz")


def test_listing_loads_no_certificates_no_server_and_no_terminal_ui() -> None:
    program = (
        "import sys; from wsinspect.lab.registry import scenarios; assert scenarios(); "
        "print([name for name in sys.modules if name.split('.')[0] in ('cryptography', 'websockets', 'textual')])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
