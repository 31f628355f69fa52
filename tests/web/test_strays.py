"""What goes wrong beside the pages is told in a line, and the pages go on."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from wsinspect.web.strays import strays_told

SECRET = "correct-horse-battery-staple"
TIMEOUT_S = 60.0
WRONG = """
import asyncio
from wsinspect.web import serve
make = serve._Pages._make_app

def fail(error):
    raise error

async def with_faults(self):
    asyncio.get_running_loop().call_soon(fail, KeyError(SECRET))
    asyncio.get_running_loop().call_soon(fail, ConnectionResetError(104, "a page is gone"))
    app = await make(self)
    async def broken(_request):
        raise ValueError(SECRET)
    serve.Guard.__call__ = lambda self, request, handler: broken(request)
    return app

serve._Pages._make_app = with_faults
from wsinspect.__main__ import main
main()
"""


def boom(error: Exception) -> None:
    raise error


def test_a_mistake_in_the_server_is_a_line_and_a_file_and_it_serves_on(tmp_path: Path) -> None:
    program = f"SECRET = {SECRET!r}\n{WRONG}"
    command = [sys.executable, "-c", program, "serve", "--port", "0", f"ws://me:{SECRET}@127.0.0.1:1/"]
    env = os.environ | {"HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, text=True
    ) as process:
        assert process.stdout is not None
        link = process.stdout.readline().strip()
        with pytest.raises(urllib.request.HTTPError) as refused:
            urllib.request.urlopen(link, timeout=TIMEOUT_S)
        refused.value.close()
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=TIMEOUT_S)
    assert refused.value.code == 500
    assert process.returncode == 70
    assert "Traceback" not in said
    assert SECRET not in said
    assert re.fullmatch(
        r"wsinspect: this is a mistake of wsinspect's own \(KeyError\), .*\n"
        r"wsinspect: in the background: \[Errno 104\] a page is gone\n",
        said,
    )
    (file,) = tmp_path.glob("wsinspect-crash-*.txt")
    details = file.read_text("utf-8")
    assert "in fail" in details
    assert SECRET not in details


async def test_what_is_only_logged_is_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    handlers = list(logging.getLogger().handlers)
    with strays_told(()) as outcome:
        logging.getLogger("textual-serve").error("Application failed to %s\x1b[2J", "start")
        logging.getLogger("aiohttp.access").info("not worth a word")
        try:
            boom(BrokenPipeError(32, "the page has gone"))
        except BrokenPipeError:
            logging.getLogger("aiohttp.server").exception("Error handling request")
        await asyncio.sleep(0)
        assert outcome.exit_code == 0
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "wsinspect: in the background: Application failed to start␛[2J",
        "wsinspect: in the background: [Errno 32] the page has gone",
    ]
    assert logging.getLogger().handlers == handlers
