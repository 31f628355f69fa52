"""A real Chromium: opens a loopback page, runs a script in it, and tells what its console said."""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import threading
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import ClientConnection, connect

from tests.peers.process import HOST, PeerError, find_program, start, stop, wait_until_ready
from tests.peers.raw import RawSink

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

BLANK_PAGE = "<!doctype html><title>blank</title>"
SCRIPT_TIMEOUT_S = 60.0

# Without the background-networking switches Chromium looks up its maker's hosts at every start.
SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-default-apps",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    "--remote-debugging-port=0",
)

CAPTURE_SCRIPT = """
new Promise((resolve) => {
  const socket = new WebSocket(%s, %s);
  socket.onopen = socket.onclose = () => resolve(socket.readyState);
})
"""


@dataclass(frozen=True)
class ConsoleLine:
    """One line of the browser's console, as DevTools shows it."""

    level: str
    text: str


@dataclass(frozen=True)
class PageResult:
    value: Any
    """What the script's promise resolved to, as JSON values."""
    console: tuple[ConsoleLine, ...]
    """Every line from the page's load until the script's end, in order."""


class ScriptError(AssertionError):
    """The script threw, or its promise was rejected."""


class _PageServer(ThreadingHTTPServer):
    """Serves the pages that tests hand over, each at a path of its own."""

    def __init__(self) -> None:
        super().__init__((HOST, 0), _PageHandler)
        self.pages: dict[str, tuple[bytes, Mapping[str, str]]] = {}
        self._numbers = itertools.count(1)

    def publish(self, html: str, headers: Mapping[str, str]) -> str:
        path = f"/page-{next(self._numbers)}"
        self.pages[path] = (html.encode(), headers)
        return f"http://{HOST}:{self.server_port}{path}"


class _PageHandler(BaseHTTPRequestHandler):
    server: _PageServer

    def do_GET(self) -> None:
        if self.path not in self.server.pages:
            # Whatever the browser asks for by itself, such as the icon: a 404 would be a line in the console.
            self.send_response(204)
            self.end_headers()
            return
        body, headers = self.server.pages[self.path]
        self.send_response(200)
        for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name is the base class's
        """Keep the tests' output free of access lines."""


