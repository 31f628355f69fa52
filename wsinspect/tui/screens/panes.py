"""The inspector's four panes: side by side where there is room, else one at a time; focus, tabs and zoom."""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.dom import DOMNode
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from wsinspect.tui.key_hints import title_key
from wsinspect.tui.panes.composer import Composer, ComposerInput
from wsinspect.tui.panes.frames_pane import FramesPane
from wsinspect.tui.panes.key_footer import KeyFooter
from wsinspect.tui.panes.rows_view import RowsView
from wsinspect.tui.panes.status_line import StatusLine
from wsinspect.tui.panes.timeline_pane import TimelinePane

PANES = ("timeline", "handshake", "frames", "diagnosis")
_NARROW_COLUMNS, _SHORT_ROWS, _WIDE_COLUMNS = 100, 30, 160
_TAB_COLUMNS = 48
"""Fewer have no room for the names of the tabs."""
_TINY_ROWS = 12
"""Fewer leave the composer out until it is used."""
_OPPOSITE = {"timeline": "diagnosis", "handshake": "frames"}
"""What stands right of what is on the left."""
_BACK = {right: left for left, right in _OPPOSITE.items()}
_FOCUSED, _SHOWN = "▸", " "


def _titled(pane: str) -> tuple[str, str]:
    """Return the key that goes to a pane, and its name."""
    return title_key(f"show-{pane}"), pane.capitalize()


class PaneTab(Static):
    """A pane's name, to be clicked where one pane is shown at a time."""

    class Clicked(Message):
        """Show this pane."""

        def __init__(self, pane: str) -> None:
            super().__init__()
            self.pane = pane

    def __init__(self, pane: str) -> None:
        super().__init__("", id=f"tab-{pane}", markup=False)
        self.pane = pane

    def tell(self, *, current: bool, focused: bool, short: bool) -> None:
        """Say which pane it is, with a sign where the keys go to it; `short` leaves its key."""
        self.set_class(current, "-current")
        key, name = _titled(self.pane)
        title = (key or name[:1]) if short and not current else f"{key} {name}".lstrip()
        self.update(Content((_FOCUSED if focused else _SHOWN) + title))

    def on_click(self) -> None:
        """Show the pane."""
        self.post_message(self.Clicked(self.pane))


_FOOTER_AND_BORDER = 2
"""Rows below the composer, and the one above it in which the frames say how many are new or marked."""


ONE_PANE = f"a pane has the whole screen already: four need {_NARROW_COLUMNS} columns and {_SHORT_ROWS} rows"
"""Why nothing can be zoomed or sized."""


