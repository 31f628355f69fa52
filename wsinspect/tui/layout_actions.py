"""The actions about panes: going from one to the next, and how much room each has."""

from __future__ import annotations

from wsinspect.tui.action import Scope, action

_I = Scope.INSPECTOR

LAYOUT_ACTIONS = (
    action(
        _I,
        "next-pane",
        "tab",
        "next pane",
        "To the next pane; after the last, to the composer",
        "step_pane(1)",
    ),
    action(_I, "previous-pane", "shift+tab", "pane before", "To the pane before this one", "step_pane(-1)"),
    action(
        _I,
        "pane-left",
        "h,left",
        "left pane",
        "To the pane on the left; where one is shown at a time, to the tab before this one",
        "go_beside(-1)",
    ),
    action(
        _I,
        "pane-right",
        "l,right",
        "right pane",
        "To the pane on the right; where one is shown at a time, to the next tab",
        "go_beside(1)",
    ),
    action(
        _I,
        "wider",
        "right_parenthesis,alt+right",
        "wider",
        "Make the focused pane wider; borders can be dragged with the mouse, too",
        "grow('width', 1)",
    ),
    action(
        _I,
        "narrower",
        "left_parenthesis,alt+left",
        "narrower",
        "Make the focused pane narrower",
        "grow('width', -1)",
    ),
    action(
        _I,
        "taller",
        "plus,alt+down",
        "taller",
        "Make the focused pane taller; in a frame's details its first key unfolds instead",
        "grow('height', 1)",
    ),
    action(
        _I,
        "shorter",
        "minus,alt+up",
        "shorter",
        "Make the focused pane shorter; in a frame's details its first key folds instead",
        "grow('height', -1)",
    ),
    action(
        _I,
        "reset-sizes",
        "0",
        "own sizes",
        "Let every pane have the size that suits what is shown; a double click on a border does it for that border",
        "reset_sizes",
    ),
)
