"""Every screen that is pictured: what is shown, and the keys that lead there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from textual.widgets import Input, TextArea

from tests.diagnosis.story import Story, close, fin, opened, opened_again, text
from tests.tui.snapshots.picture import cells, looks
from tests.tui.stage import over, staged
from wsinspect.connection.replay import FrameRestorer, read_recording
from wsinspect.events import AttemptStarted, Event, LocallyEnded, StepFailed
from wsinspect.options import ConnectOptions
from wsinspect.profiles.store import remember_target, save_profile
from wsinspect.tui.opening import Opening

RECORDINGS = Path(__file__).parents[3] / "screenshots" / "recordings"
LOOKS_AT = (120, 36)
"""At the other sizes, what stands in the cells is enough."""
SIZES = (LOOKS_AT, (200, 50), (80, 24))
REFUSED, OPEN, HANGS, UNTRUSTED, CRASHED = (
    "nginx-upgrade-headers-missing",
    "healthy-keepalive",
    "upgrade-hang",
    "tls-untrusted-ca-or-missing-intermediate-chain",
    "server-crash-on-frame",
)
JSON = '{"type": "trade", "price": 42.5, "tags": ["a", "b"], "note": null}'
TALK = opened() + text("hello") + text(JSON) + text("third")
TWO = opened() + close(1001, "bye") + fin() + over() + opened_again() + text("back")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is shown, and how to get there."""

    name: str
    of: str | Story | None = None
    """A recording in screenshots/, or a story; nothing is the connect screen."""
    before: Callable[[Event], bool] = lambda _: False
    """The first event of the recording that has not happened yet."""
    waits_s: float = 0.0
    """How long nothing has happened since the last event."""
    keys: tuple[str, ...] = ()
    types: str = ""
    """What is typed after the keys."""
    then: tuple[str, ...] = ()
    """Keys after what is typed."""
    theme: str = ""
    sizes: tuple[tuple[int, int], ...] = SIZES


def _ending(event: Event) -> bool:
    return isinstance(event, LocallyEnded)


SCENES = (
    Scene(name="connect"),
    Scene(name="connect-refused", types="http:/x y", then=("enter",)),
    Scene(name="connecting", of=HANGS, before=lambda event: isinstance(event, StepFailed), waits_s=0.7),
    Scene(name="failed", of=REFUSED),
    Scene(name="failed-tls", of=UNTRUSTED),
    Scene(name="failed-handshake", of=REFUSED, keys=("2",)),
    Scene(name="failed-timeline", of=REFUSED, keys=("1",)),
    Scene(name="open", of=OPEN, before=_ending),
    Scene(name="crashed", of=CRASHED),
    Scene(name="frames", of=TALK, keys=("3",)),
    Scene(name="frame-details", of=TALK, keys=("3", "home", "down", "enter")),
    Scene(name="filter-mistaken", of=TALK, keys=("3", "f"), types="size > x"),
    Scene(name="frames-compared", of=TALK, keys=("3", "home", "space", "space", "d")),
    Scene(name="zoomed", of=REFUSED, keys=("z",)),
    Scene(name="composer", of=TALK, keys=("i",), types='{"a": 1}'),
    Scene(name="composer-mistaken", of=TALK, keys=("i",), types="/hex 4g"),
    Scene(name="breaking-rules", of=TALK, keys=("B",)),
    Scene(name="confirm", of=TALK, keys=("B", "enter", "enter")),
    Scene(name="options", of=TALK, keys=("e",)),
    Scene(name="profiles", of=TALK, keys=("P",)),
    Scene(name="save-profile", of=TALK, keys=("s",)),
    Scene(name="handshakes-compared", of=TWO, keys=("C",)),
    Scene(name="bug-report", of=REFUSED, keys=("b",)),
    Scene(name="secrets-question", of=TALK, keys=("S",), sizes=(LOOKS_AT,)),
    Scene(name="themes", of=TALK, keys=("T",), types="colours"),
    Scene(name="export", of=TALK, keys=("E",)),
    Scene(name="help", of=TALK, keys=("question_mark",)),
    *(
        Scene(name=f"theme-{theme.removeprefix('wsinspect-')}", of=REFUSED, theme=theme, sizes=(LOOKS_AT,))
        for theme in (
            "wsinspect-dark",
            "wsinspect-light",
            "wsinspect-high-contrast",
            "ansi-dark",
            "ansi-light",
        )
    ),
)


@cache
def recorded(name: str) -> tuple[Event, ...]:
    """Return the events of a recording."""
    restorer = FrameRestorer()
    recording = read_recording(RECORDINGS / f"{name}.jsonl")
    try:
        return tuple(restorer.restore(event) for event in recording)
    finally:
        recording.close()


def _played(scene: Scene) -> tuple[Story | list[Event] | None, Opening]:
    if scene.of is None:
        return None, Opening()
    if isinstance(scene.of, Story):
        return scene.of, Opening(options=ConnectOptions(url="ws://echo.example/"))
    events: list[Event] = []
    for event in recorded(scene.of):
        if scene.before(event):
            break
        events.append(event)
    first = events[0]
    assert isinstance(first, AttemptStarted)
    return events, Opening(options=first.options)


def _keep_something() -> None:
    for name, host in (("staging", "staging.example.com"), ("production", "app.example.com")):
        save_profile(name, ConnectOptions(url=f"wss://{host}/socket"))
    for url in ("wss://echo.example.org/", "ws://127.0.0.1:8765/chat"):
        remember_target(url)


async def pictured(scene: Scene) -> dict[str, str]:
    """Return the scene at each of its sizes as text, by name."""
    _keep_something()
    story, opening = _played(scene)
    pictures = {}
    async with staged(story, size=LOOKS_AT, opening=opening, waits_s=scene.waits_s) as stage:
        if scene.theme:
            stage.app.theme = scene.theme
        await stage.pilot.press(*scene.keys, *map(_key, scene.types), *scene.then)
        for field in stage.app.screen.query("Input, TextArea"):
            assert isinstance(field, Input | TextArea)
            field.cursor_blink = False
        for name, size in named(scene).items():
            if size != stage.app.size:
                await stage.pilot.resize_terminal(*size)
            await stage.settle()
            lines = [*cells(stage.app)]
            if size == LOOKS_AT:
                lines += ["", *looks(stage.app, shades=bool(scene.theme))]
            pictures[name] = "\n".join(lines) + "\n"
    return pictures


def named(scene: Scene) -> dict[str, tuple[int, int]]:
    """Return the names of a scene's pictures with their sizes."""
    return {f"{scene.name}-{width}x{height}": (width, height) for width, height in scene.sizes}


def _key(character: str) -> str:
    return character if character.isalnum() else NAMES[character]


NAMES = {
    " ": "space",
    "/": "slash",
    ":": "colon",
    ">": "greater_than_sign",
    "{": "left_curly_bracket",
    "}": "right_curly_bracket",
    '"': "quotation_mark",
}
