"""What every test may use."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.peers.fixtures"]

# A busy machine is no counterexample: how long an example takes by the clock on the wall says nothing about it.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
