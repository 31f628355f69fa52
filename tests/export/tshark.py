"""tshark: what Wireshark's dissectors make of a capture."""

from __future__ import annotations

import subprocess
from pathlib import Path

from msgspec import Struct

from tests.peers.process import find_program

_CHECKSUMS = ("-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")
_FIELDS = (
    "fin",
    "rsv",
    "pmc",
    "opcode",
    "mask",
    "payload_length",
    "payload_length_ext_16",
    "payload_length_ext_64",
)


class SeenFrame(Struct, frozen=True):
    """One WebSocket frame as Wireshark understands it."""

    stream: int
    from_client: bool
    fin: bool
    opcode: int
    compressed: bool
    masking_key: str
    length: int


def run(capture: Path, *arguments: str) -> str:
    """Run tshark on a capture and return what it prints."""
    command = [find_program("tshark"), "-r", str(capture), *_CHECKSUMS, *arguments]
    return subprocess.run(command, check=True, capture_output=True, timeout=60, text=True).stdout


def websocket_frames(capture: Path) -> list[SeenFrame]:
    """Every frame that is dissected, in order."""
    names = ["tcp.stream", "tcp.dstport", "websocket.masking_key", *(f"websocket.{name}" for name in _FIELDS)]
    shown = [word for name in names for word in ("-e", name)]
    text = run(capture, "-Y", "websocket", "-T", "fields", "-E", "occurrence=a", *shown)
    found: list[SeenFrame] = []
    for line in text.splitlines():
        columns = dict(zip(names, (column.split(",") for column in line.split("\t")), strict=True))
        keys = iter(columns["websocket.masking_key"])
        medium = iter(columns["websocket.payload_length_ext_16"])
        long = iter(columns["websocket.payload_length_ext_64"])
        compressed = iter(columns["websocket.pmc"])
        for index, opcode in enumerate(columns["websocket.opcode"]):
            short = int(columns["websocket.payload_length"][index])
            found.append(
                SeenFrame(
                    int(columns["tcp.stream"][0]),
                    columns["tcp.dstport"][0] == "80",
                    _true(columns["websocket.fin"][index]),
                    int(opcode),
                    columns["websocket.pmc"] != [""] and int(opcode) < 8 and _true(next(compressed)),
                    next(keys) if _true(columns["websocket.mask"][index]) else "",
                    short if short < 126 else int(next(medium if short == 126 else long)),
                )
            )
    return found


def tcp_stream(capture: Path, stream: int) -> tuple[bytes, bytes]:
    """Return the bytes that each side of a connection sent, the client's first."""
    text = run(capture, "-q", "-z", f"follow,tcp,raw,{stream}")
    sides: tuple[list[str], list[str]] = ([], [])
    for line in text.splitlines():
        if line and set(line.strip()) <= set("0123456789abcdef"):
            sides[line.startswith("\t")].append(line.strip())
    return bytes.fromhex("".join(sides[0])), bytes.fromhex("".join(sides[1]))


def _true(text: str) -> bool:
    return text in ("1", "True")
