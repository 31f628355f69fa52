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
)
