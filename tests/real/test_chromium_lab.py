"""A real Chromium opens every scenario of the lab: the line that its console prints has to lead to the scenario's cause.

Chromium prints nothing when an open socket dies, so there the line's absence is the claim.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.peers.chromium import Chromium, chromium_browser
from wsinspect.diagnosis.console_lines import read_console_line
from wsinspect.lab.registry import scenario, scenarios
from wsinspect.lab.scenario import LabEndpoint, LabSettings, Scenario
from wsinspect.options import ResolveRule

pytestmark = pytest.mark.peer

SETTINGS = LabSettings(time_scale=0.1)
LONGEST_HOLD_S = 3.0
PATIENCE_S = 40
"""After so many failures Chromium holds each further attempt back for up to 5 s; this is well beyond, on a busy machine too."""
OPEN_PATIENCE_S = 9
"""Some open connections are silent for much longer."""

HSTS = "the name is on the HSTS preload list, so Chromium asks for wss"

NOT_IN_A_PAGE: Mapping[str, str] = {
    "dns-no-address-records-family": "no page can ask for IPv6 alone",
    "healthy-plain-frames": "no page can leave the compression offer out",
    "tcp-localhost-ipv6-mismatch": "Chromium asks no resolver for localhost: it knows ::1 and 127.0.0.1",
    "tcp-timeout-blackhole": "Chromium waits two minutes before it says so",
    "tcp-accept-silent": "Chromium waits four minutes before it says so",
    "upgrade-hang": "Chromium waits four minutes before it says so",
    "upgrade-partial-response-slow": "Chromium waits for as long as bytes arrive, and opens in the end",
    "tls-handshake-timeout": "Chromium waits four minutes before it says so",
    "proxy-tunnel-broken-silent": "Chromium waits minutes for a proxy",
    "proxy-env-applied-to-localhost": "the environment of a command-line client, which no page has",
    "transparent-middlebox-strips-upgrade": "needs port 80 led elsewhere",
    "tls-local-configuration": "a page has no file of a client certificate to be missing",
    "http-headers-too-large": "a page's cookies are not that large",
    "http-headers-too-large-node": "a page's cookies are not that large",
    "ext-invalid-unoffered-deflate": "no page can leave the compression offer out",
    "vite-proxy-ws-false": "needs vite's port led elsewhere",
    "next-dev-hmr-custom-server": "Chromium waits four minutes before it says so",
    "daphne-subprotocol-hang": "no page reconnects by itself with other subprotocols",
    "tunnel-services": HSTS,
    "cloud-run": HSTS,
    "appengine-firebase-no-ws": HSTS,
    "vercel-netlify-no-ws": HSTS,
    "render-railway-fly": HSTS,
    "keepalive-ping-timeout": "a browser always answers pings",
}
"""Scenarios that need what a page can't set, and why."""

REFUSED_BY_CHROMIUM = frozenset({"violation", "early-close"})
"""Stages where a socket opens, and Chromium itself may refuse what comes then: it says so."""
DIED_IN_SILENCE = frozenset(
    {
        *("open-then-fin", "open-then-rst", "server-crash-on-frame", "open-but-buffered"),
        *("plain-ws-client-to-socketio", "proto-unmasked-client", "proto-invalid-utf8-sent"),
        *("message-too-big", "unsupported-data", "client-violates-app-protocol", "close-unanswered"),
    }
)
"""The scenarios of those stages that Chromium has no reason to refuse."""
REFUSED_BY_CHROMIUM_TOO = frozenset(
    {
        *("engineio-version-mismatch", "proto-length-nonminimal-2-to-the-63"),
        *("frames-after-close", "frames-after-close-storm"),
    }
)
"""Scenarios of other stages that open, and go on with what Chromium refuses."""
PAGE_TIMEOUT_S = 240.0
"""For all that a page does, many of them at once on a loaded machine."""
PAGE_SIZE = 60
"""Sockets in one page; a renderer has 255 at most."""

