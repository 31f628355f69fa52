"""`wsinspect serve`: the UI in a browser, a process a page, on loopback alone."""

from __future__ import annotations

import asyncio
import os
import secrets
import shlex
import signal
import socket
import sys

from aiohttp import web
from textual_serve.server import Server

from wsinspect.check.output import say, write_out
from wsinspect.errors import UsageError
from wsinspect.export.redact import secrets_of_options
from wsinspect.web.begun import VARIABLE, Begun
from wsinspect.web.guard import Guard, Handler
from wsinspect.web.strays import strays_told

HOST = "127.0.0.1"


def serve(wanted: Begun, port: int) -> int:
    """Serve until SIGINT or SIGTERM, the link on stdout; return the exit code. `port` 0 takes a free one.

    The code is 0, or 70 where something went wrong meanwhile that was told.

    Raises:
        UsageError: the port can't be listened on.
    """
    # What a page's process inherits; see `begun`.
    os.environ[VARIABLE] = wanted.encoded()
    with _listening(port) as listener:
        return asyncio.run(_serving(_Pages(listener), wanted))


async def _serving(pages: _Pages, wanted: Begun) -> int:
    secrets = secrets_of_options(wanted.options) if wanted.options is not None else ()
    with strays_told(secrets) as outcome:
        await pages.until_stopped()
    return outcome.exit_code


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise UsageError(
            f"{port} can't be listened on: {os.strerror(error.errno or 0)}",
            where="--port",
            hint="take another, or 0 for any that is free",
        ) from error
    return listener


async def _no_icon(_request: web.Request) -> web.Response:
    return web.Response(status=204)


class _Pages(Server):
    """textual-serve's server behind our guard, with its end in our hands and nothing printed but the link."""

    def __init__(self, listener: socket.socket) -> None:
        port: int = listener.getsockname()[1]
        command = f"{shlex.quote(sys.executable)} -m wsinspect.web.page"
        super().__init__(command, host=HOST, port=port, title="wsinspect")
        self._listener = listener
        self._secret = secrets.token_urlsafe(24)
        self._open: set[asyncio.Task[None]] = set()

    async def until_stopped(self) -> None:
        """Serve until a signal, then end every page's process."""
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, stopped.set)
        runner = web.AppRunner(await self._make_app(), access_log=None)
        await runner.setup()
        try:
            await web.SockSite(runner, self._listener).start()
            write_out(f"{self.public_url}/?token={self._secret}\n")
            say("open this link in a browser on this machine; Ctrl+C ends it")
            await stopped.wait()
            for page in self._open:
                page.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)
        finally:
            await runner.cleanup()

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        guard = Guard(f"{self.host}:{self.port}", self._secret)

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await guard(request, handler)

        app.middlewares.append(guarded)
        # Every browser asks for it, and would write a 404 into its console.
        app.router.add_get("/favicon.ico", _no_icon)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Print nothing: textual-serve would greet with its own name."""

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Drive one page's process until the page is closed."""
        page = asyncio.current_task()
        assert page is not None  # a handler runs in a task
        self._open.add(page)
        try:
            return await super().handle_websocket(request)
        finally:
            self._open.discard(page)
