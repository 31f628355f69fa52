"""Commands that reproduce a handshake: run by a real shell, they send what we sent."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from tests.peers.process import HOST, find_program
from tests.peers.raw import RawSink
from wsinspect.connection.url import parse_url
from wsinspect.errors import UsageError
from wsinspect.export.commands import Command, commands
from wsinspect.export.redact import Redactor
from wsinspect.options import ConnectOptions, ConnectToRule, ResolveRule
from wsinspect.wire.http import RequestHead, parse_request_head

AWKWARD = 'it\'s "quoted" $HOME `id` \\ ; & | * ? ~ #'
"""Everything that a shell would act on."""
TOKEN = "correct-horse-battery-staple"


def command(options: ConnectOptions, tool: str, redact: Redactor | None = None) -> Command:
    return next(made for made in commands(options, redact or Redactor()) if made.tool == tool)


def options_for(port: int) -> ConnectOptions:
    return ConnectOptions(
        url=f"ws://{HOST}:{port}/chat?q='x'&a=[1]",
        headers=(("X-Awkward", AWKWARD), ("X-Colon", "a: b:c")),
        cookies=("sid=1", "theme=dark blue"),
        origin="https://app.example",
        subprotocols=("chat", "superchat"),
        bearer=TOKEN,
        user_agent="probe/1.0 (it's)",
        proxy="",
    )


async def request_of(made: Command, sink: RawSink, folder: Path) -> RequestHead:
    """Run a command as a person would who pastes it; return the request that arrives."""
    script = folder / f"script.{made.language}"
    script.write_text(made.text + "\n", "utf-8")
    shell = sys.executable if made.language == "python" else find_program("sh")
    running = await asyncio.create_subprocess_exec(
        shell,
        str(script),
        cwd=folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        return parse_request_head(await sink.request_head())
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


def wanted(head: RequestHead, names: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: head.get_all(name) for name in names}


@pytest.mark.parametrize("tool", ["curl", "Python"])
async def test_the_request_that_a_command_makes_is_ours(tool: str, tmp_path: Path) -> None:
    async with RawSink() as sink:
        options = options_for(sink.port)
        head = await request_of(command(options, tool), sink, tmp_path)
        host = f"{HOST}:{sink.port}"
    assert head.target == parse_url(options.url).request_target
    fields = {
        "Host": host,
        "X-Awkward": AWKWARD,
        "X-Colon": "a: b:c",
        "Cookie": "sid=1; theme=dark blue",
        "Origin": "https://app.example",
        "Sec-WebSocket-Protocol": "chat, superchat",
        "Authorization": f"Bearer {TOKEN}",
        "User-Agent": "probe/1.0 (it's)",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
    }
    assert wanted(head, fields) == {name: [value] for name, value in fields.items()}
    assert head.get("Accept") is None


@pytest.mark.parametrize("tool", ["curl", "wscat", "websocat"])
def test_a_shell_reads_the_words_that_were_meant(tool: str) -> None:
    words = shlex.split(command(options_for(8000), tool).text)
    assert words[0] == tool
    blank = "" if tool == "wscat" else " "
    assert any(word.removeprefix("-H=") == f"X-Awkward:{blank}{AWKWARD}" for word in words)


def test_secrets_are_masked() -> None:
    options = options_for(8000)
    made = commands(options, Redactor.for_options(options))
    assert [TOKEN in each.text for each in made] == [False] * 4
    assert all("***" in each.text for each in made)


def test_curl_takes_the_way_that_we_took() -> None:
    options = ConnectOptions(
        url="wss://echo.example/",
        proxy="http://proxy.example:3128",
        resolve=(ResolveRule(host="echo.example", port=0, addresses=("192.0.2.1", "2001:db8::1")),),
        connect_to=(ConnectToRule(host="", port=0, to_host="edge.example", to_port=444),),
        family="ipv4",
        insecure=True,
        ca_file="/etc/my ca.pem",
        cert_file="client.pem",
        key_file="client.key",
        min_tls="1.2",
        max_tls="1.3",
        server_name="other.example",
        follow_redirects=True,
        user_agent="",
    )
    words = shlex.split(command(options, "curl").text)
    pairs = set(pairwise(words))
    assert pairs >= {
        ("--proxy", "http://proxy.example:3128"),
        ("--resolve", "echo.example:443:192.0.2.1,[2001:db8::1]"),
        ("--connect-to", "::edge.example:444"),
        ("--cacert", "/etc/my ca.pem"),
        ("--cert", "client.pem"),
        ("--key", "client.key"),
        ("--tls-max", "1.3"),
        ("--header", "User-Agent:"),
    }
    assert {"--ipv4", "--insecure", "--tlsv1.2", "--location"} <= set(words)
    assert words[-1] == "https://echo.example/"
    assert command(options, "curl").leaves_out == ("--sni",)
    assert "the client certificate" in command(options, "websocat").leaves_out


@pytest.mark.parametrize(
    "options",
    [
        ConnectOptions(url="ws://echo.example/", insecure=True, compression=False),
        ConnectOptions(url="wss://echo.example/", insecure=True, cert_file="c.pem", server_name="x.example"),
        ConnectOptions(url="ws+unix:///run/app.sock:/chat"),
    ],
)
def test_the_python_script_is_python(options: ConnectOptions) -> None:
    compile(command(options, "Python").text, "script", "exec")


@pytest.mark.parametrize(
    "options",
    [
        ConnectOptions(url="ws://echo.example/", headers=(("X-Note", "a\nrm -rf"),)),
        ConnectOptions(url="ws://echo.example/", cookies=("a=\x1b[0m",)),
        ConnectOptions(url="ws://echo.example/", proxy="http://proxy\r\n.example:1"),
    ],
)
def test_line_ends_and_control_characters_are_refused(options: ConnectOptions) -> None:
    with pytest.raises(UsageError, match="holds the control character"):
        commands(options, Redactor())
