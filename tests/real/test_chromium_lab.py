"""A real Chromium opens every scenario of the lab: the line that its console prints has to lead to the scenario's cause.

Chromium prints nothing when an open socket dies, so there the line's absence is the claim.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.peers.chromium import Chromium, ConsoleLine, chromium_browser
from wsinspect.diagnosis.console_lines import read_console_line
from wsinspect.lab.registry import scenarios
from wsinspect.lab.scenario import LabEndpoint, LabSettings, Scenario
from wsinspect.options import ResolveRule

pytestmark = pytest.mark.peer

SETTINGS = LabSettings(time_scale=0.1)
LONGEST_HOLD_S = 3.0
PATIENCE_S = 12
"""After so many failures Chromium holds each further attempt back for up to 5 s; this is well beyond."""

NOT_IN_A_PAGE: Mapping[str, str] = {
    "dns-no-address-records-family": "no page can ask for IPv6 alone",
    "healthy-plain-frames": "no page can leave the compression offer out",
    "tcp-localhost-ipv6-mismatch": "Chromium asks no resolver for localhost: it knows ::1 and 127.0.0.1",
    "tcp-timeout-blackhole": "Chromium waits two minutes before it says so",
    "upgrade-hang-never-accepted": "Chromium waits four minutes before it says so",
    "upgrade-hang": "Chromium waits four minutes before it says so",
    "tls-handshake-timeout": "Chromium waits four minutes before it says so",
    "proxy-tunnel-broken-silent": "Chromium waits minutes for a proxy",
    "proxy-env-applied-to-localhost": "the environment of a command-line client, which no page has",
    "transparent-middlebox-strips-upgrade": "needs port 80 led elsewhere",
    "tls-local-configuration": "a page has no file of a client certificate to be missing",
    "http-headers-too-large": "a page's cookies are not that large",
    "http-headers-too-large-node": "a page's cookies are not that large",
    "ext-invalid-unoffered-deflate": "no page can leave the compression offer out",
    "keepalive-ping-timeout": "a browser always answers pings",
}
"""Scenarios that need what a page can't set, and why."""

OPENED_AND_DIED = frozenset({"close-code", "idle", "healthy"})
"""Stages where the socket opens and dies, or lives, in silence."""
DIED_IN_SILENCE = frozenset(
    {
        *("open-then-fin", "open-then-rst", "server-crash-on-frame", "open-but-buffered"),
        *("plain-ws-client-to-socketio", "proto-unmasked-client", "proto-invalid-utf8-sent"),
        *("message-too-big", "unsupported-data", "client-violates-app-protocol"),
    }
)

OPEN_ALL = """
Promise.all(%s.map((way) => new Promise((resolve) => {
  let opened = false, socket;
  try {
    socket = new WebSocket(way.url, way.protocols);
  } catch (error) {
    console.error(String(error));
    return resolve({opened, code: null});
  }
  setTimeout(() => resolve({opened, code: null}), %d * 1000);
  socket.onopen = () => {
    opened = true;
    for (const text of way.send) socket.send(text);
    setTimeout(() => socket.close(), way.hold_s * 1000);
  };
  socket.onclose = (event) => resolve({opened, code: event.code});
  if (way.abort_after_s !== null) setTimeout(() => socket.close(), way.abort_after_s * 1000);
})))
"""


@dataclass(frozen=True)
class Seen:
    """What a page saw of one scenario."""

    opened: bool
    code: int | None
    """Of the close event; None if there was none."""
    lines: tuple[str, ...]


@asynccontextmanager
async def serving_all() -> AsyncIterator[dict[str, LabEndpoint]]:
    async with AsyncExitStack() as stack:
        yield {
            each.id: await stack.enter_async_context(each.serve(SETTINGS))
            for each in scenarios()
            if each.id not in NOT_IN_A_PAGE
        }


