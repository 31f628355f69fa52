"""A client that knows nothing: connects, writes what it is given, and returns what comes back and how it ended."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from wsinspect.lab.registry import scenario
from wsinspect.lab.scenario import LabEndpoint, LabSettings

FAST = LabSettings(time_scale=0.05)
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
"""RFC 6455 section 1.3: the accept value of `KEY`."""
REQUEST = (
    "GET / HTTP/1.1\r\nHost: lab\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
).encode()
MASKED_HELLO = bytes.fromhex("8185 37fa213d 7f9f4d5158")
"""RFC 6455 section 5.7: a masked text message, `Hello`."""


@dataclass(frozen=True)
class Heard:
    data: bytes
    end: Literal["fin", "rst", "silence"]

    @property
    def after_head(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[2]


@asynccontextmanager
async def served(scenario_id: str) -> AsyncIterator[LabEndpoint]:
    async with scenario(scenario_id).serve(FAST) as endpoint:
        yield endpoint


def port_of(endpoint: LabEndpoint) -> int:
    proxy = endpoint.overrides["proxy"]
    assert isinstance(proxy, str)
    rules = endpoint.overrides.get("connect_to")
    if isinstance(rules, tuple):
        (rule,) = rules
        return int(rule.to_port)
    port = urlsplit(proxy or endpoint.url).port
    assert port is not None
    return port


async def hear(
    endpoint: LabEndpoint,
    *writes: bytes,
    context: ssl.SSLContext | None = None,
    server_name: str | None = None,
    until: bytes | None = None,
    patience_s: float = 5.0,
) -> Heard:
    """Connect, write, and read until the server ends the connection, `until` has come, or `patience_s` is over."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port_of(endpoint), ssl=context, server_hostname=server_name
    )
    data = b""
    try:
        for chunk in writes:
            writer.write(chunk)
        async with asyncio.timeout(patience_s):
            while more := await reader.read(65536):
                data += more
                if until is not None and until in data:
                    return Heard(data, "silence")
        return Heard(data, "fin")
    except ConnectionError:
        return Heard(data, "rst")
    except TimeoutError:
        return Heard(data, "silence")
    finally:
        writer.close()


async def hear_scenario(
    scenario_id: str, *writes: bytes, until: bytes | None = None, patience_s: float = 5.0
) -> Heard:
    async with served(scenario_id) as endpoint:
        return await hear(endpoint, *writes, until=until, patience_s=patience_s)


def trusting(endpoint: LabEndpoint) -> ssl.SSLContext:
    """A context that trusts what the endpoint says to trust."""
    ca_file = endpoint.overrides["ca_file"]
    assert isinstance(ca_file, str)
    return ssl.create_default_context(cafile=ca_file)
