"""The actions of the composer and of the dialogs around it."""

from __future__ import annotations

from wsinspect.tui.action import Scope, action

_C, _I = Scope.COMPOSER, Scope.INSPECTOR

COMPOSING_ACTIONS = (
    action(_C, "send", "enter", "send", "Send what is written", "send", show=True, priority=True),
    action(
        _C,
        "newline",
        "ctrl+n,shift+enter,alt+enter",
        "new line",
        "Begin a new line in the payload",
        "newline",
        show=True,
    ),
    action(
        _C,
        "kind",
        "ctrl+t",
        "kind",
        "Switch between text, JSON, hex, base64, file, ping, pong and close",
        "next_kind",
        show=True,
    ),
    action(
        _C,
        "leave-composer",
        "escape",
        "leave",
        "Back to the panes; what is written stays",
        "leave",
        show=True,
    ),
    action(
        _C,
        "search-history",
        "ctrl+r",
        "search",
        "Search what was sent before, in earlier runs too",
        "search_history",
        show=True,
    ),
    action(
        _C,
        "templates",
        "ctrl+o",
        "templates",
        "Take a template of the profile, or keep what is written as one",
        "templates",
        show=True,
    ),
    action(
        _C,
        "lay-out-json",
        "ctrl+l",
        "format",
        "Lay JSON out on several lines, or on one again",
        "lay_out",
        show=True,
    ),
    action(_C, "history-back", "up", "earlier", "What was sent before this", "history_back"),
    action(_C, "history-on", "down", "later", "What was sent after this", "history_on"),
    action(
        _I,
        "stop-repeating",
        "ctrl+g",
        "stop",
        "Stop sending the same message again and again",
        "stop_repeating",
    ),
    action(
        _I,
        "break-rules",
        "B",
        "break rules",
        "Write a frame that breaks a rule of the protocol, to see how the server takes it",
        "break_rules",
    ),
)

DIALOG_ACTIONS = (
    action(
        Scope.PICKER, "take", "enter", "take", "Take what is highlighted", "take", show=True, priority=True
    ),
    action(Scope.PICKER, "pick-up", "up", "up", "One up in the list", "move(-1)", priority=True),
    action(Scope.PICKER, "pick-down", "down", "down", "One down in the list", "move(1)", priority=True),
    action(
        Scope.PICKER, "pick-page-up", "pageup", "page up", "Ten up in the list", "move(-10)", priority=True
    ),
    action(
        Scope.PICKER,
        "pick-page-down",
        "pagedown",
        "page down",
        "Ten down in the list",
        "move(10)",
        priority=True,
    ),
    action(
        Scope.PICKER,
        "remove",
        "ctrl+d",
        "remove",
        "Remove what is highlighted",
        "remove",
        show=True,
        priority=True,
    ),
    action(
        Scope.PICKER,
        "undo-remove",
        "ctrl+u",
        "undo",
        "Bring back what was removed last",
        "undo_remove",
        show=True,
        priority=True,
    ),
    action(Scope.CONFIRM, "confirm", "y", "yes", "Do it", "confirm", show=True),
    action(Scope.CONFIRM, "refuse", "n", "no", "Leave it", "dismiss_dialog", show=True),
)
