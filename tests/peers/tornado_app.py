"""tornado, whose default refuses the pages of other origins: `python -m tests.peers.tornado_app PORT`."""

from __future__ import annotations

import asyncio
import sys

from tornado.web import Application
from tornado.websocket import WebSocketHandler

from tests.peers.process import HOST


class Echo(WebSocketHandler):
    async def on_message(self, message: str | bytes) -> None:
        await self.write_message(message)

    def data_received(self, chunk: bytes) -> None:
        """No request body is streamed here."""


async def main(port: int) -> None:
    Application([("/ws", Echo)], websocket_max_message_size=1024).listen(port, HOST)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
