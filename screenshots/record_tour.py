"""Record the tour of the README: a real nginx that drops Upgrade in front of Node's `ws`, and then the same nginx, mended."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.peers.node_servers import node_servers
from tests.peers.process import (
    HOST,
    PeerError,
    accepts,
    find_program,
    free_ports,
    start,
    stop,
    wait_until_ready,
)
from wsinspect.connection.manager import ConnectionManager
from wsinspect.connection.recorder import Recorder
from wsinspect.events import Event
from wsinspect.options import ConnectOptions, ConnectToRule
from wsinspect.server_log.weave import LATE_S, LogWeaver
from wsinspect.tui.opening import warm_up

NAME = "tour"
URL = "ws://app.example/chat"
MENDED = (
    'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";'
)
LIMIT_S = 20.0


def record(path: Path) -> None:
    """Write the recording to `path`, without anything in it that is this machine's."""
    warm_up()
    with tempfile.TemporaryDirectory() as name, node_servers(Path(name)) as node:
        (port,) = free_ports(1)
        with ExitStack() as first, ExitStack() as second:
            first.enter_context(_nginx(Path(name), port, node.port("echo"), ""))

            def mend() -> None:
                first.close()
                second.enter_context(_nginx(Path(name), port, node.port("echo"), MENDED))

            asyncio.run(_record(path, port, Path(name) / "access.log", mend))
    path.chmod(0o644)


async def _record(path: Path, port: int, log: Path, mend: Callable[[], None]) -> None:
    recorder = Recorder(path)
    over = asyncio.Event()

    def sink(event: Event) -> None:
        recorder(event)
        weaver.saw(event)

    weaver = LogWeaver(log, sink)
    following = asyncio.create_task(weaver.run())
    rule = ConnectToRule(host="app.example", port=80, to_host=HOST, to_port=port)
    options = ConnectOptions(url=URL, proxy="", connect_to=(rule,), ping_interval_s=0.4)
    answered = 0

    def count(_opcode: object, _payload: bytes) -> None:
        nonlocal answered
        answered += 1
        if answered == 2:
            over.set()

    manager = ConnectionManager(options, sink, on_message=count, environ={})
    try:
        assert not await manager.open()
        await manager.wait_closed()
        await asyncio.sleep(LATE_S)
        await asyncio.to_thread(mend)
        assert await manager.open()
        manager.send_text('{"type": "join", "room": "lobby"}')
        manager.send_text('{"type": "say", "text": "hello from the other side of nginx"}')
        async with asyncio.timeout(LIMIT_S):
            await over.wait()
        await asyncio.sleep(1.0)
        manager.close()
        await manager.wait_closed()
        await asyncio.sleep(LATE_S)
    finally:
        await manager.shutdown()
        weaver.stop()
        await following
        recorder.close()


@contextmanager
def _nginx(folder: Path, port: int, backend_port: int, more: str) -> Iterator[None]:
    configuration = folder / "nginx.conf"
    configuration.write_text(_configuration(folder, port, backend_port, more))
    command = [find_program("nginx"), "-p", str(folder), "-c", str(configuration), "-e", "stderr"]
    process = start(command, folder / "nginx.log")
    try:
        if not wait_until_ready(process, lambda: accepts(port)):
            raise PeerError(f"nginx did not start:\n{(folder / 'nginx.log').read_text()}")
        yield
    finally:
        stop(process)


def _configuration(folder: Path, port: int, backend_port: int, more: str) -> str:
    temporary = "".join(
        f"  {kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # Started by root, the workers would otherwise turn into a user who may not enter the temporary folder.
    user = "user root;\n" if os.geteuid() == 0 else ""
    return (
        f"{user}daemon off;\nworker_processes 1;\npid {folder}/nginx.pid;\nerror_log stderr;\n"
        f"events {{ worker_connections 64; }}\nhttp {{\n  access_log {folder}/access.log;\n{temporary}"
        f"  server {{ listen {HOST}:{port}; location / {{ proxy_pass http://{HOST}:{backend_port}; {more} }} }}\n}}\n"
    )
