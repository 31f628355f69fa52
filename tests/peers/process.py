"""Starting a real server on free loopback ports, and stopping it by its own process group.

Every peer of the tests goes through `running_peer`: it finds the program, picks ports, starts it, waits until each port
accepts a connection, and stops it again whatever happened in between.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path
    from types import TracebackType

Site = TypeVar("Site", bound=str)
Mode = TypeVar("Mode", bound=str)

HOST = "127.0.0.1"
READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 5.0
RETRY_PAUSE_S = 0.02
START_ATTEMPTS = 3

# Below the range from which the kernel takes the ports of outgoing connections, so that a port that was free when it was
# picked is not lost to a client before the server binds it; above the last port that browsers refuse (10080).
PORT_RANGE = range(12_000, 32_000)


class PeerError(RuntimeError):
    """A real server, proxy or browser could not be found, started or understood."""


@dataclass(frozen=True)
class Peer(Generic[Site]):
    """A running product: named sites (ports) and the log that it writes."""

    name: str
    ports: Mapping[Site, int]
    process: subprocess.Popen[bytes]
    log: Path

    def port(self, site: Site) -> int:
        return self.ports[site]

    def url(self, site: Site, path: str = "/", *, scheme: str = "ws", host: str = HOST) -> str:
        return f"{scheme}://{host}:{self.ports[site]}{path}"

    def log_tail(self, limit_chars: int = 4000) -> str:
        """The end of everything that the product printed, for a failure's message."""
        return self.log.read_text(errors="replace")[-limit_chars:]


def find_program(*names: str) -> str:
    """The path of the first of `names` that is installed.

    Raises PeerError: a tool that the tests need and can't find is a failure, never a skipped test.
    """
    # Servers live in sbin, which an ordinary user's PATH leaves out.
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"))
    for name in names:
        if found := shutil.which(name, path=path):
            return found
    raise PeerError(f"{' or '.join(names)} is not installed; `bash .ci/run` installs what the tests need")


def free_ports(count: int) -> list[int]:
    """`count` different loopback ports that nothing listened on a moment ago."""
    held: list[socket.socket] = []
    try:
        for port in random.sample(PORT_RANGE, len(PORT_RANGE)):
            if len(held) == count:
                break
            listener = socket.socket()
            try:
                listener.bind((HOST, port))
            except OSError:
                listener.close()
            else:
                held.append(listener)
        return [listener.getsockname()[1] for listener in held]
    finally:
        for listener in held:
            listener.close()


@contextmanager
def refusing_port() -> Iterator[int]:
    """A loopback port that refuses every connection for as long as the block lasts.

    The port is bound and never listened on, so that nobody else can take it meanwhile.
    """
    with socket.socket() as bound:
        bound.bind((HOST, 0))
        port: int = bound.getsockname()[1]
        yield port


def start(
    argv: Sequence[str], log: Path, *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start `argv` as the leader of its own process group, its standard output and error appended to `log`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the process to end; kill what is left of its group (it leads one) if it does not in time."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    # Workers share the leader's group, and a leader that crashed leaves them behind.
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def accepts(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


def wait_until_ready(process: subprocess.Popen[bytes], ready: Callable[[], bool]) -> bool:
    """Ask `ready` until it says yes; False if the process ended or READY_TIMEOUT_S passed first."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            return False
        if ready():
            return process.poll() is None
        time.sleep(RETRY_PAUSE_S)
    return False


@contextmanager
def running_peer(
    name: str,
    sites: Sequence[Site],
    command: Callable[[Mapping[Site, int]], Sequence[str]],
    log: Path,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[Peer[Site]]:
    """A product that listens on one free loopback port for each of `sites`, stopped when the block ends.

    `command` writes the configuration for the ports it is given and returns what to run. A start that fails, as when another
    run took a port in between, is tried again on fresh ports. Raises PeerError with the log after START_ATTEMPTS.
    """
    for _ in range(START_ATTEMPTS):
        ports = dict(zip(sites, free_ports(len(sites)), strict=True))
        process = start(command(ports), log, cwd=cwd, env=env)
        try:
            waiting = set(ports.values())

            def ready(waiting: set[int] = waiting) -> bool:
                waiting -= {port for port in waiting if accepts(port)}
                return not waiting

            if wait_until_ready(process, ready):
                yield Peer(name, ports, process, log)
                return
        finally:
            stop(process)
    raise PeerError(f"{name} did not start:\n{log.read_text(errors='replace')[-4000:]}")


class PeersOnDemand(Generic[Mode, Site]):
    """A product that takes one mode a process: each is started when a test first asks for it, all stop with the block."""

    def __init__(self, launch: Callable[[Mode], AbstractContextManager[Peer[Site]]]) -> None:
        self._launch = launch
        self._stack = ExitStack()
        self._running: dict[Mode, Peer[Site]] = {}

    def __call__(self, mode: Mode) -> Peer[Site]:
        if mode not in self._running:
            self._running[mode] = self._stack.enter_context(self._launch(mode))
        return self._running[mode]

    def log_tail(self) -> str:
        return "\n".join(peer.log_tail() for peer in self._running.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
