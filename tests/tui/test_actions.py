"""The table of actions: every entry has a handler, a key of its own, words, and does nothing while one types."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

import wsinspect.tui
from wsinspect.tui.actions import ACTIONS, Action, Scope
from wsinspect.tui.app import WsinspectApp
from wsinspect.tui.help_topics import ANYWHERE
from wsinspect.tui.panes.composer import ComposerInput
from wsinspect.tui.panes.frame_bar import BarField
from wsinspect.tui.panes.frame_detail import FrameDetail
from wsinspect.tui.panes.frame_list import FrameList
from wsinspect.tui.panes.frames_pane import FramesPane
from wsinspect.tui.panes.rows_view import RowsView
from wsinspect.tui.screens.bug_report import BugReportScreen
from wsinspect.tui.screens.compare import CompareScreen
from wsinspect.tui.screens.confirm import ConfirmScreen
from wsinspect.tui.screens.connect import ConnectField, ConnectList
from wsinspect.tui.screens.help import HelpScreen, help_rows
from wsinspect.tui.screens.inspector import InspectorScreen
from wsinspect.tui.screens.options_form import OptionsForm
from wsinspect.tui.screens.pick import PickScreen
from wsinspect.tui.screens.profiles import ProfilesScreen
from wsinspect.tui.screens.save_profile import SaveProfileScreen

OWNERS: dict[Scope, tuple[type[DOMNode], ...]] = {
    Scope.APP: (WsinspectApp,),
    Scope.INSPECTOR: (InspectorScreen,),
    Scope.ROWS: (RowsView,),
    Scope.FRAMES: (FrameList,),
    Scope.FRAMES_PANE: (FramesPane,),
    Scope.FRAME_BAR: (BarField,),
    Scope.DETAIL: (FrameDetail,),
    Scope.COMPOSER: (ComposerInput,),
    Scope.CONNECT: (ConnectField, ConnectList),
    Scope.BUG_REPORT: (BugReportScreen,),
    Scope.READING: (HelpScreen, CompareScreen),
    Scope.COPYING: (HelpScreen, CompareScreen, PickScreen, ConfirmScreen),
    Scope.DIALOG: (
        CompareScreen,
        HelpScreen,
        SaveProfileScreen,
        PickScreen,
        ConfirmScreen,
        OptionsForm,
    ),
    Scope.FORM: (OptionsForm,),
    Scope.PROFILES: (ProfilesScreen,),
    Scope.PICKER: (PickScreen,),
    Scope.CONFIRM: (ConfirmScreen,),
}


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_every_action_has_a_handler_and_words(action: Action) -> None:
    name = action.handler.partition("(")[0]
    for owner in OWNERS[action.scope]:
        assert callable(getattr(owner, f"action_{name}", None)), f"{owner.__name__} lacks action_{name}"
    assert action.tooltip[0].isupper()
    assert action.title
    assert action.id == action.id.lower()


def test_ids_are_unique() -> None:
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)


@pytest.mark.parametrize("scope", Scope)
def test_no_key_means_two_things_in_one_place(scope: Scope) -> None:
    keys = Counter(key for action in ACTIONS if action.scope is scope for key in action.keys)
    assert [key for key, count in keys.items() if count > 1] == []


def test_keys_that_old_terminals_confuse_are_avoided() -> None:
    keys = {key for action in ACTIONS for key in action.key.split(",")}
    assert not keys & {"ctrl+j", "ctrl+m", "ctrl+h", "ctrl+i"}


@pytest.mark.parametrize("scope", Scope)
def test_every_binding_is_in_effect_under_its_id(scope: Scope) -> None:
    for owner in OWNERS[scope]:
        bound = {
            binding.id
            for bindings in owner._merge_bindings().key_to_bindings.values()
            for binding in bindings
        }
        assert {action.id for action in ACTIONS if action.scope is scope} <= bound


def test_help_tells_every_action_with_its_keys() -> None:
    told = "\n".join(row.plain for row in help_rows(ANYWHERE, ACTIONS, lambda name: f"<{name}>"))
    for action in ACTIONS:
        assert action.tooltip in told
        assert f"<{action.id}>" in told


def _classes() -> list[type[DOMNode]]:
    """Return every screen, widget and app of ours."""
    names = [module.name for module in pkgutil.walk_packages(wsinspect.tui.__path__, "wsinspect.tui.")]
    return [
        one
        for name in names
        for one in vars(importlib.import_module(name)).values()
        if isinstance(one, type) and issubclass(one, DOMNode) and one.__module__ == name
    ]


def test_nothing_is_bound_outside_the_table() -> None:
    classes = _classes()
    assert len(classes) > 30
    by_id = {action.id: action for action in ACTIONS}
    for kind in classes:
        for binding in kind.__dict__.get("BINDINGS", ()):
            assert isinstance(binding, Binding), kind
            assert binding.id in by_id, (kind, binding)
            action = by_id[binding.id]
            assert (binding.key, binding.description, binding.tooltip) == (
                action.key,
                action.title,
                action.tooltip,
            )
            assert binding.action.removeprefix("app.") == action.handler
        # A key that a method takes for itself would be in no footer, palette or help.
        own = [
            name for name in vars(kind) if name.startswith(("key_", "_key_")) or name in ("on_key", "_on_key")
        ]
        assert own == [], kind


def test_every_scope_is_bound_somewhere() -> None:
    bound = {binding.id for kind in _classes() for binding in kind.__dict__.get("BINDINGS", ())}
    assert bound == {action.id for action in ACTIONS}


def test_the_app_adds_no_keys_of_its_own() -> None:
    """Textual's app has two: leaving, which the table has as well, and copying, which every terminal is used to."""
    theirs = {binding.id or binding.key for _, binding in WsinspectApp._merge_bindings()}
    assert theirs - {action.id for action in ACTIONS} == {"ctrl+c"}
