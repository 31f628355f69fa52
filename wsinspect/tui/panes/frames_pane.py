"""The frames: the list, its column names, and the details of the selected one."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from wsinspect.session.frame_log import FrameLog
from wsinspect.session.record import SessionRecord
from wsinspect.tui.actions import Scope, bindings
from wsinspect.tui.panes.frame_line import column_names
from wsinspect.tui.panes.frame_list import FrameList
from wsinspect.tui.panes.frame_rows import DETAIL_BYTES, View, frame_rows, frame_text
from wsinspect.tui.panes.rows_view import RowsView
from wsinspect.tui.rows import MUTED
from wsinspect.tui.wording import amount


class FrameDetail(RowsView):
    """The details of one frame."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.DETAIL)]

    class CloseWanted(Message):
        """Back to the list."""

    class ViewWanted(Message):
        """The next way of showing the payload."""

    def action_view(self) -> None:
        """Show the payload in the next way."""
        self.post_message(self.ViewWanted())

    def action_close(self) -> None:
        """Back to the list."""
        self.post_message(self.CloseWanted())


class FramesPane(Container):
    """Shows the frames of a record; `pull` is called on a timer."""

    DEFAULT_CSS = """
    FramesPane { layout: vertical; }
    FramesPane #frames-list-side { height: 1fr; width: 1fr; }
    FramesPane .columns { height: 1; width: 1fr; }
    FramesPane FrameList { height: 1fr; }
    FramesPane FrameDetail { display: none; height: 55%; }
    FramesPane.-details FrameDetail { display: block; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._frames: FrameLog | None = None
        self._view = View.AUTO
        self._byte_range: tuple[int, int] | None = None
        self._shown: tuple[int, View, tuple[int, int] | None, int] | None = None
        self._columns = ""

    def on_mount(self) -> None:
        """Name the columns."""
        self._title()

    def compose(self) -> ComposeResult:
        """The list with its column names, then the details."""
        with Vertical(id="frames-list-side"):
            yield Static("", classes="columns", markup=False)
            yield FrameList(id="frame-list")
        yield FrameDetail(id="frame-detail")

    @property
    def frame_list(self) -> FrameList:
        """The list."""
        return self.query_one(FrameList)

    @property
    def detail(self) -> FrameDetail:
        """The details."""
        return self.query_one(FrameDetail)

    def pull(self, record: SessionRecord) -> None:
        """Take what is new."""
        self._frames = record.frames
        if self.frame_list.pull(record.frames):
            self._title()

    def _title(self) -> None:
        frames, shown = self._frames, self.frame_list
        names = column_names(shown.number_width)
        if names != self._columns:
            self._columns = names
            self.query_one(".columns", Static).update(Content.styled(names, MUTED))
        if frames is None:
            return
        notes = []
        if shown.paused:
            notes.append("PAUSED" + (f", +{amount(shown.unseen)} new" if shown.unseen else ""))
        elif not shown.following and len(frames):
            notes.append("not following (end)")
        if frames.violation_count:
            notes.append(f"✗ {amount(frames.violation_count)} violations")
        self.border_subtitle = Content("  ".join(notes)) if notes else None

    def refresh_badge(self) -> None:
        """Show how many frames wait outside a paused list."""
        if self.frame_list.paused:
            self._title()

    def show_frame(self, number: int, byte_range: tuple[int, int] | None = None) -> None:
        """Select a frame and show its details, with bytes marked."""
        self._byte_range = byte_range
        self.frame_list.select(number)
        self.open_details(True)
        self._fill()

    def open_details(self, wanted: bool) -> None:
        """Show or hide the details."""
        self.set_class(wanted, "-details")
        if wanted:
            self.call_after_refresh(self._fill)
        elif self.detail.has_focus:
            self.frame_list.focus()

    def selected_text(self) -> str | None:
        """Return the selected frame's payload for the clipboard."""
        if self._frames is None or not 0 <= self.frame_list.cursor < len(self._frames):
            return None
        return frame_text(self._frames.frame(self.frame_list.cursor))

    def _fill(self) -> None:
        frames, number = self._frames, self.frame_list.cursor
        if frames is None or not self.detail.display or not 0 <= number < len(frames):
            return
        width = self.detail.scrollable_content_region.width
        key = (number, self._view, self._byte_range, width)
        if key == self._shown:
            return
        if self._shown is None or self._shown[0] != number:
            self.detail.scroll_home(animate=False)
        self._shown = key
        frame = frames.frame(number, limit=DETAIL_BYTES)
        self.detail.show(frame_rows(frame, self._view, self._byte_range, width))
        self.detail.border_subtitle = Content(f"view: {self._view}  (v)")

    def on_resize(self) -> None:
        """Hex lines depend on the width."""
        self.call_after_refresh(self._fill)

    @on(FrameList.Selected)
    def _another_frame(self, event: FrameList.Selected) -> None:
        event.stop()
        if self._shown is not None and self._shown[0] != event.number:
            self._byte_range = None
        self._fill()

    @on(FrameList.DetailsWanted)
    def _toggle_details(self, event: FrameList.DetailsWanted) -> None:
        event.stop()
        self.open_details(not self.has_class("-details"))

    @on(FrameList.FollowChanged)
    def _follow_changed(self, event: FrameList.FollowChanged) -> None:
        event.stop()
        self._title()

    @on(FrameDetail.ViewWanted)
    def _next_view(self, event: FrameDetail.ViewWanted) -> None:
        event.stop()
        views = list(View)
        self._view = views[(views.index(self._view) + 1) % len(views)]
        self._byte_range = None
        self._fill()

    @on(FrameDetail.CloseWanted)
    def _close_details(self, event: FrameDetail.CloseWanted) -> None:
        event.stop()
        self.frame_list.focus()
        self.open_details(False)