def way_of(endpoint: LabEndpoint) -> dict[str, Any]:
    """What the page's script is given."""
    return {
        "url": endpoint.url,
        "protocols": endpoint.overrides.get("subprotocols", ()),
        "send": endpoint.send,
        "hold_s": min(endpoint.hold_s, LONGEST_HOLD_S),
        "abort_after_s": endpoint.abort_after_s,
    }


def resolve_rules(endpoint: LabEndpoint) -> tuple[ResolveRule, ...]:
    rules = endpoint.overrides.get("resolve", ())
    assert isinstance(rules, tuple)
    return rules


def host_rules(endpoints: Mapping[str, LabEndpoint]) -> str:
    """Names of the lab as Chromium's resolver has to answer them; other names are not known to anybody."""
    rules = {
        f"MAP {rule.host} {rule.addresses[0]}"
        for endpoint in endpoints.values()
        for rule in resolve_rules(endpoint)
    }
    return ", ".join((*sorted(rules), "MAP *.invalid ~NOTFOUND", "MAP chat.* ~NOTFOUND", "MAP x* ~NOTFOUND"))


async def seen_by(browser: Chromium, endpoints: Mapping[str, LabEndpoint]) -> dict[str, Seen]:
    """Open all endpoints, in one page but for those behind a proxy, which is the browser context's."""
    direct = {key: each for key, each in endpoints.items() if not each.overrides.get("proxy")}
    seen = await seen_in_one_page(browser, direct)
    for key, endpoint in endpoints.items():
        if key not in direct:
            proxy = str(endpoint.overrides["proxy"]).replace("socks5h:", "socks5:")
            seen |= await seen_in_one_page(browser, {key: endpoint}, proxy=proxy)
    return seen


async def seen_in_one_page(
    browser: Chromium, endpoints: Mapping[str, LabEndpoint], proxy: str | None = None
) -> dict[str, Seen]:
    ways = [way_of(endpoint) for endpoint in endpoints.values()]
    result = await browser.run(OPEN_ALL % (json.dumps(ways), PATIENCE_S), proxy=proxy)
    seen = {}
    for (key, endpoint), event in zip(endpoints.items(), result.value, strict=True):
        lines = tuple(line.text for line in result.console if is_about(line, endpoint))
        seen[key] = Seen(event["opened"], event["code"], lines)
    return seen


def is_about(line: ConsoleLine, endpoint: LabEndpoint) -> bool:
    return endpoint.url in line.text


def problem(scenario: Scenario, seen: Seen) -> str | None:
    """Return what is wrong with a scenario's console, None if it is as it has to be."""
    if scenario.stage in OPENED_AND_DIED or scenario.id in DIED_IN_SILENCE:
        if seen.lines:
            return f"printed {seen.lines}"
        return None if seen.opened else f"never opened, closed with {seen.code}"
    if not seen.lines:
        return f"printed nothing; opened: {seen.opened}, closed with {seen.code}"
    for line in seen.lines:
        read = read_console_line(line)
        causes = [cause.id for cause in read.causes] if read is not None else []
        if scenario.cause not in causes:
            return f"{line!r} was read as {causes}"
    return None


async def test_every_line_leads_to_its_cause(tmp_path: Path) -> None:
    async with serving_all() as endpoints:
        roots = [Path(str(e.overrides["ca_file"])) for e in endpoints.values() if "ca_file" in e.overrides]
        rules = f"--host-resolver-rules={host_rules(endpoints)}"
        with chromium_browser(tmp_path, rules, roots=roots) as browser:
            seen = await seen_by(browser, endpoints)
    problems = {
        each.id: found for each in scenarios() if each.id in seen and (found := problem(each, seen[each.id]))
    }
    assert not problems, "\n".join(f"{key}: {found}" for key, found in problems.items())


@pytest.mark.parametrize("scenario_id", NOT_IN_A_PAGE)
def test_what_is_left_out_exists(scenario_id: str) -> None:
    assert scenario_id in {each.id for each in scenarios()}
