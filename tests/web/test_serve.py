"""`wsinspect serve`: a real browser shows the UI and types into it; nobody without the link gets in."""

from __future__ import annotations

import asyncio
import base64
import http.client
import os
import re
import select
import signal
import socket
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.peers.chromium import Chromium, DevTools

TIMEOUT_S = 60.0
PASSWORD = "correct-horse-battery"
ESCAPES = re.compile(rb"\x1b\[[0-9;?$]*[A-Za-z]")


class Served:
    """A running `wsinspect serve`."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        self.process = process
        self.link = process.stdout.readline().decode().strip()
        url = urllib.parse.urlsplit(self.link)
        assert url.hostname == "127.0.0.1"
        self.port = url.port or 0
        self.token = url.query.removeprefix("token=")

    def get(self, path: str, **fields: str) -> tuple[int, str]:
        """Ask for `path` and return the status and the body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        try:
            connection.request("GET", path, headers=fields)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    @property
    def cookie(self) -> str:
        return f"wsinspect-{self.port}={self.token}"

    def pages(self) -> list[int]:
        """The processes that were begun for pages."""
        found = [self.process.pid]
        for pid in found:
            children = Path(f"/proc/{pid}/task/{pid}/children")
            if children.exists():
                found += [int(child) for child in children.read_text().split()]
        return found[1:]


@contextmanager
def serving(home: Path, *words: str) -> Iterator[Served]:
    command = [sys.executable, "-m", "wsinspect", "serve", "--port", "0", *words]
    environment = os.environ | {"HOME": str(home), "XDG_STATE_HOME": str(home)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        try:
            yield Served(process)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.communicate(timeout=TIMEOUT_S)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home")) as found:
        yield found


async def painted(page: DevTools, words: str) -> None:
    """Wait until the page has been sent `words` to paint."""
    sent = b""
    async with asyncio.timeout(TIMEOUT_S):
        while words.encode() not in ESCAPES.sub(b"", sent):
            await page.next()
            sent = b"".join(
                base64.b64decode(parameters["response"]["payloadData"])
                for name, parameters in page.events
                if name == "Network.webSocketFrameReceived" and parameters["response"]["opcode"] == 2
            )


async def test_a_browser_shows_it_and_types_into_it(chromium: Chromium, tmp_path: Path) -> None:
    target = f"ws://user:{PASSWORD}@127.0.0.1:1/"
    with serving(tmp_path, target, "-x", "") as server:
        async with chromium.page(server.link, domains=("Network",)) as page:
            await painted(page, "Connection refused: nothing listens")
            behind = server.pages()
            assert not [pid for pid in behind if PASSWORD in arguments_of(pid)]
            page.events = [event for event in page.events if not event[0].startswith("Network.webSocket")]
            # A page in the background has no focus, and a terminal without it takes no keys.
            await page.call("Emulation.setFocusEmulationEnabled", enabled=True)
            click = {"x": 300, "y": 200, "button": "left", "clickCount": 1}
            for kind in ("mousePressed", "mouseReleased"):
                await page.call("Input.dispatchMouseEvent", type=kind, **click)
            for kind in ("keyDown", "keyUp"):
                await page.call(
                    "Input.dispatchKeyEvent", type=kind, key="?", text="?" if kind == "keyDown" else ""
                )
            await painted(page, "Esc closes")
            answered = {
                urllib.parse.urlsplit(parameters["response"]["url"]).netloc
                for name, parameters in page.events
                if name == "Network.responseReceived"
            }
            assert answered == {f"127.0.0.1:{server.port}"}
        await asyncio.to_thread(wait_until_gone, behind)
        server.process.send_signal(signal.SIGTERM)
        _, said = server.process.communicate(timeout=TIMEOUT_S)
        assert (server.process.returncode, said) == (0, b"")


def arguments_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def wait_until_gone(pids: list[int]) -> None:
    """Wait for processes that aren't our own children. They may end before we look."""
    for pid in pids:
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(pid)
            try:
                assert select.select([handle], [], [], TIMEOUT_S)[0], f"{pid} is still there"
            finally:
                os.close(handle)


async def test_a_signal_ends_the_pages_that_are_open(chromium: Chromium, tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        async with chromium.page(server.link, domains=("Network",)) as page:
            await painted(page, "w s i n s p e c t")
            behind = server.pages()
            server.process.send_signal(signal.SIGINT)
            await asyncio.to_thread(server.process.communicate, timeout=TIMEOUT_S)
        assert server.process.returncode == 0
        assert behind
        await asyncio.to_thread(wait_until_gone, behind)


def test_the_link_lets_in_once_and_leaves_the_address_bar(served: Served) -> None:
    assert served.get(f"/?token={served.token}")[0] == 303
    status, page = served.get("/", Cookie=served.cookie)
    assert (status, "terminal" in page) == (200, True)
    assert served.token not in page


@pytest.mark.parametrize("path", ["/", "/ws", "/static/js/textual.js", "/?token=guessed", "/download/x"])
def test_nobody_gets_in_without_the_token(served: Served, path: str) -> None:
    status, said = served.get(path)
    assert (status, said) == (403, "open the link that `wsinspect serve` printed, with its token\n")


def test_another_sites_page_does_not_get_in(served: Served) -> None:
    status, said = served.get("/ws", Cookie=served.cookie, Origin="http://127.0.0.1:1")
    assert (status, said) == (403, "another site's page asks for this one\n")


def test_another_name_for_loopback_does_not_get_in(served: Served) -> None:
    status, said = served.get("/", Cookie=served.cookie, Host=f"rebound.example:{served.port}")
    assert status == 403
    assert said == f"open http://127.0.0.1:{served.port}/, not rebound.example:{served.port}\n"


def refused(*words: str, program: str = "from wsinspect.__main__ import main; main()") -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, "serve", *words], capture_output=True, timeout=TIMEOUT_S, check=False
    )
    assert (done.returncode, done.stdout) == (2, b"")
    return done.stderr.decode()


def test_a_taken_port_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused("--port", str(port))
    assert said == (
        f"wsinspect: --port: {port} can't be listened on: Address already in use;"
        " take another, or 0 for any that is free\n"
    )


def test_without_the_extra_it_says_what_to_install() -> None:
    program = "import sys; sys.modules['textual_serve'] = None; from wsinspect.__main__ import main; main()"
    said = refused(program=program)
    assert said.startswith("wsinspect: serve: needs textual_serve")
    assert "`pip install 'wsinspect[web]'` brings it" in said


@pytest.mark.parametrize("words", [("-k",), ("-k", "no-such-profile"), ("--port", "65536")])
def test_a_mistake_is_refused_before_anything_is_served(words: tuple[str, ...]) -> None:
    said = refused("--port", "0", *words)
    assert said.startswith("wsinspect: ")
    assert said.count("\n") == 1
