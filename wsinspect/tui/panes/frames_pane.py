"""The frames: their list, and what is done with the frame under the cursor or with those that are selected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget

from wsinspect.tui.actions import Scope, bindings
from wsinspect.tui.key_hints import hint, sentences
from wsinspect.tui.panes.frame_detail import FrameDetail
from wsinspect.tui.panes.frame_form import MEANINGS, Form
from wsinspect.tui.panes.frame_line import Columns, Look, Times
from wsinspect.tui.panes.frame_list import FrameList
from wsinspect.tui.panes.frames_listed import FramesListed

if TYPE_CHECKING:
    from wsinspect.export.redact import Redactor

_DETAIL_S = 0.12
"""How often the details change while frames pour in."""


class FramesPane(FramesListed):
    """The list, and the details of the frame under its cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.FRAMES_PANE)]
    DEFAULT_CSS = """
    FramesPane { layout: vertical; }
    FramesPane #frames-list-side { height: 1fr; width: 1fr; }
    FramesPane .state { height: 1; width: 1fr; display: none; }
    FramesPane .state.-told { display: block; }
    FramesPane .columns { height: 1; width: 1fr; }
    FramesPane FrameList { height: 1fr; }
    FramesPane FrameDetail { display: none; height: 55%; }
    FramesPane.-details FrameDetail { display: block; }
    """

    class CopyWanted(Message):
        """Copy the lines that `make` yields when it is given what masks secrets."""

        def __init__(self, make: Callable[[Redactor], Iterator[str | None]], what: str) -> None:
            super().__init__()
            self.make = make
            self.what = what

    class Moved(Message):
        """Somebody moved to this frame in the list."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._byte_range: tuple[int, int] | None = None
        self._filled_at = 0.0
        self._fill_later = False
        self._held = False
        """Whether following waits until the details are read."""

    def compose(self) -> ComposeResult:
        """The list, then the details."""
        yield from super().compose()
        yield FrameDetail(id="frame-detail")

    @property
    def detail(self) -> FrameDetail:
        """The details."""
        return self.query_one(FrameDetail)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What opens the bar is a sign like any other while something is typed into it."""
        return not (action == "open_bar" and self._bar.field.has_focus)

    def _choose(self, **changes: str | bool) -> None:
        super()._choose(**changes)
        self._fill()

    # Marks

    def action_mark(self) -> None:
        """Mark the frame, or no longer."""
        if self._list.cursor >= 0:
            self._list.picks.mark(self._list.cursor)
            self._list.restyle()
            self._title()

    def action_go_to_mark(self, direction: int) -> None:
        """To the next (1) or previous (-1) mark."""
        number = self._list.picks.mark_beside(self._list.cursor, backwards=direction < 0)
        if number is None:
            self.post_message(
                self.Said("nothing is marked" + hint("; {mark} marks the frame under the cursor"))
            )
        elif not self.listing.holds(number):
            self.post_message(self.Said(f"frame {number + 1} is marked, and not in the list now"))
            self._list.select(number)
        else:
            self._list.select(number)

    # Looks

    def action_times(self) -> None:
        """Tell times in the next way."""
        kinds = list(Times)
        times = kinds[(kinds.index(self._list.look.times) + 1) % len(kinds)]
        self._look(replace(self._list.look, times=times))

    def action_columns(self) -> None:
        """Show other columns."""
        kinds = list(Columns)
        columns = kinds[(kinds.index(self._list.look.columns) + 1) % len(kinds)]
        self._look(replace(self._list.look, columns=columns))

    def _look(self, look: Look) -> None:
        self._list.look = look
        self._list.restyle()
        self._title()

    def action_wrap(self) -> None:
        """Wrap long payloads, or no longer."""
        self._list.set_wrap(not self._list.wrap)

    def pause(self) -> None:
        """Freeze the list, or go on."""
        self._list.pause()
        self._frozen_at = len(self._record.frames) if self._list.paused and self._record is not None else None

    # Copying and comparing

    def picked(self) -> list[int]:
        """Return the selected frames, or the one under the cursor."""
        if len(self._list.picks):
            return self._list.picks.selected
        return [self._list.cursor] if self._list.cursor >= 0 else []

    def copy(self, form: Form) -> None:
        """Copy the selected frames in a form."""
        record, numbers, whole = self._record, self.picked(), self._choice.whole
        if record is None or not numbers:
            self.post_message(self.Said("there is no frame to copy yet", bad=True))
            return
        what = f"frame {numbers[0] + 1}" if len(numbers) == 1 else f"{len(numbers)} frames"

        def make(redact: Redactor) -> Iterator[str | None]:
            # Loaded when it is wanted: not for the first picture.
            from wsinspect.tui.panes.frame_forms import lines_as

            return lines_as(form, record, numbers, redact, whole=whole)

        self.post_message(self.CopyWanted(make, f"{what} as {form}"))

    def action_copy_as(self) -> None:
        """Ask how, and copy."""
        from wsinspect.tui.screens.pick import Choice as Way
        from wsinspect.tui.screens.pick import PickScreen

        def picked(form: str | None) -> None:
            if form is not None:
                self.copy(Form(form))

        ways = [Way(form, form, meaning) for form, meaning in MEANINGS.items()]
        self.app.push_screen(PickScreen("Copy the frames as", ways), picked)

    def action_compare(self) -> None:
        """Compare two frames."""
        from wsinspect.tui.panes.frame_compare import compare_rows
        from wsinspect.tui.screens.compare import CompareScreen

        picks, cursor = self._list.picks, self._list.cursor
        two = picks.selected if len(picks) == 2 else [picks.last_marked, cursor]
        first, second = two
        if self._record is None or first is None or second is None or first == second:
            self.post_message(
                self.Said(
                    sentences(
                        "to compare, mark a frame with {mark} and go to another, or select two with {frame-select}"
                    )
                )
            )
            return
        rows = compare_rows(self._record.frames, first, second, whole=self._choice.whole)
        self.app.push_screen(CompareScreen(f"Frames {first + 1} and {second + 1}", rows))

    # Details

    def show_frame(self, number: int, byte_range: tuple[int, int] | None = None) -> None:
        """Select a frame and show its details, with bytes marked; a filter that hides it is taken off."""
        if len(self.listing) and not self.listing.holds(number) and not self.listing.plain:
            self._choose(text="", heartbeats=True, whole=False)
        self._list.select(number)
        self._byte_range = byte_range
        self.open_details(True)
        self._fill()

    def open_details(self, wanted: bool) -> None:
        """Show or hide the details."""
        self.set_class(wanted, "-details")
        if wanted:
            self.call_after_refresh(self._fill)
        elif self.detail.has_focus:
            self._list.focus()

    def action_view(self) -> None:
        """Show the payload in the next way."""
        self._byte_range = None
        self.open_details(True)
        self.detail.next_view()

    def _fill(self) -> None:
        self._filled_at, self._fill_later = monotonic(), False
        number = self._list.cursor
        if self._record is not None and number >= 0:
            self.detail.tell(
                self._record.frames, number, whole=self._choice.whole, byte_range=self._byte_range
            )

    def read(self, focused: Widget) -> None:
        """The frame whose details have the focus stays there; following goes on when the focus leaves the frames, not when
        it goes to the list, where a click is meant for the row that is seen."""
        if focused is self.detail:
            if self._list.following:
                self._held = True
                self._list.hold(held=True)
        elif self._held:
            self._held = False
            if focused is not self._list:
                self._list.hold(held=False)

    def on_resize(self) -> None:
        """Hex lines depend on the width."""
        self.call_after_refresh(self._fill)

    @on(FrameList.Selected)
    def _another_frame(self, event: FrameList.Selected) -> None:
        event.stop()
        self._byte_range = None
        if self._list.has_focus and not self._list.following:
            self.post_message(self.Moved(event.number))
        if not self._list.following or monotonic() - self._filled_at >= _DETAIL_S:
            self._fill()
        elif not self._fill_later:
            self._fill_later = True
            self.set_timer(_DETAIL_S, self._fill)

    @on(FrameList.DetailsWanted)
    def _toggle_details(self, event: FrameList.DetailsWanted) -> None:
        event.stop()
        self.open_details(not self.has_class("-details"))

    @on(FrameList.Changed)
    def _list_changed(self, event: FrameList.Changed) -> None:
        event.stop()
        self._title()

    @on(FrameDetail.CloseWanted)
    def _close_details(self, event: FrameDetail.CloseWanted) -> None:
        event.stop()
        self._list.focus()
        self.open_details(False)
