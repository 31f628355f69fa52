"""Every screen of the UI as a person gets there, in a world in which everything that can be filled in is planted."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import tomli_w
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

import wsinspect.tui
from tests.diagnosis.story import Story
from tests.tui.stage import Stage, staged
from wsinspect.errors import UsageError
from wsinspect.events.server_log import ServerLogged
from wsinspect.options import ConnectOptions
from wsinspect.profiles.locations import history_file, profiles_file, recent_file
from wsinspect.tui.opening import Opening
from wsinspect.tui.panes.status_line import About
from wsinspect.tui.screens.composing import ComposingScreen
from wsinspect.tui.screens.inspector import InspectorScreen
from wsinspect.tui.screens.options_form import FieldInput

Way = Callable[[Stage, str], Awaitable[None]]


def plant_files(plant: str, table: Mapping[str, Any]) -> None:
    """Fill in the files of earlier runs: a profile named so, a recent target, a message that was sent."""
    for path in (profiles_file(), recent_file(), history_file()):
        path.parent.mkdir(parents=True, exist_ok=True)
    profiles_file().write_text(tomli_w.dumps({plant: dict(table), "p": dict(table)}), "utf-8")
    recent_file().write_text(json.dumps([plant, table["url"]]))
    history_file().write_text(f"{json.dumps(plant)}\n")


async def panes(stage: Stage, plant: str) -> None:
    """Notifications over the panes, and all that they can be made to show."""
    session = stage.app.session
    session.record.append(ServerLogged(seq=0, at_ns=session.record.last_ns, attempt=0, text=plant))
    session.record.tell_of_log(plant, plant)
    stage.app.tell(plant, bad=True)
    await stage.press("1", "2", "3", "home", "enter", "down", "down", "4", "z", "1", "end", "enter")


async def ask(stage: Stage, plant: str) -> None:
    """What to open, after a refusal."""
    stage.app._ask(typed=plant, error=plant)
    await stage.settle()


async def explained(stage: Stage, plant: str) -> None:
    """A line of a browser's console, explained."""
    stage.app._ask(
        typed=f"WebSocket connection to 'ws://h/?token={plant}' failed: net::ERR_CONNECTION_REFUSED"
    )
    await stage.press("enter")


async def form(stage: Stage, plant: str) -> None:
    """What the next attempt is made with, and something in it that is refused."""
    stage.app.inspector.action_edit_next()
    await stage.settle()
    for field in stage.app.screen.query(FieldInput):
        if field.field.key in ("url", "tcp_timeout_s"):
            field.value = f"x {plant}"
    await stage.press("enter")


async def profiles(stage: Stage, plant: str) -> None:
    """The saved profiles, one of them deleted."""
    stage.app.inspector.action_profiles()
    await stage.press("ctrl+d")


async def history(stage: Stage, plant: str) -> None:
    """What was sent before."""
    stage.app.inspector.composer.history.load([plant])
    stage.app.inspector._search()
    await stage.settle()


async def templates(stage: Stage, plant: str) -> None:
    """What can be sent, by name, where no profile is open."""
    stage.app.inspector.about = About()
    stage.app._templates._kept[plant] = plant
    stage.app.inspector.post_message(ComposingScreen.TemplatesWanted(plant))
    await stage.settle()


async def two_frames(stage: Stage, plant: str) -> None:
    """Two frames beside each other."""
    await stage.press("3", "home", "m", "down")
    stage.app.inspector.frames.action_compare()
    await stage.settle()


async def breaking(stage: Stage, plant: str) -> None:
    """A frame that breaks a rule, before it is sent."""
    composer = stage.app.inspector.composer
    composer.write(f"/raw rsv1 {plant}")
    composer.field.focus()
    await stage.press("enter")


async def secrets(stage: Stage, plant: str) -> None:
    """Whether to show them."""
    stage.app.inspector.action_toggle_secrets()
    await stage.settle()


async def keep(stage: Stage, plant: str) -> None:
    """A name to save under, which is refused."""
    from wsinspect.tui.screens.save_profile import SaveProfileScreen

    def save(name: str) -> Path:
        raise UsageError(f"{plant!r} and {plant} can't be a name", where=plant)

    stage.app.push_screen(SaveProfileScreen(save, plant, title=plant))
    await stage.press("enter")