NO_OTHER_NAMES = ("MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1", "EXCLUDE localhost")
"""The end of the resolver's rules: nobody is asked for a name that the lab does not give."""

OPEN_ALL = """
Promise.all(%s.map((way) => new Promise((resolve) => {
  let opened = false, socket;
  try {
    socket = new WebSocket(way.url, way.protocols);
  } catch (error) {
    return resolve({opened, code: null, url: way.url, thrown: `Uncaught ${error}`});
  }
  const giveUp = () => resolve({opened, code: null, url: socket.url});
  setTimeout(giveUp, %d * 1000);
  socket.onopen = () => {
    opened = true;
    setTimeout(giveUp, way.patience_s * 1000);
    for (const text of way.send) socket.send(text);
    setTimeout(() => socket.close(), way.hold_s * 1000);
  };
  socket.onclose = (event) => resolve({opened, code: event.code, url: socket.url});
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


def is_refused(each: Scenario) -> bool:
    """Whether a socket opens, and Chromium itself refuses what comes then."""
    in_stage = each.stage in REFUSED_BY_CHROMIUM and each.id not in DIED_IN_SILENCE
    return in_stage or each.id in REFUSED_BY_CHROMIUM_TOO


def way_of(key: str, endpoint: LabEndpoint) -> dict[str, Any]:
    """What the page's script is given. A socket that Chromium refuses is not closed before Chromium has come to it."""
    refused = is_refused(scenario(key))
    return {
        "url": endpoint.url,
        "protocols": endpoint.overrides.get("subprotocols", ()),
        "send": endpoint.send,
        "hold_s": PATIENCE_S if refused else min(endpoint.hold_s, LONGEST_HOLD_S),
        "patience_s": PATIENCE_S if refused else OPEN_PATIENCE_S,
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
    return ", ".join((*sorted(rules), *NO_OTHER_NAMES))


async def seen_by(browser: Chromium, endpoints: Mapping[str, LabEndpoint]) -> dict[str, Seen]:
    """Open all endpoints, in pages side by side; one behind a proxy has a page, and so a proxy, of its own."""
    direct = [(key, each) for key, each in endpoints.items() if not each.overrides.get("proxy")]
    pages = [
        seen_in_one_page(browser, dict(direct[start : start + PAGE_SIZE]))
        for start in range(0, len(direct), PAGE_SIZE)
    ]
    for key, endpoint in endpoints.items():
        if proxy := endpoint.overrides.get("proxy"):
            way = str(proxy).replace("socks5h:", "socks5:")
            pages.append(seen_in_one_page(browser, {key: endpoint}, proxy=way))
    seen: dict[str, Seen] = {}
    for page in await asyncio.gather(*pages):
        seen |= page
    return seen


async def seen_in_one_page(
    browser: Chromium, endpoints: Mapping[str, LabEndpoint], proxy: str | None = None
) -> dict[str, Seen]:
    ways = [way_of(key, endpoint) for key, endpoint in endpoints.items()]
    result = await browser.run(
        OPEN_ALL % (json.dumps(ways), PATIENCE_S), proxy=proxy, timeout_s=PAGE_TIMEOUT_S
    )
    seen = {}
    for key, event in zip(endpoints, result.value, strict=True):
        # The URL as the browser wrote it, which is how its console names it.
        lines = tuple(line.text for line in result.console if f"'{event['url']}'" in line.text)
        if "thrown" in event:
            lines = (event["thrown"],)
        seen[key] = Seen(event["opened"], event["code"], lines)
    return seen


def problem(scenario: Scenario, seen: Seen) -> str | None:
    """Return what is wrong with a scenario's console, None if it is as it has to be."""
    if seen.opened and not is_refused(scenario):
        return f"printed {seen.lines}" if seen.lines else None
    if scenario.cause is None:
        return f"never opened, closed with {seen.code}"
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
