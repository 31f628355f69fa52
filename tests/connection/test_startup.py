"""What a connection that never reaches HTTP doesn't have to load."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import asyncio, socket, sys
from wsinspect.connection.manager import ConnectionManager
from wsinspect.options import ConnectOptions
with socket.create_server(("127.0.0.1", 0)) as listener:
    port = listener.getsockname()[1]
seen = []
options = ConnectOptions(url=f"ws://127.0.0.1:{port}/")
asyncio.run(ConnectionManager(options, seen.append, environ={}).run())
failed = next(event for event in seen if type(event).__name__ == "StepFailed")
assert failed.kind == "refused", failed
heavy = ("websockets", "cryptography", "truststore", "python_socks", "textual")
print(sorted(heavy_one for heavy_one in heavy if heavy_one in sys.modules))
"""


def test_a_refused_port_loads_no_library_of_the_later_steps() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


LATE = """
import asyncio, sys
from wsinspect.connection.manager import ConnectionManager
from wsinspect.options import ConnectOptions
loaded = {}
async def main():
    async def peer(reader, writer):
        await reader.readuntil(b"\\r\\n\\r\\n")
        writer.close()
    server = await asyncio.start_server(peer, "127.0.0.1", 0)
    def seen(event):
        if type(event).__name__ in ("StepStarted", "StepFailed") and event.step == "upgrade":
            loaded[type(event).__name__] = set(sys.modules)
    options = ConnectOptions(url=f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    await ConnectionManager(options, seen, environ={}).run()
    server.close()
asyncio.run(main())
print(sorted(name for name in loaded["StepFailed"] - loaded["StepStarted"] if name.startswith("websockets")))
"""


def test_the_time_of_the_upgrade_is_the_peers_and_not_that_of_loading() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LATE], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