class DevTools:
    """One DevTools connection attached to one page: commands by name, events kept in order."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self.session_id: str | None = None
        self.events: list[tuple[str, dict[str, Any]]] = []

    async def call(self, method: str, **parameters: object) -> dict[str, Any]:
        number = next(self._numbers)
        command: dict[str, object] = {"id": number, "method": method, "params": parameters}
        if self.session_id:
            command["sessionId"] = self.session_id
        await self._connection.send(json.dumps(command))
        while True:
            message = await self.next()
            if message.get("id") == number:
                if "error" in message:
                    raise PeerError(f"Chromium refused {method}: {message['error']['message']}")
                answer: dict[str, Any] = message["result"]
                return answer

    async def wait_for(self, event: str) -> None:
        while all(name != event for name, _ in self.events):
            await self.next()

    async def next(self) -> dict[str, Any]:
        """Wait for the next message, and keep it if it is an event."""
        message: dict[str, Any] = json.loads(await self._connection.recv())
        if "method" in message:
            self.events.append((message["method"], message["params"]))
        return message

    def console(self) -> Iterator[ConsoleLine]:
        for name, parameters in self.events:
            if name == "Log.entryAdded":
                yield ConsoleLine(parameters["entry"]["level"], parameters["entry"]["text"])
            elif name == "Runtime.consoleAPICalled":
                words = (str(each.get("value", each.get("description", ""))) for each in parameters["args"])
                yield ConsoleLine(parameters["type"], " ".join(words))
            elif name == "Runtime.exceptionThrown":
                yield ConsoleLine("error", _exception_text(parameters["exceptionDetails"]))


def _exception_text(details: Mapping[str, Any]) -> str:
    exception = details.get("exception", {})
    return str(exception.get("description") or exception.get("value") or details["text"])


class Chromium:
    """A running browser; every `run` gets a fresh context (no cookies, no cache) and a page of its own."""

    def __init__(self, devtools_url: str, pages: _PageServer, log: Path) -> None:
        self._devtools_url = devtools_url
        self._pages = pages
        self._log = log

    def log_tail(self, limit_chars: int = 4000) -> str:
        """The end of what the browser itself printed, which is not the page's console."""
        return self._log.read_text(errors="replace")[-limit_chars:]

    @asynccontextmanager
    async def page(
        self, url: str, *, domains: Sequence[str] = (), proxy: str | None = None
    ) -> AsyncIterator[DevTools]:
        """Open `url` in a context of its own and yield its DevTools once it is loaded.

        `domains` are those of the DevTools protocol that are switched on beside Runtime, Log and Page.
        """
        async with connect(self._devtools_url, max_size=None, open_timeout=SCRIPT_TIMEOUT_S) as connection:
            devtools = DevTools(connection)
            way = {"proxyServer": proxy} if proxy else {}
            context_id = (await devtools.call("Target.createBrowserContext", **way))["browserContextId"]
            created = await devtools.call(
                "Target.createTarget", url="about:blank", browserContextId=context_id
            )
            attached = await devtools.call(
                "Target.attachToTarget", targetId=created["targetId"], flatten=True
            )
            devtools.session_id = attached["sessionId"]
            for domain in ("Runtime", "Log", "Page", *domains):
                await devtools.call(f"{domain}.enable")
            await devtools.call("Page.navigate", url=url)
            await devtools.wait_for("Page.loadEventFired")
            yield devtools
            devtools.session_id = None
            await devtools.call("Target.disposeBrowserContext", browserContextId=context_id)

    async def run(
        self,
        script: str,
        *,
        html: str = BLANK_PAGE,
        headers: Mapping[str, str] | None = None,
        proxy: str | None = None,
        timeout_s: float = SCRIPT_TIMEOUT_S,
    ) -> PageResult:
        """Load `html` (served over http from loopback with `headers`) and evaluate `script`, awaiting a promise.

        With `proxy`, a URL, the page's connections to everything but loopback go through it.
        Raises ScriptError if the script throws or its promise is rejected, TimeoutError after `timeout_s`.
        """
        url = self._pages.publish(html, headers or {})
        async with asyncio.timeout(timeout_s), self.page(url, proxy=proxy) as devtools:
            answer = await devtools.call(
                "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
            )
        if "exceptionDetails" in answer:
            raise ScriptError(_exception_text(answer["exceptionDetails"]))
        return PageResult(answer["result"].get("value"), tuple(devtools.console()))

    async def opening_handshake(self, *, path: str = "/", protocols: Sequence[str] = ()) -> bytes:
        """The bytes of this browser's own opening handshake for `path`, verbatim up to the blank line."""
        async with RawSink() as sink:
            url = f"ws://{HOST}:{sink.port}{path}"
            await self.run(CAPTURE_SCRIPT % (json.dumps(url), json.dumps(list(protocols))))
            return await sink.request_head()


@contextmanager
def _page_server() -> Iterator[_PageServer]:
    with _PageServer() as server:
        thread = threading.Thread(target=server.serve_forever, name="page server")
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def _trust(home: Path, roots: Iterable[Path]) -> None:
    """Put `roots` where a Chromium at home in `home` looks for authorities of the user's own: its NSS database."""
    database = home / ".pki" / "nssdb"
    for number, root in enumerate(roots):
        if number == 0:
            database.mkdir(parents=True)
            _certutil(database, "-N", "--empty-password")
        _certutil(database, "-A", "-n", f"root {number}", "-t", "C,,", "-i", str(root))


def _certutil(database: Path, *arguments: str) -> None:
    subprocess.run(
        [find_program("certutil"), "-d", f"sql:{database}", *arguments], check=True, capture_output=True
    )


@contextmanager
def chromium_browser(folder: Path, *switches: str, roots: Iterable[Path] = ()) -> Iterator[Chromium]:
    """A headless Chromium with a new profile in `folder`, further `switches` added at the end of its command line.

    It trusts the certificates of the PEM files `roots` beside its own authorities.
    Raises PeerError with the browser's log if it does not start.
    """
    profile, log = folder / "profile", folder / "chromium.log"
    active_port = profile / "DevToolsActivePort"
    program = find_program("chromium", "chromium-browser", "google-chrome")
    _trust(folder, roots)
    process = start(
        [program, *SWITCHES, f"--user-data-dir={profile}", *switches], log, env={"HOME": str(folder)}
    )
    try:
        # The file is written in one go, with the port on its first line and the path on its second.
        if not wait_until_ready(
            process, lambda: active_port.exists() and active_port.read_text().count("\n") == 1
        ):
            raise PeerError(f"Chromium did not start:\n{log.read_text(errors='replace')[-4000:]}")
        port, path = active_port.read_text().split("\n")
        with _page_server() as pages:
            yield Chromium(f"ws://{HOST}:{port}{path}", pages, log)
    finally:
        stop(process)
