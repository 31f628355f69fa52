"""When the app has nothing left to do: told by its queues, not by a clock.

Textual's pilot waits until the process needs little CPU time, in steps of 20 ms and up to a second for each key: slow, slower
yet on a busy machine, and never sure.
"""

from __future__ import annotations

import asyncio
from typing import Any

from textual._context import active_app
from textual.app import App
from textual.message_pump import MessagePump
from textual.screen import Screen

_QUIET_ROUNDS = 4
"""Turns of the event loop in a row in which nothing was under way."""
_MOST_ROUNDS = 20_000


def _busy(pump: MessagePump) -> bool:
    queue: Any = pump._message_queue
    # One that handles a message does not wait for the next.
    waits = bool(queue.ready_event._waiters)
    return bool(queue.values or pump._next_callbacks or (pump._running and not waits))


def _repainted(app: App[Any]) -> bool:
    """Do at once what timers of the app and the screen would do within 8 ms; say whether there was anything."""
    if app._resize_timer is not None:
        app._check_resize()
        return True
    screen = app.screen
    wanted = bool(
        screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._recompose_required
        or screen._dirty_widgets
        or screen._callbacks
    )
    if wanted:
        screen._on_timer_update()
    return wanted


async def idle(app: App[Any]) -> None:
    """Return when every message is handled, every callback called and everything painted."""
    quiet = 0
    for _ in range(_MOST_ROUNDS):
        await asyncio.sleep(0)
        if not app._running or app._exit or not app._screen_stacks.get(app._current_mode):
            return
        if any(_busy(pump) for pump in (app, *app._registry)) or _repainted(app):
            quiet = 0
        else:
            quiet += 1
        if quiet >= _QUIET_ROUNDS:
            return
    raise AssertionError("the app never comes to rest")


def without_painting(screen: Screen[Any]) -> None:
    """Stand in for what paints a screen after every change: a test paints when it looks."""
    screen._dirty_widgets.clear()
    screen._compositor._dirty_regions.clear()
    screen.app._update_mouse_over(screen)


async def wait_for_idle(min_sleep: float = 0, max_sleep: float = 1) -> None:
    """Stand in for Textual's function of this name."""
    await idle(active_app.get())
