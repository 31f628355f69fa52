"""Commands that reproduce a handshake: run by a real shell, they send what we sent."""

from __future__ import annotations

import ast
import asyncio
import os
import shlex
import subprocess
import sys
from base64 import b64encode
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from tests.lab.raw_client import FAST
from tests.peers.process import HOST, find_program
from tests.peers.raw import RawSink
from wsinspect.connection.url import parse_url
from wsinspect.errors import UsageError
from wsinspect.export.commands import Command, commands
from wsinspect.export.redact import Redactor
from wsinspect.lab.registry import scenario
from wsinspect.options import ConnectOptions, ConnectToRule, ResolveRule
from wsinspect.profiles.curl import parse_curl
from wsinspect.wire.http import RequestHead, parse_request_head

AWKWARD = 'it\'s "quoted" $HOME `id` \\ ; & | * ? ~ #'
"""Everything that a shell would act on."""
NODE_TOOLS = Path(__file__).parents[1] / "peers" / "node_modules" / ".bin"
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


async def running(made: Command, folder: Path, *, said: bool = False) -> asyncio.subprocess.Process:
    """Run a command as a person would who pastes it, with the tools of the tests on the path."""
    script = folder / f"script.{made.language}"
    script.write_text(made.text + "\n", "utf-8")
    shell = sys.executable if made.language == "python" else find_program("sh")
    places = (NODE_TOOLS, Path(sys.executable).parent, os.environ["PATH"])
    return await asyncio.create_subprocess_exec(
        shell,
        str(script),
        cwd=folder,
        env={**os.environ, "PATH": os.pathsep.join(map(str, places))},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE if said else asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.STDOUT if said else asyncio.subprocess.DEVNULL,
    )


async def request_of(made: Command, sink: RawSink, folder: Path) -> RequestHead:
    """Return the request that a command makes."""
    process = await running(made, folder)
    try:
        return parse_request_head(await sink.request_head())
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def wanted(head: RequestHead, names: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: head.get_all(name) for name in names}


TOOLS = ["curl", "wscat", "websocat", "Python"]


@pytest.mark.parametrize("tool", TOOLS)
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
        "Sec-WebSocket-Protocol": "chat,superchat" if tool == "wscat" else "chat, superchat",
        "Authorization": f"Bearer {TOKEN}",
        "User-Agent": "probe/1.0 (it's)",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
    }
    assert wanted(head, fields) == {name: [value] for name, value in fields.items()}
    assert head.get("Accept") is None


@pytest.mark.parametrize("tool", ["curl", "websocat", "Python"])
async def test_fields_beyond_ascii_and_repeated_ones_are_sent_as_ours_are(tool: str, tmp_path: Path) -> None:
    fields = (("X-Name", "\u00e9\u2603"), ("X-Twice", "1"), ("X-Twice", "2"))
    async with RawSink() as sink:
        options = ConnectOptions(url=f"ws://{HOST}:{sink.port}/", headers=fields, proxy="")
        head = await request_of(command(options, tool), sink, tmp_path)
    assert [value.encode("latin-1") for value in head.get_all("X-Name")] == ["\u00e9\u2603".encode()]
    assert head.get_all("X-Twice") == ["1", "2"]


@pytest.mark.parametrize(
    ("scenario_id", "says"),
    [
        ("origin-rejected", {"curl": "403", "wscat": "403", "websocat": "403", "Python": "403"}),
        (
            "tls-untrusted-ca-or-missing-intermediate-chain",
            {
                "curl": "certificate",
                "wscat": "certificate",
                "websocat": "ertificate",
                "Python": "certificate",
            },
        ),
    ],
)
@pytest.mark.parametrize("tool", TOOLS)
async def test_a_command_fails_as_we_did(
    scenario_id: str, says: Mapping[str, str], tool: str, tmp_path: Path
) -> None:
    async with scenario(scenario_id).serve(FAST) as endpoint:
        changes: dict[str, Any] = {"proxy": "", **endpoint.overrides}
        options = structs.replace(ConnectOptions(url=endpoint.url), **changes)
        process = await running(command(options, tool), tmp_path, said=True)
        assert process.stdout is not None
        # With its input open: wscat leaves at the end of it, whatever becomes of the connection.
        said = await asyncio.wait_for(process.stdout.read(), 20)
        await process.communicate()
    assert says[tool] in said.decode(), said
    assert process.returncode != 0 or tool == "curl"