class PanesScreen(Screen[None]):
    """Arranges the panes. What they show is the business of the class derived from it."""

    class Notice(Message):
        """Tell the person."""

        def __init__(self, text: str, *, bad: bool = False) -> None:
            super().__init__()
            self.text = text
            self.bad = bad

    def __init__(self) -> None:
        super().__init__()
        self._pane = "diagnosis"
        self._chosen = False
        """Whether the person has chosen a pane; until then the most telling one is shown where there is room for one."""
        self._zoomed = False

    def compose(self) -> ComposeResult:
        """Status, tabs, the four panes, the composer, the footer."""
        yield StatusLine(id="status")
        yield Static("", id="answer", markup=False)
        with Horizontal(id="tabs"):
            for pane in PANES:
                yield PaneTab(pane)
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield TimelinePane(id="timeline", classes="pane")
                yield RowsView(id="handshake", classes="pane")
            with Vertical(id="right"):
                yield RowsView(id="diagnosis", classes="pane")
                yield FramesPane(id="frames")
        yield Composer(id="composer")
        yield KeyFooter()

    def name_panes(self) -> None:
        """Give every pane its title."""
        self.query_one("#frames").add_class("pane")
        for pane in PANES:
            self.query_one(f"#{pane}").border_title = Content(" ".join(_titled(pane)).lstrip())
        self._arrange()

    def look(self) -> None:
        """Show what there is in the space that there is now."""

    def rows_of(self, pane: str) -> RowsView:
        """Return one of the panes that are rows."""
        return self.timeline.timeline if pane == "timeline" else self.query_one(f"#{pane}", RowsView)

    @property
    def timeline(self) -> TimelinePane:
        """The timeline's pane."""
        return self.query_one(TimelinePane)

    @property
    def frames(self) -> FramesPane:
        """The frames pane."""
        return self.query_one(FramesPane)

    @property
    def composer(self) -> Composer:
        """The composer."""
        return self.query_one(Composer)

    @property
    def one_pane(self) -> bool:
        """Whether one pane is shown at a time."""
        return self._zoomed or self._small

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only a pane that is zoomed can be put back."""
        return self._zoomed if action == "unzoom" else super().check_action(action, parameters)

    @property
    def zooms(self) -> bool:
        """Whether zooming, or putting back, would change anything."""
        return self._zoomed or not self._small

    @property
    def _small(self) -> bool:
        return self.size.width < _NARROW_COLUMNS or self.size.height < _SHORT_ROWS

    @property
    def _composing(self) -> bool:
        return isinstance(self.focused, ComposerInput)

    def _arrange(self) -> None:
        left = self._pane in ("timeline", "handshake")
        current = {"left": left, "right": not left} | {pane: pane == self._pane for pane in PANES}
        wanted: dict[DOMNode, dict[str, bool]] = {
            self.query_one(f"#{name}"): {"-current": is_current} for name, is_current in current.items()
        }
        wanted[self] = {
            "-one-pane": self.one_pane,
            "-several": not self.one_pane,
            "-diagnosing": self._pane == "diagnosis",
            "-wide": self.size.width >= _WIDE_COLUMNS and not self._zoomed,
            "-tiny": self.size.height < _TINY_ROWS,
        }
        if any(
            node.has_class(name) is not value
            for node, names in wanted.items()
            for name, value in names.items()
        ):
            for node, names in wanted.items():
                node.update_classes(names, update=False)
            # Once for everything that is on the screen: it takes milliseconds.
            self.update_node_styles()
        self._tell_tabs()

    def _tell_tabs(self) -> None:
        short = self.size.width < _TAB_COLUMNS
        for tab in self.query(PaneTab):
            current = tab.pane == self._pane
            tab.tell(current=current, focused=current and self._in_pane, short=short)

    @property
    def _in_pane(self) -> bool:
        """Whether the focus is in the pane that was focused last, rather than in the composer or nowhere."""
        return (
            self.focused is not None and self.query_one(f"#{self._pane}") in self.focused.ancestors_with_self
        )

    def _show_pane(self, pane: str, *, focus: bool = True) -> None:
        self._pane = pane
        self._arrange()
        if focus:
            self._focusable(pane).focus()

    def _focusable(self, pane: str) -> Widget:
        return self.frames.frame_list if pane == "frames" else self.rows_of(pane)

    def on_resize(self, _event: events.Resize) -> None:
        """Change between four panes and one."""
        self._arrange()
        self._focus_what_is_shown()
        self.call_after_refresh(self.look)

    def _focus_what_is_shown(self) -> None:
        """The focus stays where it is unless that is out of sight."""
        if self.one_pane and not self._composing and not self._in_pane:
            self._focusable(self._pane).focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The focused pane is the one that is zoomed and copied."""
        for pane in PANES:
            if event.widget.id == pane or event.widget in self.query(f"#{pane} *"):
                if pane != self._pane:
                    self._pane = pane
                    self._arrange()
                break
        self.frames.read(event.widget)
        self._tell_tabs()

    def action_go(self, pane: str) -> None:
        """Go to a pane."""
        self._chosen = True
        self._show_pane(pane)

    def action_step_pane(self, by: int) -> None:
        """To the next (1) or previous (-1) pane, the composer being the last; from there to the first."""
        places = self._places()
        focused = self.focused
        at = next((at for at, (_, one) in enumerate(places) if one is focused), None)
        if at is None:
            # Nowhere, or where something is typed above the frames.
            at = next((at for at, (pane, _) in enumerate(places) if pane == self._pane), 0) - (by < 0)
        pane, widget = places[(at + by) % len(places)]
        if pane:
            self._chosen = True
            self._show_pane(pane, focus=False)
        widget.focus()

    def _places(self) -> list[tuple[str, Widget]]:
        """Return what can have the focus with its pane: as it stands on the screen, or in the order of the tabs."""
        order = PANES if self.one_pane else ("timeline", "handshake", "diagnosis", "frames")
        details: dict[str, Widget] = {"timeline": self.timeline.detail, "frames": self.frames.detail}
        places: list[tuple[str, Widget]] = []
        for pane in order:
            places.append((pane, self._focusable(pane)))
            if pane in details and details[pane].display:
                places.append((pane, details[pane]))
        return [*places, ("", self.composer.field)]

    def action_go_beside(self, by: int) -> None:
        """To the pane on the left (-1) or right (1); where one is shown at a time, to the tab there."""
        focused = self.focused
        if self.one_pane or focused is None:
            self.action_go(PANES[(PANES.index(self._pane) + by) % len(PANES)])
            return
        frames = self.frames
        if (
            self.has_class("-wide")
            and frames.detail.display
            and focused in (frames.frame_list, frames.detail)
        ):
            inward = frames.detail if by > 0 else frames.frame_list
            if focused is not inward:
                inward.focus()
                return
        if (self._pane in _OPPOSITE) is (by > 0):
            self.action_go(_OPPOSITE.get(self._pane) or _BACK[self._pane])

    @on(PaneTab.Clicked)
    def _tab_clicked(self, event: PaneTab.Clicked) -> None:
        self.action_go(event.pane)

    @on(Composer.RowsTaken)
    def _keep_notifications_off(self, event: Composer.RowsTaken) -> None:
        event.stop()
        # Where notifications are switched off, there is no rack for them.
        for rack in self.query("#textual-toastrack"):
            rack.styles.margin = (0, 0, event.rows + _FOOTER_AND_BORDER, 0)

    def action_zoom(self) -> None:
        """Give the focused pane everything, or put it back."""
        if not self.zooms:
            self.post_message(self.Notice(ONE_PANE))
            return
        self._zoomed = not self._zoomed
        self._arrange()
        self._focus_what_is_shown()
        self.call_after_refresh(self.look)

    def action_unzoom(self) -> None:
        """Put a zoomed pane back."""
        if self._zoomed:
            self.action_zoom()
