"""The actions about what is connected to, and how."""

from __future__ import annotations

from wsinspect.tui.action import Scope, action

_I = Scope.INSPECTOR

CONNECTING_ACTIONS = (
    action(
        _I,
        "auto-reconnect",
        "R",
        "auto",
        "Reconnect by itself after a failure, with growing waits; again to switch it off",
        "auto_reconnect",
    ),
    action(
        _I,
        "edit-next",
        "e",
        "edit",
        "Edit the next attempt: headers, origin, proxy, TLS, times, keepalive, reconnecting; or send what a browser sends",
        "edit_next",
    ),
    action(
        _I,
        "reconnect-settings",
        "ctrl+e",
        "waits",
        "Set how often and after which waits to reconnect by itself",
        "edit_next('reconnect.attempts')",
    ),
    action(_I, "profiles", "P", "profiles", "Open, edit, duplicate or delete profiles", "profiles"),
    action(
        _I,
        "compare-handshakes",
        "C",
        "compare",
        "Compare this attempt's opening handshake with another attempt's",
        "compare_handshakes",
    ),
    action(
        Scope.FORM, "accept", "enter", "accept", "Take what is written", "accept", show=True, priority=True
    ),
    action(
        Scope.FORM,
        "presets",
        "ctrl+b",
        "as a browser",
        "Send what Chrome, Firefox or Safari sends",
        "presets",
        show=True,
        priority=True,
    ),
    action(Scope.FORM, "field-up", "up", "up", "To the field above", "move_field(-1)"),
    action(Scope.FORM, "field-down", "down", "down", "To the field below", "move_field(1)"),
)

PROFILE_ACTIONS = (
    action(
        Scope.PROFILES,
        "edit-profile",
        "ctrl+e",
        "edit",
        "Edit it in a form",
        "edit",
        show=True,
        priority=True,
    ),
    action(
        Scope.PROFILES,
        "duplicate-profile",
        "ctrl+y",
        "duplicate",
        "Save a copy under another name",
        "duplicate",
        show=True,
        priority=True,
    ),
)
