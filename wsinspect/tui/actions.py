"""Every action once: id, key, words. Bindings, footer, palette and help are made from this table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding


class Scope(StrEnum):
    """Where an action works."""

    APP = "everywhere"
    INSPECTOR = "on this screen"
    ROWS = "in a pane"
    FRAMES = "in the frames"
    DETAIL = "in a frame's details"
    COMPOSER = "in the composer"
    CONNECT = "on the connect screen"
    DIALOG = "in a dialog"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that a key does. Its handler is the method `action_<handler>` of the scope's owner."""

    id: str
    """Kebab-case and stable: what a keymap names."""
    key: str
    """Keys, separated by commas, in Textual's spelling."""
    title: str
    """A word or two for the footer and the palette."""
    tooltip: str
    scope: Scope
    handler: str
    show: bool = False
    """Whether the footer has room for it."""
    key_display: str | None = None
    priority: bool = False
    """Works even while something is typed."""

    @property
    def name(self) -> str:
        """Return what the palette calls it."""
        return self.id.replace("-", " ").capitalize()

    def binding(self) -> Binding:
        """Return it as Textual wants it."""
        return Binding(
            self.key,
            self.handler,
            self.title,
            show=self.show,
            key_display=self.key_display,
            priority=self.priority,
            tooltip=self.tooltip,
            id=self.id,
        )


def _action(
    scope: Scope,
    id: str,  # noqa: A002 - the table's own word
    key: str,
    title: str,
    tooltip: str,
    handler: str,
    *,
    show: bool = False,
    display: str | None = None,
    priority: bool = False,
) -> Action:
    return Action(
        id=id,
        key=key,
        title=title,
        tooltip=tooltip,
        scope=scope,
        handler=handler,
        show=show,
        key_display=display,
        priority=priority,
    )


_A, _I, _R, _F = Scope.APP, Scope.INSPECTOR, Scope.ROWS, Scope.FRAMES

