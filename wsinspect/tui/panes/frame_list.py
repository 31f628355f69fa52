"""The frames as a virtual list: only what is visible is looked at, however many there are."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from wsinspect.session.frame_log import FrameLog
from wsinspect.tui.actions import Scope, bindings
from wsinspect.tui.panes.frame_line import NUMBER_WIDTH, frame_line
from wsinspect.tui.themes import quiet_cursor


class FrameList(ScrollView, can_focus=True):
    """Shows a frame log. Pulls nothing by itself: `pull` is called by whoever owns the timer."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.FRAMES)]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"frames--cursor", "frames--selected"}
    DEFAULT_CSS = """
    FrameList { overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1; }
    """

    class Selected(Message):
        """Another frame is selected."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    class DetailsWanted(Message):
        """Somebody wants to see, or no longer see, the selected frame's details."""

    class FollowChanged(Message):
        """Following began or ended."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._frames: FrameLog | None = None
        self._count = 0
        self._empty_text = ""
        self.cursor = -1
        """The selected frame's number, -1 for none."""
        self.following = True
        """Whether the newest frame is kept in view."""
        self.paused = False
        """Whether newer frames stay out of the list."""
        self._strips: LRUCache[tuple[int, int, int, bool], Strip] = LRUCache(512)

    @property
    def allow_select(self) -> bool:
        """Text can be selected with the mouse."""
        return True

    @property
    def number_width(self) -> int:
        """Cells that the newest frame's number takes."""
        return max(NUMBER_WIDTH, len(str(self._count)))

    def tell_empty(self, text: str) -> None:
        """Say why the list is empty, should it be."""
        if text != self._empty_text:
            self._empty_text = text
            if not self._count:
                self.refresh()

    @property
    def unseen(self) -> int:
        """Frames that were recorded and are not in the list."""
        return (len(self._frames) if self._frames is not None else 0) - self._count

    def pull(self, frames: FrameLog) -> bool:
        """Take what is new from the log; say whether anything changed."""
        if frames is not self._frames:
            self._frames, self._count, self.cursor = frames, 0, -1
            self.following, self.paused = True, False
            self._strips.clear()
            self._resize()
        if self.paused or len(frames) == self._count:
            return False
        before = self.number_width
        self._count = len(frames)
        if self.number_width != before:
            self._strips.clear()
        self._resize()
        if self.following:
            self._select(self._count - 1)
            self.scroll_to(y=self.max_scroll_y, animate=False)
        self.refresh()
        return True

    def _resize(self) -> None:
        """Make the list as long as it is, without asking for another layout of the screen."""
        size = Size(self.scrollable_content_region.width, self._count)
        self.set_reactive(Widget.virtual_size, size)
        self._scroll_update(size)

    def on_resize(self, _event: events.Resize) -> None:
        """Another width shows more or less of each payload; following stays at the end."""
        self._strips.clear()
        self._resize()
        if self.following:
            self.scroll_to(y=self.max_scroll_y, animate=False)

    def notify_style_update(self) -> None:
        """Called by Textual when styles changed."""
        super().notify_style_update()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """Return one line of the viewport."""
        width = self.scrollable_content_region.width
        number = y + self.scroll_offset.y
        if self._frames is None or not 0 <= number < self._count:
            said = self._empty_text if y == 1 and not self._count else ""
            blank = (
                Strip([Segment(f"  {said}", self.rich_style)])
                if said
                else Strip.blank(width, self.rich_style)
            )
            return blank.adjust_cell_length(width, self.rich_style)
        cursor = 0 if number != self.cursor else 2 if self.has_focus else 1
        selection = self.text_selection
        span = selection.get_span(number) if selection is not None else None
        if span is None:
            cached = self._strips.get((number, width, cursor, False))
            if cached is not None:
                return cached
        base = self.visual_style
        if cursor:
            base = self.get_visual_style("frames--cursor" if cursor == 2 else "frames--selected")
        content = frame_line(self._frames, number, self.number_width, width)
        if cursor and not quiet_cursor(self.app.theme):
            content = content.without_spans
        if span is not None:
            mark = Style.from_rich_style(self.selection_style)
            content = content.stylize(mark, span[0], None if span[1] == -1 else span[1])
        parse = self.app.stylesheet.parse_style
        strip = Strip(
            [
                Segment(part, style.rich_style)
                for part, style in content.render(base, end="", parse_style=parse)
            ]
        )
        strip = strip.adjust_cell_length(width, base.rich_style).apply_offsets(0, number)
        if span is None:
            self._strips[(number, width, cursor, False)] = strip
        return strip

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text that the mouse selected."""
        if self._frames is None or selection.start is None or selection.end is None:
            return None
        first, last = selection.start.y, min(selection.end.y, self._count - 1)
        width = self.scrollable_content_region.width
        lines = [
            frame_line(self._frames, number, self.number_width, width).plain
            for number in range(first, last + 1)
        ]
        if not lines:
            return None
        lines[-1] = lines[-1][: selection.end.x]
        lines[0] = lines[0][selection.start.x :]
        return "\n".join(lines), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Show the selection."""
        self.refresh()

    def select(self, number: int) -> None:
        """Select a frame and bring it into view; following ends unless it is the newest."""
        if not self._count:
            return
        number = max(0, min(number, self._count - 1))
        self._follow(number == self._count - 1 and not self.paused)
        self._select(number)
        top, height = round(self.scroll_y), max(1, self.scrollable_content_region.height)
        if number < top:
            self.scroll_to(y=number, animate=False)
        elif number >= top + height:
            self.scroll_to(y=number - height + 1, animate=False)
        self.refresh()

    def _select(self, number: int) -> None:
        if number != self.cursor:
            self.cursor = number
            self.post_message(self.Selected(number))

    def _follow(self, following: bool) -> None:
        if following != self.following:
            self.following = following
            self.post_message(self.FollowChanged())

    def pause(self) -> None:
        """Stop taking new frames, or go on."""
        self.paused = not self.paused
        if not self.paused:
            self._follow(True)
        self.post_message(self.FollowChanged())

    def on_mouse_scroll_up(self, _event: events.MouseScrollUp) -> None:
        """Scrolling back ends following."""
        if self._count > self.scrollable_content_region.height:
            self._follow(False)

    def on_click(self, event: events.Click) -> None:
        """Select the frame that was clicked; a second click shows its details."""
        offset = event.get_content_offset(self)
        if offset is None or self.text_selection is not None:
            return
        number = offset.y + self.scroll_offset.y
        if number >= self._count:
            return
        if event.chain == 2:
            self.post_message(self.DetailsWanted())
        self.select(number)

    def action_frame_up(self) -> None:
        """One frame up."""
        self.select(self.cursor - 1)

    def action_frame_down(self) -> None:
        """One frame down."""
        self.select(self.cursor + 1)

    def action_frames_page(self, direction: int) -> None:
        """One page up (-1) or down (1)."""
        self.select(self.cursor + direction * max(1, self.scrollable_content_region.height - 1))

    def action_first_frame(self) -> None:
        """To the first frame."""
        self.select(0)

    def action_last_frame(self) -> None:
        """To the newest frame, following from there."""
        self.select(self._count - 1)

    def action_details(self) -> None:
        """Show or hide the details."""
        self.post_message(self.DetailsWanted())
