"""The actions about what leaves the program: the bug report, copying, and whether secrets are masked."""

from __future__ import annotations

from wsinspect.tui.action import Scope, action

_I, _R, _B = Scope.INSPECTOR, Scope.ROWS, Scope.BUG_REPORT

REPORTING_ACTIONS = (
    action(
        _I,
        "bug-report",
        "b",
        "report",
        "Make a bug report in Markdown, secrets masked: see it, choose what is in it, copy or save it",
        "bug_report",
    ),
    action(
        _I,
        "show-secrets",
        "S",
        "secrets",
        "Show secrets instead of their masks, after a question; again to mask them",
        "toggle_secrets",
    ),
    action(
        _R,
        "rows-select",
        "V",
        "select",
        "Begin to select rows: every move extends, copying takes them; again to stop",
        "hold_rows",
    ),
    action(
        _R,
        "rows-select-up",
        "shift+up,K",
        "select up",
        "Select from here to the row above",
        "extend_rows(-1)",
    ),
    action(
        _R,
        "rows-select-down",
        "shift+down,J",
        "select down",
        "Select from here to the row below",
        "extend_rows(1)",
    ),
    action(_R, "rows-select-all", "A", "select all", "Select every row", "pick_all_rows"),
    action(_R, "rows-drop", "escape", "unselect", "Select nothing", "drop_rows"),
    action(
        _B, "report-copy", "y", "copy", "Copy the report, or what is selected of it", "copy_report", show=True
    ),
    action(_B, "report-save", "s", "save", "Save the report in a file", "save", show=True),
    action(
        _B,
        "report-mask",
        "m",
        "mask more",
        "Mask another text wherever it stands, such as a host's name; selected text is suggested",
        "mask_more",
        show=True,
    ),
    action(_B, "report-unmask", "u", "unmask", "Take back what was masked last by hand", "unmask", show=True),
    action(_B, "report-back", "escape", "back", "Back to the panes", "leave", show=True),
    action(
        Scope.READING,
        "copy-dialog",
        "y",
        "copy",
        "Copy the selected rows, or everything in the dialog",
        "copy_dialog",
    ),
    action(
        Scope.COPYING,
        "copy-dialog-always",
        "ctrl+c",
        "copy",
        "Copy the selected rows, or everything in the dialog",
        "copy_dialog",
    ),
)
