"""What a check of a refused port, and the help, don't have to load: it is most of the time until they answer."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from wsinspect.__main__ import main
try:
    main()
finally:
    print("LOADED", *sys.modules)
"""
LATER = {
    "libraries of later steps": {
        "websockets",
        "cryptography",
        "truststore",
        "python_socks",
        "textual",
        "rich",
    },
    "what reads frames": {"wsinspect.wire.decoder", "wsinspect.wire.inflate", "wsinspect.session.frame_log"},
    "what reads handshakes": {"wsinspect.wire.handshake", "hashlib", "zlib"},
    "what reads files": {"pathlib", "tempfile", "shutil", "tomllib", "json", "wsinspect.profiles.store"},
    "what mistakes and proxies need": {"difflib", "ipaddress", "urllib.parse", "dataclasses", "random"},
}


def loaded_by(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin", "HOME": "/nonexistent"},
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("LOADED"))
    return set(line.split())


def test_a_refused_port_loads_nothing_of_the_later_steps() -> None:
    loaded = loaded_by("check", "ws://127.0.0.1:1/")
    assert "wsinspect.diagnosis.engine" in loaded
    found = {what: sorted(modules & loaded) for what, modules in LATER.items() if modules & loaded}
    assert found == {}


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_loads_neither_the_event_loop_nor_the_terminal_ui(option: str) -> None:
    loaded = loaded_by(option)
    assert "wsinspect.cli" in loaded
    assert not loaded & {"asyncio", "textual", "rich", "wsinspect.connection", "wsinspect.diagnosis"}
