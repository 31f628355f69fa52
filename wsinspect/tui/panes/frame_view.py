"""Frames as lines of a virtual list: only what is visible is looked at, however many there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual import events
from textual.cache import LRUCache
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from wsinspect.session.frame_log import FrameLog
from wsinspect.tui.panes.frame_line import (
    BOTH,
    MARKED,
    SELECTED,
    Look,
    frame_line,
    line_width,
    wrap_indent,
    wrapped,
)
from wsinspect.tui.panes.frame_listing import Choice, Listing
from wsinspect.tui.panes.frame_picks import Picks
from wsinspect.tui.themes import quiet_cursor


class FrameView(ScrollView, can_focus=True):
    """Shows a listing, which somebody else steps. Scrolls by rows; where lines are wrapped, a row takes several of them."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"frames--cursor", "frames--selected", "frames--picked"}
    DEFAULT_CSS = """
    FrameView { overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1; }
    """

    class Selected(Message):
        """Another frame is under the cursor."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    class Changed(Message):
        """Following began or ended, or other frames are marked or selected."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._frames: FrameLog | None = None
        self.listing = Listing(FrameLog(), Choice())
        self._count = 0
        self._seen_until = 0
        """Rows that there were when following ended."""
        self._empty_text = ""
        self.cursor = -1
        """The number of the frame under the cursor, -1 for none."""
        self.following = True
        """Whether the newest frame is kept in view."""
        self.paused = False
        """Whether newer frames stay out of the list."""
        self.wrap = False
        """Whether long payloads take several lines."""
        self.look = Look()
        self.picks = Picks()
        self.attempt_of: Callable[[int], int] = lambda _: 0
        """The number of the attempt that a frame belongs to."""
        self._strips: LRUCache[tuple[int, int, str], list[Strip]] = LRUCache(512)
        self._rich_styles: dict[Style, RichStyle] = {}
        self._lines: list[tuple[int, Strip]] = []
        """(row, what stands there) of the viewport's lines."""
        self._lines_key: tuple[object, ...] = ()
        self._height = 0

    @property
    def allow_select(self) -> bool:
        """Text can be selected with the mouse."""
        return True

    @property
    def count(self) -> int:
        """Rows of the list."""
        return self._count

    def tell_empty(self, text: str) -> None:
        """Say why the list is empty, should it be."""
        if text != self._empty_text:
            self._empty_text = text
            if not self._count:
                self.refresh()

    @property
    def row(self) -> int:
        """The row of the cursor, -1 for none."""
        return self.listing.row_of(self.cursor) if self._count else -1

    @property
    def unseen(self) -> int:
        """Frames that were recorded and not yet looked at, as while the list is paused."""
        return self.listing.behind if self._frames is not None else 0

    @property
    def below(self) -> int:
        """Rows that were added since following ended."""
        return 0 if self.following else max(0, self._count - self._seen_until)

    def show(self, frames: FrameLog, listing: Listing) -> None:
        """Show another listing, of the same frames or of others."""
        if frames is not self._frames:
            self._frames, self.cursor, self.picks = frames, -1, Picks()
            self.following, self.paused = True, False
        self.listing, self._count = listing, 0
        self.restyle()

    def restyle(self) -> None:
        """Lines look different now."""
        self._strips.clear()
        self._lines_key = ()
        self.refresh()

    def grow(self) -> None:
        """Take over what the listing has now."""
        held = None if self.following or self._count else self.cursor
        self._count = len(self.listing)
        self._resize()
        if self.following:
            if self._count:
                self._put_cursor(self.listing.number(self._count - 1))
            self._to_end()
        elif held is not None and held >= 0 and self._count:
            # Another listing of the same frames: stay at the frame.
            self._reveal(self.listing.row_of(held))
        self.refresh()

    def _resize(self) -> None:
        """Make the list as long as it is, without asking for another layout of the screen."""
        more = max(0, self.scrollable_content_region.height - 1) if self.wrap else 0
        size = Size(self.scrollable_content_region.width, self._count + more)
        self.set_reactive(Widget.virtual_size, size)
        self._scroll_update(size)

    def _to_end(self) -> None:
        y = self._top_for(self._count - 1) if self.wrap else self.max_scroll_y
        self.scroll_to(y=y, animate=False)

    def on_resize(self, _event: events.Resize) -> None:
        """Another width shows more or less of each payload; following stays at the end, a cursor in view stays in view."""
        top, height = round(self.scroll_y), self._height
        self._height = self.scrollable_content_region.height
        self.restyle()
        self._resize()
        if self.following:
            self._to_end()
        elif top <= self.row < top + height:
            self._reveal(self.row)

    def notify_style_update(self) -> None:
        """Called by Textual when styles changed."""
        super().notify_style_update()
        self._strips.clear()
        self._rich_styles.clear()
        self._lines_key = ()

    def set_wrap(self, wrap: bool) -> None:
        """Show long payloads on several lines, or on one."""
        self.wrap = wrap
        self.restyle()
        self._resize()
        if self.following:
            self._to_end()
        else:
            self._reveal(max(0, self.row))

    # Lines

    def render_line(self, y: int) -> Strip:
        """Return one line of the viewport."""
        width = self.scrollable_content_region.width
        lines = self._visible()
        if y < len(lines):
            return lines[y][1]
        said = self._empty_text if y == 1 and not self._count else ""
        if said:
            strip = Strip([Segment(f"  {said}", self.rich_style)])
            return strip.adjust_cell_length(width, self.rich_style)
        return Strip.blank(width, self.rich_style)

    def _visible(self) -> list[tuple[int, Strip]]:
        height, top = self.scrollable_content_region.height, self.scroll_offset.y
        key = (
            top,
            height,
            self._count if top + height >= self._count else 0,
            self.cursor,
            self.has_focus,
            self.text_selection,
            len(self.picks),
            len(self.picks.marked),
        )
        if key != self._lines_key:
            self._lines_key = key
            self._lines = []
            for row in range(top, min(self._count, top + height)):
                self._lines += [(row, strip) for strip in self._row(row)]
                if len(self._lines) >= height:
                    break
        return self._lines

    def _row(self, row: int) -> list[Strip]:
        number = self.listing.number(row)
        under = number == self.cursor
        state = ("c" if self.has_focus else "s") if under else ""
        picked, marked = number in self.picks, self.picks.is_marked(number)
        sign = BOTH if picked and marked else SELECTED if picked else MARKED if marked else " "
        selection = self.text_selection
        span = selection.get_span(row) if selection is not None else None
        key = (number, row, state + sign)
        if span is None and (known := self._strips.get(key)) is not None:
            return known
        base = self.visual_style
        if state or picked:
            part = "cursor" if state == "c" else "selected" if state else "picked"
            base = self.get_visual_style(f"frames--{part}")
        content = self._content(row, sign)
        if state and not quiet_cursor(self.app.theme):
            content = content.without_spans
        if span is not None:
            style = Style.from_rich_style(self.selection_style)
            content = content.stylize(style, span[0], None if span[1] == -1 else span[1])
        width = self.scrollable_content_region.width
        pieces = wrapped(content, self.look, width) if self.wrap else [(0, content)]
        strips = [self._strip(piece, start, row, base, width) for start, piece in pieces]
        if span is None:
            self._strips[key] = strips
        return strips

    def _content(self, row: int, sign: str = " ") -> Content:
        assert self._frames is not None
        number = self.listing.number(row)
        width = line_width(self.scrollable_content_region.width, wrap=self.wrap)
        above = self.listing.number(row - 1) if row else None
        attempt = self.attempt_of(number)
        return frame_line(self._frames, number, self.look, width, above=above, attempt=attempt, sign=sign)

    def _strip(self, content: Content, start: int, row: int, base: Style, width: int) -> Strip:
        parse = self.app.stylesheet.parse_style
        segments, known = [], self._rich_styles
        for part, style in content.render(base, end="", parse_style=parse):
            # Made anew for every piece of every line, they would take a third of the time.
            if style not in known:
                known[style] = style.rich_style
            segments.append(Segment(part, known[style]))
        strip = Strip(segments).apply_offsets(start, row)
        if start:
            strip = Strip([Segment(" " * wrap_indent(self.look), base.rich_style), *strip])
        return strip.adjust_cell_length(width, base.rich_style)

    def _top_for(self, row: int) -> int:
        """Return the first row of a viewport whose last one is `row`."""
        room = self.scrollable_content_region.height
        top = row + 1
        while top > 0:
            room -= len(self._row(top - 1)) if self.wrap else 1
            if room < 0:
                break
            top -= 1
        return min(top, max(0, row))

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text that the mouse selected."""
        if self._frames is None or selection.start is None or selection.end is None:
            return None
        first, last = selection.start.y, min(selection.end.y, self._count - 1)
        lines = [self._content(row).plain for row in range(first, last + 1)]
        if not lines:
            return None
        lines[-1] = lines[-1][: selection.end.x]
        lines[0] = lines[0][selection.start.x :]
        return "\n".join(lines), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Show the selection."""
        self._lines_key = ()
        self.refresh()

    def _reveal(self, row: int) -> None:
        top, height = round(self.scroll_y), max(1, self.scrollable_content_region.height)
        if row < top:
            self.scroll_to(y=row, animate=False)
        elif row >= top + height or (self.wrap and self._top_for(row) > top):
            self.scroll_to(y=self._top_for(row), animate=False)

    def _put_cursor(self, number: int) -> None:
        if number != self.cursor:
            self.cursor = number
            self.post_message(self.Selected(number))

    def _follow(self, following: bool) -> None:
        if following != self.following:
            self.following = following
            self._seen_until = self._count
            self.post_message(self.Changed())
