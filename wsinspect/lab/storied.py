"""From a story to a scenario: how the client comes to it is data, so that a stage is a readable table."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Literal

from wsinspect.lab.opening import answer
from wsinspect.lab.peer import Peer
from wsinspect.lab.scenario import LabEndpoint, LabSettings, Scenario
from wsinspect.lab.servers import Story, serving
from wsinspect.options import ConnectToRule, ResolveRule

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """How the client comes to a story's server."""

    host: str = LOOPBACK
    """Host in the URL; a name is resolved to the server by a rule of its own, so that no resolver is asked."""
    default_port: bool = False
    """Whether the URL has the scheme's own port; a rule leads from there to the server's."""
    url_port: int | None = None
    """Port in the URL, where the cause is told by it; a rule leads from there to the server's."""
    path: str = "/"
    options: Mapping[str, object] = field(default_factory=dict)
    """Fields of `ConnectOptions`."""
    timeouts_s: Mapping[str, float] = field(default_factory=dict)
    """Fields of `ConnectOptions` in seconds, to which the lab's time scale applies."""
    send: tuple[str, ...] = ()
    hold_s: float = 2.0
    as_proxy: Literal["http", "socks5h"] | None = None
    """The story is told by a proxy on the way to `host`, not by `host`."""

    def endpoint(self, settings: LabSettings, *, port: int, tls: TlsSetup | None = None) -> LabEndpoint:
        """Describe the client's way to the loopback server at `port`; with `tls` it is wss."""
        overrides: dict[str, object] = {"proxy": ""}
        overrides |= {name: settings.scaled(seconds) for name, seconds in self.timeouts_s.items()}
        scheme, authority = "wss" if tls else "ws", f"{self.host}:{port}"
        if self.default_port:
            authority = self.host
            overrides["connect_to"] = (self._led_to(port),)
        elif self.url_port is not None:
            authority = f"{self.host}:{self.url_port}"
            overrides["connect_to"] = (self._led_to(port),)
        elif self.as_proxy:
            authority = self.host
            overrides["proxy"] = f"{self.as_proxy}://{LOOPBACK}:{port}"
        elif self.host != LOOPBACK:
            overrides["resolve"] = (ResolveRule(host=self.host, port=0, addresses=(LOOPBACK,)),)
        return LabEndpoint(
            url=f"{scheme}://{authority}{self.path}",
            overrides={**overrides, **(tls.options if tls else {}), **self.options},
            send=self.send,
            hold_s=self.hold_s,
        )

    def _led_to(self, port: int) -> ConnectToRule:
        return ConnectToRule(host=self.host, port=0, to_host=LOOPBACK, to_port=port)


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSetup:
    """What a story's server speaks TLS with, and what the client is given to trust it with."""

    context: ssl.SSLContext | None
    """None where the story deals with the ClientHello itself."""
    options: Mapping[str, object] = field(default_factory=dict)
    """Fields of `ConnectOptions`, such as the file of the authority that signed."""


Tls = Callable[[], AbstractContextManager[TlsSetup]]
"""Makes certificates when the scenario is served, and removes them when it ends."""


@contextmanager
def raw_tls() -> Iterator[TlsSetup]:
    """Make the client speak TLS to a story that answers with bytes of its own."""
    yield TlsSetup(context=None)


def storied(
    stage: str,
    scenario_id: str,
    title: str,
    story: Story,
    *,
    cause: str | None = None,
    likelier: str | None = None,
    takes_s: float | None = None,
    approach: Approach | None = None,
    tls: Tls | None = None,
) -> Scenario:
    """Make a scenario of `story`; `cause` is its id unless another is named."""
    way = approach or Approach()

    @asynccontextmanager
    async def serve(settings: LabSettings) -> AsyncIterator[LabEndpoint]:
        with tls() if tls else nullcontext() as setup:
            async with serving(story, settings, tls=setup.context if setup else None) as port:
                yield way.endpoint(settings, port=port, tls=setup)

    return Scenario(
        id=scenario_id,
        stage=stage,
        title=title,
        cause=cause or scenario_id,
        serve=serve,
        likelier=likelier,
        takes_s=takes_s,
    )


def answering(head_text: str, body: str = "", *, after_s: float = 0.0) -> Story:
    """Tell the story of a server that reads the request, answers this (see `opening.answer`) and closes."""

    async def story(peer: Peer) -> None:
        await peer.read_request()
        if after_s:
            await peer.pause(after_s)
        await peer.send(answer(head_text, body))

    return story
