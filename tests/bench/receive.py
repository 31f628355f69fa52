"""Peers that only count: `python -m tests.bench.receive websockets|picows URL [--cacert FILE] [--deflate]`.

Prints frames a second from the opening handshake to the Close; with `--connect` the milliseconds until it is open.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import ssl
import sys
import time
from typing import Any


async def with_websockets(url: str, context: ssl.SSLContext | None, *, deflate: bool) -> float:
    """Count with the `websockets` asyncio client."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed

    count = 0
    async with connect(
        url,
        compression="deflate" if deflate else None,
        max_size=None,
        ping_interval=None,
        proxy=None,
        ssl=context,
    ) as connection:
        began = last = time.perf_counter()
        try:
            while True:
                await connection.recv()
                count += 1
                last = time.perf_counter()
        except ConnectionClosed:
            pass
    return count / (last - began)


async def connecting(url: str, context: ssl.SSLContext | None) -> float:
    """Return the milliseconds that the `websockets` asyncio client takes to connect."""
    from websockets.asyncio.client import connect

    began = time.perf_counter()
    async with connect(url, proxy=None, ssl=context):
        return (time.perf_counter() - began) * 1000


async def with_picows(url: str, context: ssl.SSLContext | None) -> float:
    """Count with picows, a compiled client that reads headers and nothing more."""
    # Not among the project's dependencies: measured where somebody installed it.
    picows: Any = importlib.import_module("picows")

    class Listener(picows.WSListener):  # type: ignore[misc]  # the module has no types that mypy could see
        count = 0
        began = took = 0.0

        def on_ws_connected(self, _: object) -> None:
            self.began = time.perf_counter()

        def on_ws_frame(self, transport: Any, frame: Any) -> None:
            self.count += 1
            if frame.msg_type == picows.WSMsgType.CLOSE:
                self.took = time.perf_counter() - self.began
                transport.disconnect()

    transport, listener = await picows.ws_connect(Listener, url, ssl_context=context)
    await transport.wait_disconnected()
    return float(listener.count / listener.took)


def main() -> None:
    """Run the peer that the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("peer", choices=("websockets", "picows"))
    parser.add_argument("url")
    parser.add_argument("--cacert")
    parser.add_argument("--deflate", action="store_true")
    parser.add_argument("--connect", action="store_true")
    asked = parser.parse_args()
    context = ssl.create_default_context(cafile=asked.cacert) if asked.cacert else None
    if asked.connect:
        rate = asyncio.run(connecting(asked.url, context))
    elif asked.peer == "picows":
        rate = asyncio.run(with_picows(asked.url, context))
    else:
        rate = asyncio.run(with_websockets(asked.url, context, deflate=asked.deflate))
    sys.stdout.write(f"{rate}\n")


if __name__ == "__main__":
    main()
