"""Every action once: id, key, words. Bindings, footer, palette and help are made from this table."""

from __future__ import annotations

from textual.binding import Binding

from wsinspect.tui.action import Action, Scope, action
from wsinspect.tui.composing_actions import COMPOSING_ACTIONS, DIALOG_ACTIONS
from wsinspect.tui.connecting_actions import CONNECTING_ACTIONS, PROFILE_ACTIONS
from wsinspect.tui.frame_actions import FRAME_ACTIONS
from wsinspect.tui.key_names import UNBOUND
from wsinspect.tui.layout_actions import LAYOUT_ACTIONS
from wsinspect.tui.recording_actions import RECORDING_ACTIONS
from wsinspect.tui.reporting_actions import REPORTING_ACTIONS

__all__ = ["ACTIONS", "ALWAYS_SHOWN", "BY_ID", "Action", "Scope", "bindings", "of", "place_of"]

_A, _I, _R = Scope.APP, Scope.INSPECTOR, Scope.ROWS

ACTIONS: tuple[Action, ...] = (
    action(
        _I,
        "compose",
        "i,5",
        "write",
        "Go to the composer and write a frame",
        "focus_composer",
        show=True,
    ),
    action(
        _I,
        "reconnect",
        "r",
        "reconnect",
        "Make another attempt with the same options",
        "reconnect",
        show=True,
    ),
    action(
        _I,
        "disconnect",
        "x",
        "close",
        "Close an open connection with 1000; abort one that is still being made or is closing",
        "disconnect",
        show=True,
    ),
    action(
        _I,
        "copy",
        "y",
        "copy",
        "Copy what has the focus: handshake, finding, timeline or the selected frame",
        "copy",
        show=True,
    ),
    action(
        _I,
        "pause",
        "p",
        "pause",
        "Freeze the frames while recording goes on, or a recording that is played; again to go on",
        "pause",
        show=True,
    ),
    action(
        _I,
        "maximise",
        "z",
        "zoom",
        "Give the focused pane the whole screen; again to put it back",
        "zoom",
        show=True,
    ),
    action(
        _I, "save-profile", "s", "save", "Save target and options as a profile", "save_profile", show=True
    ),
    action(_I, "open", "o", "open", "Open another target or profile", "open_target", show=True),
    action(_I, "show-timeline", "1", "timeline", "Go to the timeline", "go('timeline')"),
    action(_I, "show-handshake", "2", "handshake", "Go to the handshake", "go('handshake')"),
    action(_I, "show-frames", "3", "frames", "Go to the frames", "go('frames')"),
    action(_I, "show-diagnosis", "4", "diagnosis", "Go to the diagnosis", "go('diagnosis')"),
    action(_I, "unzoom", "escape", "unzoom", "Put a zoomed pane back", "unzoom"),
    action(
        _I,
        "previous-attempt",
        "left_square_bracket",
        "earlier",
        "Show the attempt before this one",
        "attempt(-1)",
    ),
    action(
        _I,
        "next-attempt",
        "right_square_bracket",
        "later",
        "Show the attempt after this one",
        "attempt(1)",
    ),
    action(
        _A,
        "help",
        "question_mark,f1",
        "help",
        "Explain what has the focus: its keys, its signs, what may be typed",
        "show_help",
        show=True,
    ),
    action(
        _A,
        "palette",
        "ctrl+p",
        "palette",
        "Find an action by its words, and do it",
        "command_palette",
        show=True,
        priority=True,
    ),
    action(
        _A,
        "theme",
        "t,T",
        "theme",
        "Choose a theme: dark, light, high contrast, the terminal's own colours and others",
        "change_theme",
    ),
    action(
        _A,
        "keys-file",
        UNBOUND,
        "keys",
        "Say where keys of your own are set; write the file where there is none yet",
        "show_keys_file",
    ),
    action(
        _A,
        "quit",
        "q",
        "quit",
        "End the connection and leave; asks first if many frames are in no file",
        "leave",
        show=True,
    ),
    action(
        _A,
        "quit-always",
        "ctrl+q",
        "quit",
        "Leave at once, also while something is typed",
        "quit",
        priority=True,
    ),
    action(
        _A,
        "suspend",
        "ctrl+z",
        "suspend",
        "Leave the terminal to the shell until its `fg`; while something is typed, undo",
        "suspend",
    ),
    action(_R, "row-up", "up,k", "up", "One row up", "row_up"),
    action(_R, "row-down", "down,j", "down", "One row down", "row_down"),
    action(_R, "rows-page-up", "pageup,ctrl+b", "page up", "One page up", "page_up_rows"),
    action(_R, "rows-page-down", "pagedown,ctrl+f", "page down", "One page down", "page_down_rows"),
    action(_R, "row-first", "home,g", "top", "To the first row", "first_row"),
    action(_R, "row-last", "end,G", "bottom", "To the last row", "last_row"),
    action(
        _R, "row-choose", "enter,space", "show", "Show the event or frame that the row stands for", "choose"
    ),
    *LAYOUT_ACTIONS,
    *FRAME_ACTIONS,
    *COMPOSING_ACTIONS,
    *CONNECTING_ACTIONS,
    *RECORDING_ACTIONS,
    *REPORTING_ACTIONS,
    action(
        Scope.CONNECT,
        "connect",
        "enter",
        "connect",
        "Connect to what is written or selected",
        "connect",
        show=True,
        priority=True,
    ),
    action(
        Scope.CONNECT,
        "leave-connect",
        "escape",
        "back",
        "Back: from the list to the field, from there to the inspector, if there is one",
        "leave",
        show=True,
    ),
    *DIALOG_ACTIONS,
    *PROFILE_ACTIONS,
    # Last, so that a footer names what a dialog is for before the way out of it.
    action(Scope.DIALOG, "dismiss", "escape", "close", "Close this", "dismiss_dialog", show=True),
)


BY_ID = {one.id: one for one in ACTIONS}
_PLACES = {one.id: place for place, one in enumerate(ACTIONS)}

ALWAYS_SHOWN = ("help", "palette")
"""What the footer always has room for."""
_IN_DIALOGS = ("help",)
"""Actions of the app that work in a dialog, too, which hides what lies under it."""


def of(scope: Scope) -> tuple[Action, ...]:
    """Return a scope's actions in order."""
    return tuple(one for one in ACTIONS if one.scope is scope)


def place_of(name: str | None) -> int:
    """Return where the action with this id stands in the table; what is not of the table comes last."""
    return _PLACES.get(name or "", len(ACTIONS))


def bindings(scope: Scope) -> list[Binding]:
    """Return a scope's actions as bindings."""
    made = [one.binding() for one in of(scope)]
    if scope is Scope.DIALOG:
        made += [BY_ID[name].binding(f"app.{BY_ID[name].handler}") for name in _IN_DIALOGS]
    return made