async def report(stage: Stage, plant: str) -> None:
    """The bug report."""
    stage.app.inspector.action_bug_report()
    await stage.press("tab", "end")


async def report_file(stage: Stage, plant: str) -> None:
    """Where to save it: a name that can't be."""
    await report(stage, plant)
    await stage.app.run_action("screen.save")
    await stage.settle()
    stage.app.screen.query_one(Input).value = f"/nowhere/{plant}"
    await stage.press("enter")


async def report_over(stage: Stage, plant: str) -> None:
    """Whether to write over a file."""
    await report(stage, plant)
    await stage.app.run_action("screen.save")
    await stage.settle()
    there = recent_file().parent / f"a{plant.replace('/', '')[:12]}z"
    there.write_text("something", "utf-8")
    stage.app.screen.query_one(Input).value = str(there)
    await stage.press("enter")


async def help_screen(stage: Stage, plant: str) -> None:
    """The keys."""
    await stage.press("question_mark")


async def themes(stage: Stage, plant: str) -> None:
    """The list of themes."""
    await stage.press("T")


WAYS: dict[str, tuple[str, Way]] = {
    "panes": ("InspectorScreen", panes),
    "ask": ("ConnectScreen", ask),
    "explained": ("CompareScreen", explained),
    "form": ("OptionsForm", form),
    "profiles": ("ProfilesScreen", profiles),
    "history": ("PickScreen", history),
    "templates": ("PickScreen", templates),
    "two frames": ("CompareScreen", two_frames),
    "breaking": ("ConfirmScreen", breaking),
    "secrets": ("ConfirmScreen", secrets),
    "keep": ("SaveProfileScreen", keep),
    "report": ("BugReportScreen", report),
    "report file": ("SaveProfileScreen", report_file),
    "report over": ("SaveProfileScreen", report_over),
    "help": ("HelpScreen", help_screen),
    "themes": ("ThemesScreen", themes),
}
"""Each with the screen that must be on top then."""


def screens() -> set[type[Screen[Any]]]:
    """Return every class of a screen in the UI that no other is made of."""
    for module in walk_packages(wsinspect.tui.__path__, "wsinspect.tui."):
        import_module(module.name)
    found: set[type[Screen[Any]]] = set()
    waiting = [*Screen.__subclasses__()]
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if one.__module__.startswith("wsinspect."):
            found.add(one)
    return found


def driven() -> set[str]:
    """Return the names of the screens that `WAYS` lead to, with those that they are made of."""
    by_name = {one.__name__: one for one in screens()}
    return {base.__name__ for name, _ in WAYS.values() for base in by_name[name].__mro__}


async def shown(name: str, story: Story, plant: str, options: ConnectOptions, **settings: Any) -> str:
    """Go there, and return everything that stands on the screen, or would if the mouse or the focus were elsewhere, and
    what the tasks and threads are called meanwhile."""
    wanted, way = WAYS[name]
    begin = Opening(options=options, profile=plant)
    async with staged(story, opening=begin, **settings) as stage:
        await way(stage, plant)
        assert type(stage.app.screen).__name__ == wanted, stage.screen_text()
        seen = [stage.screen_text(), *_said_beside(stage)]
        if isinstance(stage.app.screen, InspectorScreen):
            for key in ("1", "2", "3", "4"):
                await stage.press(key)
                seen.append(stage.screen_text())
        for strip in stage.app.screen._compositor.render_strips():
            assert strip.cell_length == stage.app.size.width, strip.text
        return "\n".join(seen)


def _said_beside(stage: Stage) -> Iterator[str]:
    app = stage.app
    yield f"{app.title} {app.sub_title} {app.screen.title} {app.screen.sub_title}"
    yield stage.told()
    # Debuggers, and asyncio's own complaints, show these.
    yield from (task.get_name() for task in asyncio.all_tasks())
    yield from (thread.name for thread in threading.enumerate())
    for widget in app.screen.walk_children(Widget):
        for told in (widget.tooltip, widget.border_title, widget.border_subtitle):
            if told:
                yield str(told)
