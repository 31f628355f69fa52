"""Make the screenshots: replay recordings of lab scenarios with a clock that stands still, and export what is shown.

Run `python screenshots/make_screenshots.py` from anywhere; it writes an SVG and a PNG for each scene beside itself.
`--record` makes the recordings anew, by checking each scene's lab scenario on loopback.
"""

from __future__ import annotations

import asyncio
import html
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cairosvg
from rich.cells import cell_len
from textual.pilot import Pilot

from wsinspect.connection.replay import FrameRestorer, read_recording
from wsinspect.events import Event, LocallyEnded, ReadyState, StepFailed
from wsinspect.options import ConnectOptions
from wsinspect.profiles.store import remember_target, save_profile
from wsinspect.tui.app import WsinspectApp
from wsinspect.tui.opening import Opening
from wsinspect.tui.session import Session, Sink

HERE = Path(__file__).parent
RECORDINGS = HERE / "recordings"
SCALE = 1.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One screenshot."""

    name: str
    recording: str | None = None
    """The lab scenario that was recorded, None for the connect screen."""
    size: tuple[int, int] = (120, 36)
    before: Callable[[Event], bool] = lambda _: False
    """The first event that has not happened yet."""
    waits_s: float = 0.0
    """How long nothing has happened since the last event."""
    keys: tuple[str, ...] = ()
    theme: str = "wsinspect-dark"


def ending(event: Event) -> bool:
    """Say whether we begin to end the connection here."""
    return isinstance(event, LocallyEnded)


SCENES = (
    Scene(name="connect"),
    Scene(
        name="connecting", recording="upgrade-hang", before=lambda e: isinstance(e, StepFailed), waits_s=0.7
    ),
    Scene(
        name="healthy",
        recording="healthy-keepalive",
        before=ending,
        keys=("3", "home", "down", "down", "enter"),
    ),
    Scene(name="refused-upgrade", recording="nginx-upgrade-headers-missing"),
    Scene(name="tls-failure", recording="tls-untrusted-ca-or-missing-intermediate-chain"),
    Scene(name="closed-after-open", recording="server-crash-on-frame"),
    Scene(name="refused-upgrade-80x24", recording="nginx-upgrade-headers-missing", size=(80, 24)),
    Scene(name="refused-upgrade-light", recording="nginx-upgrade-headers-missing", theme="wsinspect-light"),
)


class Played:
    """A connection whose events come from a recording, all at once."""

    def __init__(self, scene: Scene, sink: Sink) -> None:
        self._over = asyncio.Event()
        restorer = FrameRestorer()
        for event in read_recording(RECORDINGS / f"{scene.recording}.jsonl"):
            if scene.before(event):
                break
            sink(restorer.restore(event))

    ready_state = ReadyState.CLOSED

    async def run(self) -> None:
        await self._over.wait()

    async def wait_closed(self) -> None:
        await self._over.wait()

    async def shutdown(self) -> None:
        self._over.set()

    def send_text(self, text: str, *, fragments: int = 1) -> None: ...
    def send_binary(self, data: bytes, *, fragments: int = 1) -> None: ...
    def send_ping(self, payload: bytes = b"") -> None: ...
    def send_pong(self, payload: bytes = b"") -> None: ...
    def close(self, code: int | None = 1000, reason: str = "") -> None: ...
    def abort(self) -> None: ...
    def reconnect(self, options: ConnectOptions | None = None) -> None: ...


async def export(scene: Scene) -> str:
    """Return the scene as SVG."""
    now_ns = 0
    app: WsinspectApp
    session = Session(make_connection=lambda _options, sink, *_: Played(scene, sink), clock=lambda: now_ns)
    opening = Opening()
    if scene.recording is not None:
        options = read_recording(RECORDINGS / f"{scene.recording}.jsonl")
        opening = Opening(options=next(options).options)  # type: ignore[attr-defined]
        options.close()
    app = WsinspectApp(opening, make_session=lambda: session, settle_s=0, environ={})
    app.theme = scene.theme
    async with app.run_test(size=scene.size) as pilot:
        await pilot.pause()
        now_ns = session.record.last_ns + int(scene.waits_s * 1e9)
        await settle(app, pilot)
        await pilot.press(*scene.keys)
        await settle(app, pilot)
        svg = app.export_screenshot(title=f"wsinspect: {scene.name.replace('-', ' ')}")
    await app.aclose()
    return svg


async def settle(app: WsinspectApp, pilot: Pilot[Any]) -> None:
    """Let everything be shown."""
    for _ in range(3):
        await pilot.pause()
        app.inspector.look()


def stable(svg: str) -> str:
    """Replace the identifiers that are made up anew for each export."""
    return re.sub(r"terminal-\d+", "terminal-0", svg)


_TEXT = re.compile(
    r'(<text class="terminal-0-r\d+") x="([\d.]+)"([^>]*?) textLength="[\d.]+"([^>]*)>([^<]*)</text>'
)
_CELL = 12.2


def _placed(match: re.Match[str]) -> str:
    """Give every character its own place: rasterisers round the advances of a font."""
    tag, x, before, after, content = match.groups()
    places: list[str] = []
    at = float(x)
    for character in html.unescape(content):
        places.append(f"{at:.1f}")
        at += _CELL * cell_len(character)
    return f'{tag} x="{" ".join(places)}"{before}{after}>{content}</text>'


def picture(svg: str) -> bytes:
    """Return the SVG as PNG, with a font that is there."""
    drawn = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    drawn = re.sub(r"font-family: [^;]+;", "font-family: DejaVu Sans Mono;", drawn)
    drawn = _TEXT.sub(_placed, drawn)
    data = cairosvg.svg2png(bytestring=drawn.encode(), scale=SCALE)
    assert isinstance(data, bytes)
    return data


def record() -> None:
    """Make the recordings, without a folder of this machine in them."""
    RECORDINGS.mkdir(exist_ok=True)
    for scenario in sorted({scene.recording for scene in SCENES if scene.recording is not None}):
        path = RECORDINGS / f"{scenario}.jsonl"
        command = [sys.executable, "-m", "wsinspect", "lab", scenario, "--check", "-o", str(path)]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        text = re.sub(r'"[^"]*/wsinspect-lab-[^"/]+/', '"', path.read_text())
        path.write_text(text)
        path.chmod(0o644)


def main() -> None:
    """Make every scene."""
    if "--record" in sys.argv[1:]:
        record()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_STATE_HOME"] = folder
        os.environ.pop("NO_COLOR", None)
        for name, url in (
            ("staging", "wss://staging.example.com/socket"),
            ("production", "wss://app.example.com/socket"),
            ("local", "ws://localhost:8000/ws"),
        ):
            save_profile(name, ConnectOptions(url=url))
        for url in (
            "wss://echo.example.org/",
            "ws://127.0.0.1:8765/chat",
            "wss://app.example.com/socket?room=7",
        ):
            remember_target(url)
        for scene in SCENES:
            svg = stable(asyncio.run(export(scene)))
            (HERE / f"{scene.name}.svg").write_text(svg)
            (HERE / f"{scene.name}.png").write_bytes(picture(svg))
            sys.stdout.write(f"{scene.name}\n")


if __name__ == "__main__":
    main()
