"""Names that give no address, or a wrong one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wsinspect.lab.resolver import NO_ADDRESS, NOT_KNOWN, TRY_AGAIN, failing_name
from wsinspect.lab.scenario import LabEndpoint, LabSettings, Scenario
from wsinspect.lab.servers import closed_port
from wsinspect.options import ResolveRule

STAGE = "dns"


def _failing(
    scenario_id: str, title: str, name: str, failure: tuple[int, str], *, cause: str | None = None
) -> Scenario:
    @asynccontextmanager
    async def serve(_: LabSettings) -> AsyncIterator[LabEndpoint]:
        with failing_name(name, failure):
            yield LabEndpoint(url=f"ws://{name}/socket", overrides={"proxy": ""})

    return Scenario(id=scenario_id, stage=STAGE, title=title, cause=cause or scenario_id, serve=serve)


@asynccontextmanager
async def _other_family_only(_: LabSettings) -> AsyncIterator[LabEndpoint]:
    with closed_port() as port:
        yield LabEndpoint(url=f"ws://127.0.0.1:{port}/", overrides={"proxy": "", "family": "ipv6"})


@asynccontextmanager
async def _sinkholed(_: LabSettings) -> AsyncIterator[LabEndpoint]:
    with closed_port() as port:
        rule = ResolveRule(host="telemetry.example.com", port=0, addresses=("0.0.0.0",))
        yield LabEndpoint(
            url=f"ws://telemetry.example.com:{port}/", overrides={"proxy": "", "resolve": (rule,)}
        )


@asynccontextmanager
async def _empty_label(_: LabSettings) -> AsyncIterator[LabEndpoint]:
    yield LabEndpoint(url="ws://chat..example.com/socket", overrides={"proxy": ""})


@asynccontextmanager
async def _long_label(_: LabSettings) -> AsyncIterator[LabEndpoint]:
    yield LabEndpoint(url=f"ws://{'x' * 64}.example.com/socket", overrides={"proxy": ""})


SCENARIOS = (
    _failing("dns-nxdomain", "The name does not exist", "no-such-host.invalid", NOT_KNOWN),
    _failing("dns-temporary-failure", "The resolver does not answer", "resolver-down.invalid", TRY_AGAIN),
    _failing(
        "dns-no-address-records", "The name exists and has no address", "no-address.invalid", NO_ADDRESS
    ),
    Scenario(
        id="dns-no-address-records-family",
        stage=STAGE,
        title="Only an IPv4 address, and IPv6 is asked for",
        cause="dns-no-address-records",
        serve=_other_family_only,
    ),
    Scenario(
        id="dns-wrong-or-sinkholed-address",
        stage=STAGE,
        title="A filter answers 0.0.0.0 for a public name",
        cause="dns-wrong-or-sinkholed-address",
        serve=_sinkholed,
    ),
    Scenario(
        id="dns-idna-label-invalid",
        stage=STAGE,
        title="The name has an empty label",
        cause="dns-idna-label-invalid",
        serve=_empty_label,
    ),
    Scenario(
        id="dns-idna-label-invalid-length",
        stage=STAGE,
        title="A label of the name is longer than 63 bytes",
        cause="dns-idna-label-invalid",
        serve=_long_label,
    ),
)
