"""How much room the panes have: borders are dragged with the mouse or moved with keys, and a double click lets go of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from textual import events
from textual.css.types import PointerShape
from textual.errors import NoWidget
from textual.geometry import Offset, Region
from textual.message import Message
from textual.screen import HoverWidgets
from textual.widget import Widget

from wsinspect.profiles.layout import PaneSizes
from wsinspect.tui.dividers import LEAST_COLUMNS, Divider, moved_by_key, shares
from wsinspect.tui.key_hints import hint
from wsinspect.tui.screens.panes import ONE_PANE, PANES, PanesScreen

_GRIPPED = "-gripped-"


@dataclass(slots=True)
class _Drag:
    divider: Divider
    offset: int
    """Cells from the divider's edge to where it was taken hold of."""
    before: PaneSizes


class SizingScreen(PanesScreen):
    """Divides the screen among the panes as somebody wants it, and posts `SizesChanged`."""

    class SizesChanged(Message):
        """Somebody wants these sizes, now and another time."""

        def __init__(self, sizes: PaneSizes) -> None:
            super().__init__()
            self.sizes = sizes

    def __init__(self) -> None:
        super().__init__()
        self._sizes = PaneSizes()
        self._drag: _Drag | None = None
        self._clicked: tuple[str, float] | None = None
        """The border that was clicked last, and when."""

    @property
    def sizes(self) -> PaneSizes:
        """How the panes are sized; what nobody has chosen is None."""
        return self._sizes

    def take_sizes(self, sizes: PaneSizes) -> None:
        """Size the panes so."""
        if sizes != self._sizes:
            self._sizes = sizes
            if self.is_mounted:
                self._arrange()
                self.call_after_refresh(self.look)

    def _change(self, sizes: PaneSizes) -> None:
        if sizes != self._sizes:
            self.take_sizes(sizes)
            self.post_message(self.SizesChanged(sizes))

    def _arrange(self) -> None:
        super()._arrange()
        sizes, several = self._sizes, not self.one_pane
        left, right = shares(sizes.left_width or 0, self.size.width, LEAST_COLUMNS)
        self._set_style("#left", "width", left, if_=several and sizes.left_width is not None)
        self._set_style("#right", "width", right, if_=several and sizes.left_width is not None)
        for name, upper, lower in (
            ("timeline_height", "#timeline", "#handshake"),
            ("diagnosis_height", "#diagnosis", "#frames"),
        ):
            percent: float | None = getattr(sizes, name)
            for pane, height in zip((upper, lower), shares(percent or 0, 0, 1), strict=True):
                self._set_style(pane, "height", height, if_=several and percent is not None)
        chosen = several and sizes.timeline_height is not None
        self._set_style("#timeline", "max_height", "100%", if_=chosen)
        self._set_style("#timeline", "min_height", "3", if_=chosen)
        beside = self.has_class("-wide")
        for name, rule, chosen in (
            ("detail_height", "height", not beside),
            ("detail_width", "width", beside),
        ):
            percent = getattr(sizes, name)
            for part, length in zip(
                ("#frame-detail", "#frames-list-side"), shares(percent or 0, 0, 1), strict=True
            ):
                self._set_style(part, rule, length, if_=chosen and percent is not None)

    def _set_style(self, selector: str, rule: str, value: str, *, if_: bool) -> None:
        setattr(self.query_one(selector).styles, rule, value if if_ else None)

    # Borders

    def dividers(self) -> list[Divider]:
        """Return the borders that can be moved now."""
        found = []
        detail, frames = self.frames.detail, self.frames
        if detail.display and self.frames.display and detail.region:
            beside = detail.region.y == self.query_one("#frames-list-side").region.y
            shared = frames.content_region
            edge = detail.region.x if beside else detail.region.y
            name = "detail_width" if beside else "detail_height"
            found.append(Divider(name, shared, edge, beside, of_second=True, thick=False))
        if not self.one_pane:
            left, right = self.query_one("#left").region, self.query_one("#right").region
            found.append(Divider("left_width", self.query_one("#body").region, right.x, across=True))
            handshake = self.query_one("#handshake").region
            found.append(Divider("timeline_height", left, handshake.y, across=False))
            found.append(Divider("diagnosis_height", right, frames.region.y, across=False))
        return found

    def _divider_at(self, x: int, y: int) -> Divider | None:
        try:
            over, _ = super().get_widget_at(x, y)
        except NoWidget:
            return None
        body = self.query_one("#body")
        if body not in over.ancestors_with_self or over.has_class("-textual-system"):
            return None
        return next((one for one in self.dividers() if one.holds(Offset(x, y))), None)

    def get_widget_at(self, x: int, y: int) -> tuple[Widget, Region]:
        """Called by Textual: a border that can be moved belongs to the screen, so that its pane does not take the focus."""
        if self._divider_at(x, y) is not None:
            return self, self.region
        return super().get_widget_at(x, y)

    def get_hover_widgets_at(self, x: int, y: int) -> HoverWidgets:
        """Called by Textual, see `get_widget_at`."""
        if self._divider_at(x, y) is not None:
            return HoverWidgets((self, self.region), None)
        return super().get_hover_widgets_at(x, y)

    def get_widget_and_offset_at(self, x: int, y: int) -> tuple[Widget | None, Offset | None]:
        """Called by Textual for selecting text: there is none on a border."""
        if self._divider_at(x, y) is not None:
            return None, None
        return super().get_widget_and_offset_at(x, y)

    def _grip(self, divider: Divider | None) -> None:
        """Show which border would be, or is, moved."""
        wanted = {f"{_GRIPPED}{divider.name.replace('_', '-')}"} if divider is not None else set()
        for name in self.classes:
            if name.startswith(_GRIPPED) and name not in wanted:
                self.remove_class(name)
        self.add_class(*wanted)
        shape: PointerShape = "default" if divider is None else "ew-resize" if divider.across else "ns-resize"
        if self.styles.pointer != shape:
            self.styles.pointer = shape

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move the border that is held, or show the one that could be."""
        drag = self._drag
        at = event.screen_offset
        if drag is None:
            self._grip(self._divider_at(at.x, at.y))
            return
        edge = (at.x if drag.divider.across else at.y) - drag.offset
        self.take_sizes(replace(self._sizes, **{drag.divider.name: drag.divider.share_at(edge)}))

    def on_leave(self) -> None:
        """The pointer is elsewhere."""
        if self._drag is None:
            self._grip(None)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of a border."""
        at = event.screen_offset
        divider = self._divider_at(at.x, at.y)
        if divider is not None and event.button == 1:
            self._drag = _Drag(divider, (at.x if divider.across else at.y) - divider.edge, self._sizes)
            self.capture_mouse()

    def on_mouse_up(self, _event: events.MouseUp) -> None:
        """Let go of it."""
        self._let_go()

    def on_mouse_release(self) -> None:
        """Somebody else has the mouse."""
        self._let_go()

    def _let_go(self) -> None:
        drag, self._drag = self._drag, None
        if drag is None:
            return
        self.release_mouse()
        self._grip(None)
        if self._sizes != drag.before:
            self._clicked = None
            self.post_message(self.SizesChanged(self._sizes))

    def on_click(self, event: events.Click) -> None:
        """A border or heading that is clicked stands for its pane; a border clicked twice goes where it suits what is shown."""
        at = event.screen_offset
        divider = self._divider_at(at.x, at.y)
        before, self._clicked = self._clicked, None
        if event.widget is self and divider is not None:
            name, since = before or ("", 0.0)
            if name == divider.name and event.time - since <= self.app.CLICK_CHAIN_TIME_THRESHOLD:
                self._change(replace(self._sizes, **{divider.name: None}))
                return
            self._clicked = (divider.name, event.time)
        over, _ = super().get_widget_at(at.x, at.y)
        pane = next((one for one in over.ancestors_with_self if one.id in PANES), None)
        if pane is not None and (self.focused is None or pane not in self.focused.ancestors_with_self):
            self.action_go(str(pane.id))

    # Keys

    def action_grow(self, direction: str, by: int) -> None:
        """Make the focused part wider (`width`) or taller, with `by` -1 narrower or shorter."""
        focused = self.focused
        part = "frame-detail" if focused is self.frames.detail else self._pane
        found = moved_by_key(self.dividers(), part, across=direction == "width")
        if found is None:
            self.post_message(self.Notice(self._nothing_to_move(direction)))
            return
        divider, towards = found
        edge = divider.edge + by * towards * divider.least_step
        self._change(replace(self._sizes, **{divider.name: divider.share_at(edge)}))

    def _nothing_to_move(self, direction: str) -> str:
        if self._zoomed:
            return "a pane has the whole screen" + hint("; {maximise} puts it back")
        return ONE_PANE if self.one_pane else f"no border of this pane moves to change its {direction}"

    def action_reset_sizes(self) -> None:
        """Let the panes have the sizes that suit what is shown."""
        self._change(PaneSizes())
        self.post_message(self.Notice("the panes have the sizes that suit what is shown"))
