"""Make the screenshots: replay recordings of lab scenarios with a clock that stands still, and export what is shown.

Run `python screenshots/make_screenshots.py` from anywhere; it writes an SVG and a PNG for each scene beside itself.
`--record` makes the recordings anew, by checking each scene's lab scenario on loopback.
"""

from __future__ import annotations

import asyncio
import hashlib
import html
import os
import re
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import cairosvg
from rich.cells import cell_len
from textual.widgets import Input, TextArea

# Run as a script, Python looks for modules beside the script alone.
sys.path.insert(0, str(Path(__file__).parents[1]))

from screenshots import record_tour
from tests.tui.stage import staged
from wsinspect.connection.replay import FrameRestorer, read_recording
from wsinspect.events import AttemptStarted, Event, LocalEnd, LocallyEnded, StepFailed
from wsinspect.options import ConnectOptions
from wsinspect.profiles.store import remember_target, save_profile
from wsinspect.tui.opening import Opening

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


def leaving(event: Event) -> bool:
    """Say whether we close the connection here, as a person who leaves."""
    return isinstance(event, LocallyEnded) and event.why is LocalEnd.CLOSED_BY_USER


def second(event: Event) -> bool:
    """Say whether the second attempt begins here."""
    return isinstance(event, AttemptStarted) and event.attempt == 2


SCENES = (
    Scene(name="tour-1-refused", recording=record_tour.NAME, before=second),
    Scene(name="tour-2-evidence", recording=record_tour.NAME, before=second, keys=("enter",)),
    Scene(name="tour-3-both-sides", recording=record_tour.NAME, before=second, keys=("1", "z", "end")),
    Scene(name="tour-4-mended", recording=record_tour.NAME, before=leaving),
    Scene(name="tour-5-compared", recording=record_tour.NAME, before=leaving, keys=("C",)),
    Scene(name="tour-6-report", recording=record_tour.NAME, before=second, keys=("b",)),
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


async def export(scene: Scene) -> str:
    """Return the scene as SVG."""
    events: list[Event] = []
    opening = Opening()
    if scene.recording is not None:
        restorer = FrameRestorer()
        events = [restorer.restore(event) for event in _until(scene)]
        first = next(event for event in events if isinstance(event, AttemptStarted))
        opening = Opening(options=first.options)
    async with staged(events or None, size=scene.size, opening=opening, waits_s=scene.waits_s) as stage:
        stage.app.theme = scene.theme
        await stage.press(*scene.keys)
        for field in stage.app.screen.query("Input, TextArea"):
            assert isinstance(field, Input | TextArea)
            field.cursor_blink = False
        await stage.settle()
        return stable(stage.app.export_screenshot(title="wsinspect"))


def _until(scene: Scene) -> Iterator[Event]:
    with closing(read_recording(RECORDINGS / f"{scene.recording}.jsonl")) as recording:
        yield from takewhile(lambda event: not scene.before(event), recording)


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
    for old in RECORDINGS.glob("*.jsonl*"):
        old.unlink()
    record_tour.record(RECORDINGS / f"{record_tour.NAME}.jsonl")
    for scenario in sorted({scene.recording for scene in SCENES if scene.recording} - {record_tour.NAME}):
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
    os.environ.pop("NO_COLOR", None)
    # Clocks on the screen are local time.
    os.environ["TZ"] = "UTC"
    time.tzset()
    for scene in SCENES:
        # Nothing that one scene leaves behind is to be seen in another.
        with tempfile.TemporaryDirectory() as folder:
            os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_STATE_HOME"] = folder
            svg = drawn(scene)
        (HERE / f"{scene.name}.svg").write_text(svg, "utf-8")
        (HERE / f"{scene.name}.png").write_bytes(signed(picture(svg), svg))
        sys.stdout.write(f"{scene.name}\n")


def drawn(scene: Scene) -> str:
    """Return the scene as SVG, the same every time: what is kept in the folders of the environment is shown, in its time zone."""
    _keep_something()
    return asyncio.run(export(scene))


def _keep_something() -> None:
    """Save what the connect screen lists."""
    hosts = {"staging": "wss://staging.example.com/socket", "production": "wss://app.example.com/socket"}
    for name, url in {**hosts, "local": "ws://localhost:8000/ws"}.items():
        save_profile(name, ConnectOptions(url=url))
    for url in ("wss://echo.example.org/", "ws://127.0.0.1:8765/chat", "wss://app.example.com/socket?room=7"):
        remember_target(url)


def signed(png: bytes, svg: str) -> bytes:
    """Return the PNG with a text chunk that names the SVG which it was made of (PNG specification, section 11.3.4.3)."""
    said = b"tEXt" + b"Source\0" + digest(svg).encode()
    chunk = struct.pack(">I", len(said) - 4) + said + struct.pack(">I", zlib.crc32(said))
    header_ends = 8 + 25  # the signature, and the IHDR chunk that comes first
    return png[:header_ends] + chunk + png[header_ends:]


def digest(svg: str) -> str:
    """Return what tells one SVG from another."""
    return hashlib.sha256(svg.encode()).hexdigest()


if __name__ == "__main__":
    main()