ACTIONS: tuple[Action, ...] = (
    _action(
        _I,
        "compose",
        "i,5",
        "write",
        "Go to the composer and write a frame",
        "focus_composer",
        show=True,
        display="i",
    ),
    _action(
        _I,
        "reconnect",
        "r",
        "reconnect",
        "Make another attempt with the same options",
        "reconnect",
        show=True,
    ),
    _action(
        _I,
        "disconnect",
        "x",
        "close",
        "Close an open connection with 1000; abort one that is still being made or is closing",
        "disconnect",
        show=True,
        display="x",
    ),
    _action(
        _I,
        "copy",
        "y",
        "copy",
        "Copy what has the focus: handshake, finding, timeline or the selected frame",
        "copy",
        show=True,
    ),
    _action(
        _I,
        "pause",
        "p",
        "pause",
        "Freeze the frames while recording goes on; again to go on",
        "pause",
        show=True,
    ),
    _action(
        _I,
        "maximise",
        "z",
        "zoom",
        "Give the focused pane the whole screen; again to put it back",
        "zoom",
        show=True,
    ),
    _action(
        _I, "save-profile", "s", "save", "Save target and options as a profile", "save_profile", show=True
    ),
    _action(_I, "open", "o", "open", "Open another target or profile", "open_target", show=True),
    _action(_I, "show-timeline", "1", "timeline", "Go to the timeline", "go('timeline')"),
    _action(_I, "show-handshake", "2", "handshake", "Go to the handshake", "go('handshake')"),
    _action(_I, "show-frames", "3", "frames", "Go to the frames", "go('frames')"),
    _action(_I, "show-diagnosis", "4", "diagnosis", "Go to the diagnosis", "go('diagnosis')"),
    _action(_I, "unzoom", "escape", "unzoom", "Put a zoomed pane back", "unzoom"),
    _action(
        _I,
        "previous-attempt",
        "left_square_bracket",
        "earlier",
        "Show the attempt before this one",
        "attempt(-1)",
        display="[",
    ),
    _action(
        _I,
        "next-attempt",
        "right_square_bracket",
        "later",
        "Show the attempt after this one",
        "attempt(1)",
        display="]",
    ),
    _action(
        _A,
        "help",
        "question_mark,f1",
        "help",
        "Keys and signs of the focused pane",
        "show_help",
        show=True,
    ),
    _action(
        _A,
        "theme",
        "t",
        "theme",
        "Choose dark, light, high contrast or the terminal's own colours",
        "change_theme",
    ),
    _action(_A, "quit", "q", "quit", "End the connection and leave", "quit", show=True),
    _action(
        _A, "quit-always", "ctrl+q", "quit", "Leave, also while something is typed", "quit", priority=True
    ),
    _action(_R, "row-up", "up,k", "up", "One row up", "row_up"),
    _action(_R, "row-down", "down,j", "down", "One row down", "row_down"),
    _action(_R, "rows-page-up", "pageup,ctrl+b", "page up", "One page up", "page_up_rows"),
    _action(_R, "rows-page-down", "pagedown,ctrl+f", "page down", "One page down", "page_down_rows"),
    _action(_R, "row-first", "home,g", "top", "To the first row", "first_row"),
    _action(_R, "row-last", "end,G", "bottom", "To the last row", "last_row"),
    _action(
        _R, "row-choose", "enter,space", "show", "Show the event or frame that the row stands for", "choose"
    ),
    _action(_F, "frame-up", "up,k", "up", "One frame up; stops following", "frame_up"),
    _action(_F, "frame-down", "down,j", "down", "One frame down", "frame_down"),
    _action(_F, "frames-page-up", "pageup,ctrl+b", "page up", "One page up", "frames_page(-1)"),
    _action(_F, "frames-page-down", "pagedown,ctrl+f", "page down", "One page down", "frames_page(1)"),
    _action(_F, "frame-first", "home,g", "first", "To the first frame", "first_frame"),
    _action(_F, "frame-last", "end,G", "newest", "To the newest frame, and follow from there", "last_frame"),
    _action(
        _F,
        "frame-details",
        "enter,space",
        "details",
        "Show or hide the details of the selected frame",
        "details",
    ),
    _action(
        Scope.DETAIL, "detail-view", "v", "view", "Show the payload as text, formatted JSON or hex", "view"
    ),
    _action(Scope.DETAIL, "detail-close", "escape", "close", "Back to the list of frames", "close"),
    _action(
        Scope.COMPOSER, "send", "enter", "send", "Send what is written", "send", show=True, priority=True
    ),
    _action(
        Scope.COMPOSER,
        "newline",
        "ctrl+n,shift+enter,alt+enter",
        "new line",
        "Begin a new line in the payload",
        "newline",
        show=True,
        display="^n",
    ),
    _action(
        Scope.COMPOSER,
        "kind",
        "ctrl+t",
        "kind",
        "Switch between text, binary, ping, pong and close",
        "next_kind",
        show=True,
        display="^t",
    ),
    _action(Scope.COMPOSER, "history-back", "up", "earlier", "What was sent before this", "history_back"),
    _action(Scope.COMPOSER, "history-on", "down", "later", "What was sent after this", "history_on"),
    _action(
        Scope.COMPOSER,
        "leave-composer",
        "escape",
        "leave",
        "Back to the panes; what is written stays",
        "leave",
        show=True,
    ),
    _action(
        Scope.CONNECT,
        "connect",
        "enter",
        "connect",
        "Connect to what is written or selected",
        "connect",
        show=True,
        priority=True,
    ),
    _action(
        Scope.CONNECT,
        "leave-connect",
        "escape",
        "back",
        "Back to the inspector, if there is one",
        "leave",
        show=True,
    ),
    _action(Scope.DIALOG, "dismiss", "escape", "close", "Close this", "dismiss_dialog", show=True),
)


def of(scope: Scope) -> tuple[Action, ...]:
    """Return a scope's actions in order."""
    return tuple(action for action in ACTIONS if action.scope is scope)


def bindings(scope: Scope) -> list[Binding]:
    """Return a scope's actions as bindings."""
    return [action.binding() for action in of(scope)]