_ONE_LINE = st.text(
    st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp"))
    | st.sampled_from("'\"$`\\!*~#&|;<>(){}[]=%^ "),
    min_size=1,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(_ONE_LINE, min_size=1, max_size=8))
def test_a_shell_hands_over_every_word_as_it_was(words: list[str]) -> None:
    options = ConnectOptions(
        url="ws://echo.example/", headers=tuple(("X", word) for word in words), user_agent=""
    )
    line = command(options, "websocat").text
    made = subprocess.run(
        ["sh", "-c", line.replace("websocat", "printf '%s\\n'", 1)], capture_output=True, check=True
    )
    assert made.stdout.decode().split("\n")[1:-2] == [f"-H=X: {word}" for word in words]


@settings(max_examples=100, deadline=None)
@given(_ONE_LINE)
def test_the_script_holds_every_value_as_it_was(value: str) -> None:
    options = ConnectOptions(url="ws://echo.example/", origin=value)
    (found,) = [
        node.value
        for node in ast.walk(ast.parse(command(options, "Python").text))
        if isinstance(node, ast.keyword) and node.arg == "origin"
    ]
    assert ast.literal_eval(found) == value


@pytest.mark.parametrize(
    "options",
    [
        ConnectOptions(
            url="wss://echo.example/chat?q=%27x%27&a=[1]",
            headers=(("X-Awkward", AWKWARD), ("X-Twice", "1"), ("X-Twice", "2")),
            cookies=("sid=1", "theme=dark blue"),
            origin="https://app.example",
            subprotocols=("chat", "v2"),
            proxy="http://bob:x%20y@proxy.example:3128",
            resolve=(ResolveRule(host="echo.example", port=443, addresses=("192.0.2.1", "2001:db8::1")),),
            connect_to=(ConnectToRule(host="", port=0, to_host="edge.example", to_port=444),),
            family="ipv4",
            insecure=True,
            ca_file="/etc/my ca.pem",
            cert_file="client.pem",
            key_file="client.key",
            min_tls="1.2",
            max_tls="1.3",
            follow_redirects=True,
            user_agent="probe/1.0 (it's)",
        ),
        ConnectOptions(url="wss://echo.example/", user_agent="", proxy=""),
        ConnectOptions(url="ws+unix:///run/app.sock:/chat?x=1", user_agent="probe"),
    ],
)
def test_our_curl_command_pasted_is_what_it_was_made_of(options: ConnectOptions) -> None:
    read = parse_curl(command(options, "curl").text)
    assert structs.replace(read, url=read.url.replace("https://", "wss://")) == options


def test_what_a_tool_can_not_say_is_named() -> None:
    def left(tool: str, **changes: Any) -> tuple[str, ...]:
        return command(ConnectOptions(url="wss://echo.example/", **changes), tool).leaves_out

    assert left("wscat") == left("Python") == left("curl") == ()
    assert left("websocat") == ("compression",)
    assert left("websocat", compression=False) == ()
    assert left("wscat", headers=(("X", "\u2603"), ("x", "1"))) == ("repeated fields", "fields beyond ASCII")
    assert left("wscat", proxy="socks5://127.0.0.1:1080") == ("a proxy that is no HTTP proxy",)
    assert left("websocat", compression=False, proxy="socks5://127.0.0.1:1080") == ()
    assert left("websocat", compression=False, proxy="socks5://bob:x@127.0.0.1:1080") == ("the proxy",)
    assert left("Python", headers=(("Upgrade", "h2c"),)) == ("changed fields of the handshake",)
    assert "--host" in shlex.split(
        command(ConnectOptions(url="ws://a.example/", headers=(("Host", "b"),)), "wscat").text
    )
    assert "http://proxy:3128" in shlex.split(
        command(ConnectOptions(url="ws://a.example/", proxy="proxy:3128"), "wscat").text
    )


def test_secrets_are_masked() -> None:
    options = options_for(8000)
    made = commands(options, Redactor.for_options(options))
    assert [TOKEN in each.text for each in made] == [False] * 4
    assert all("***" in each.text for each in made)


def test_credentials_of_the_url_are_masked_before_they_were_ever_sent() -> None:
    options = ConnectOptions(url="ws://bob:hunter%2022@echo.example/")
    for made in commands(options, Redactor.for_options(options)):
        assert b64encode(b"bob:hunter 22").decode() not in made.text
        assert "***" in made.text


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
