"""Chromium's own DevTools front end, opened on a page of a headless Chromium: its HAR import and its HAR export."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import connect

from tests.peers.chromium import BLANK_PAGE, SCRIPT_TIMEOUT_S, DevTools

if TYPE_CHECKING:
    from tests.peers.chromium import Chromium

SWITCH = "--remote-allow-origins=*"
"""Lets the front end, a page of the browser's own, inspect another one."""
_FRONT_END = "devtools://devtools/bundled/devtools_app.html"

_UNTIL = "var until = async (met) => { while (!met()) await new Promise((go) => setTimeout(go, 10)); };"

_LISTENING = """(async () => {
  await until(() => document.readyState === 'complete');
  const sdk = await import('./core/sdk/sdk.js');
  const manager = sdk.NetworkManager.NetworkManager;
  const models = () => sdk.TargetManager.TargetManager.instance().models(manager);
  await until(() => models().length > 0);
  // The browser has heard what the front end asked for only when it answers: on a busy machine a page could be faster.
  for (const model of models()) await model.target().networkAgent().invoke_enable({});
})()"""

_IMPORT = """(async () => {
  const har = await import('./models/har/har.js');
  const root = new har.HARFormat.HARRoot(JSON.parse(%s));
  return har.Importer.Importer.requestsFromHARLog(root.log).map((request) => ({
    url: request.url(), type: request.resourceType().name(), status: request.statusCode,
    frames: request.frames(), duration: request.duration, address: request.remoteAddress(),
    fields: request.responseHeaders, error: request.localizedFailDescription }));
})()"""

_EXPORT = """(async () => {
  const har = await import('./models/har/har.js');
  const logs = await import('./models/logs/logs.js');
  const requests = () => logs.NetworkLog.NetworkLog.instance().requests();
  await until(() => requests().reduce((sum, request) => sum + request.frames().length, 0) >= %s);
  return JSON.stringify({ log: await har.Log.Log.build(requests(), { sanitize: %s }) });
})()"""


class DevToolsFrontEnd:
    """The front end in one target, the page that it inspects in another."""

    def __init__(self, connection: DevTools, front_end: str, page: str, page_url: str) -> None:
        self._connection = connection
        self._front_end = front_end
        self._page = page
        self._page_url = page_url

    async def ready(self) -> None:
        """Wait until the front end listens to the page's network."""
        # A target starts on a blank document, which the front end's then replaces.
        async with asyncio.timeout(SCRIPT_TIMEOUT_S):
            while await self._evaluate(self._front_end, "location.protocol") != "devtools:":
                pass
        await self._evaluate(self._front_end, _UNTIL + _LISTENING)

    async def imported(self, har: str) -> list[dict[str, Any]]:
        """What the Network panel's HAR import makes of a file: one object a request, with its frames."""
        found = await self._evaluate(self._front_end, _IMPORT % json.dumps(har))
        assert isinstance(found, list)
        return found

    async def exported(self, script: str, *, messages: int, sanitize: bool = False) -> str:
        """Run `script` in the page and return what "Export HAR" writes once it has seen that many messages."""
        self._connection.session_id = self._page
        await self._connection.call("Page.enable")
        await self._connection.call("Page.navigate", url=self._page_url)
        await self._connection.wait_for("Page.loadEventFired")
        await self._evaluate(self._page, script)
        script = _UNTIL + _EXPORT % (messages, json.dumps(sanitize))
        text = await self._evaluate(self._front_end, script)
        assert isinstance(text, str)
        return text

    async def _evaluate(self, session: str, script: str) -> Any:
        self._connection.session_id = session
        async with asyncio.timeout(SCRIPT_TIMEOUT_S):
            answer = await self._connection.call(
                "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
            )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")


@asynccontextmanager
async def devtools_front_end(browser: Chromium) -> AsyncIterator[DevToolsFrontEnd]:
    """A front end open on a new blank page of loopback; the browser has to have been started with `SWITCH`."""
    async with connect(browser._devtools_url, max_size=None, open_timeout=SCRIPT_TIMEOUT_S) as connection:
        devtools = DevTools(connection)
        page = await devtools.call("Target.createTarget", url="about:blank")
        endpoint = browser._devtools_url.removeprefix("ws://").partition("/")[0]
        url = f"{_FRONT_END}?ws={endpoint}/devtools/page/{page['targetId']}"
        front_end = await devtools.call("Target.createTarget", url=url)
        sessions = [
            (await devtools.call("Target.attachToTarget", targetId=target["targetId"], flatten=True))[
                "sessionId"
            ]
            for target in (front_end, page)
        ]
        made = DevToolsFrontEnd(devtools, sessions[0], sessions[1], browser._pages.publish(BLANK_PAGE, {}))
        await made.ready()
        yield made
        devtools.session_id = None
        for target in (front_end, page):
            await devtools.call("Target.closeTarget", targetId=target["targetId"])
