"""The details of one frame, with what is folded and how the payload is shown."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.message import Message

from wsinspect.session.frame_log import FrameLog
from wsinspect.session.messages import message_of
from wsinspect.tui.actions import Scope, bindings
from wsinspect.tui.panes.frame_json import Folds
from wsinspect.tui.panes.frame_rows import DETAIL_BYTES, Shown, View, frame_rows
from wsinspect.tui.panes.rows_view import RowsView
from wsinspect.tui.rows import FoldPlace

_EVERYTHING = 1 << 30


class FrameDetail(RowsView):
    """Shows a frame; `tell` says which."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.DETAIL)]

    class CloseWanted(Message):
        """Back to the list."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._frames: FrameLog | None = None
        self._number = -1
        self._whole = False
        self._byte_range: tuple[int, int] | None = None
        self._view = View.AUTO
        self._folds = Folds()
        self._shown: tuple[object, ...] = ()

    def tell(
        self,
        frames: FrameLog,
        number: int,
        *,
        whole: bool = False,
        byte_range: tuple[int, int] | None = None,
    ) -> None:
        """Show a frame, with `whole` its message's payload, and with bytes marked that something points at."""
        if number != self._number or frames is not self._frames:
            self.scroll_home(animate=False)
            self.cursor = -1
            self._folds = Folds() if frames is not self._frames else self._kept_folds()
        self._frames, self._number, self._whole, self._byte_range = frames, number, whole, byte_range
        self.fill()

    def _kept_folds(self) -> Folds:
        """An open header stays open from frame to frame; what else is folded belongs to its payload."""
        folds = Folds()
        folds.depth = self._folds.depth
        if self._folds.toggled("header"):
            folds.toggle("header")
        return folds

    def fill(self) -> None:
        """Make the rows anew if anything is different."""
        frames, number = self._frames, self._number
        if frames is None or not self.display or not 0 <= number < len(frames):
            return
        width = self.scrollable_content_region.width
        message = message_of(frames, number)
        fragmented = message.first != message.last or not message.complete
        key = (
            number,
            self._view,
            self._byte_range,
            width,
            self._folds.key,
            self._whole,
            message.last,
            message.complete,
        )
        if key == self._shown:
            return
        self._shown = key
        shown = Shown(
            view=self._view,
            byte_range=self._byte_range,
            width=width,
            message=message if fragmented else None,
            whole=self._whole and fragmented,
            folds=self._folds,
        )
        self.show(frame_rows(frames.frame(number, limit=DETAIL_BYTES), shown))

    def next_view(self) -> None:
        """Show the payload in the next way."""
        views = list(View)
        self._view = views[(views.index(self._view) + 1) % len(views)]
        self._byte_range = None
        self.fill()

    @on(RowsView.Chosen)
    def _fold(self, event: RowsView.Chosen) -> None:
        if isinstance(event.place, FoldPlace):
            event.stop()
            self._toggle(event.place.key)

    def _toggle(self, key: str) -> None:
        self._folds.toggle(key)
        self.fill()
        at = next((at for at, one in enumerate(self.rows) if one.place == FoldPlace(key)), None)
        if at is not None:
            self.reveal(at)

    def action_fold_all(self) -> None:
        """Close every object and array but the outermost."""
        self._folds.all_from(1)
        self.fill()

    def action_unfold_all(self) -> None:
        """Open every object and array."""
        self._folds.all_from(_EVERYTHING)
        self.fill()

    def action_close(self) -> None:
        """Select nothing; where nothing is selected, back to the list."""
        if self.drop_picks():
            return
        self.post_message(self.CloseWanted())
