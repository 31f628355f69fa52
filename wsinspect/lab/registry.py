"""All scenarios, in the order of the stages that a connection goes through."""

from __future__ import annotations

from functools import cache

from wsinspect.lab.scenario import Scenario, UnknownScenarioError
from wsinspect.lab.stages import (
    aws,
    client,
    close_codes,
    clouds,
    compiled,
    dev_servers,
    dns,
    early_close,
    edges,
    elixir_ruby_php,
    handshake,
    healthy,
    hostile,
    hostile_tls,
    http,
    idle,
    intermediaries,
    node,
    platforms,
    protocols,
    proxy,
    python,
    tcp,
    tls,
    violations,
)

_MODULES = (
    *(healthy, client, dns, tcp, proxy, tls, http, handshake, early_close, violations, close_codes, idle),
    *(node, dev_servers, python, compiled, elixir_ruby_php, protocols),
    *(intermediaries, edges, aws, clouds, platforms),
    *(hostile, hostile_tls),
)


def scenarios() -> tuple[Scenario, ...]:
    """Return every scenario; ids are unique."""
    return tuple(_by_id().values())


def scenario(scenario_id: str) -> Scenario:
    """Return one scenario. Raises UnknownScenarioError, which names the nearest id."""
    known = _by_id()
    try:
        return known[scenario_id]
    except KeyError:
        raise UnknownScenarioError(scenario_id, known) from None


@cache
def _by_id() -> dict[str, Scenario]:
    known: dict[str, Scenario] = {}
    for module in _MODULES:
        for entry in module.SCENARIOS:
            assert entry.id not in known, f"two lab scenarios are called {entry.id}"
            known[entry.id] = entry
    return known
