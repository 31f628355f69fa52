"""What stands above and below the list: filter, progress, search, what is selected, and what waits outside of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from wsinspect.tui.key_hints import hint
from wsinspect.tui.panes.frame_listing import Listing
from wsinspect.tui.panes.frame_search import FrameSearch
from wsinspect.tui.rows import ACCENT, BAD, MUTED, STRONG, WARNING, Part, text
from wsinspect.tui.wording import FAILED_SIGN, amount, counted

_BAR_CELLS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameState:
    """What there is to say about the list."""

    listing: Listing
    picked: int
    marked: int
    search: FrameSearch
    unseen: int
    below: int
    paused: bool
    following: bool
    violations: int


def progress_bar(fraction: float, cells: int = _BAR_CELLS) -> str:
    """Return a bar of `cells` with its percentage: `▰▰▰▱▱ 60 %`."""
    full = min(cells, int(fraction * cells))
    return f"{'▰' * full}{'▱' * (cells - full)} {fraction:.0%}".replace("%", " %")


def left_out_words(frames: Sequence[int], why: str, *, gave_up: bool) -> str:
    """Return what is to be said of frames of which a filter or a search has not found out whether they match."""
    numbers = [str(frame + 1) for frame in frames]
    told = (
        f"frame {numbers[0]}" if len(numbers) == 1 else f"frames {', '.join(numbers[:-1])} and {numbers[-1]}"
    )
    return f"{'stopped: ' if gave_up else ''}{told} left out: {why}"


def state_content(state: FrameState) -> Content:
    """Return the line above the list; empty where everything is listed and nothing is looked for."""
    listing, choice = state.listing, state.listing.choice
    parts: list[Part] = []
    if choice.text:
        parts += [("filter ", MUTED), (choice.text, f"bold {ACCENT}"), "  "]
    if not choice.heartbeats:
        parts.append(("no pings, no pongs  ", ACCENT))
    if choice.whole:
        parts.append(("whole messages  ", ACCENT))
    if not listing.plain:
        progress = listing.progress
        parts.append((f"{amount(len(listing))} of {amount(progress.scanned)}  ", STRONG))
        if listing.left_out:
            parts.append((f"{FAILED_SIGN} {counted(len(listing.left_out), 'frame')} left out  ", BAD))
        if listing.stopped or listing.gave_up:
            parts.append((f"stopped at {progress.fraction:.0%}  ".replace("%", " %"), WARNING))
        elif progress.total - progress.scanned > 0 and not state.paused:
            parts.append((progress_bar(progress.fraction) + hint("  {frames-drop} stops") + "  ", ACCENT))
    search = state.search
    if search.running is not None:
        parts += [
            ("search ", MUTED),
            (search.looked_for, f"bold {ACCENT}"),
            ("  " + progress_bar(search.running.progress.fraction) + hint("  {frames-drop} stops"), ACCENT),
        ]
    elif search.looked_for:
        parts += [("search ", MUTED), (search.looked_for, ACCENT), "  "]
        keys = hint("{search-next} next", "{search-previous} previous", between="  ")
        parts.append((search.said, WARNING) if search.said else (keys, MUTED))
    return text(*parts).rstrip()


def none_told(listing: Listing, none_yet: str) -> str:
    """Say why no frame is listed; `none_yet` where there is none that could be."""
    if not listing.progress.scanned:
        return none_yet
    if listing.choice.text:
        return "no frame passes the filter" + hint("; {filter-off} takes it off")
    return "nothing but pings and pongs" + hint("; {heartbeats} shows them")


def subtitle(state: FrameState) -> Content:
    """Return what stands on the pane's lower border."""
    notes: list[Part] = []
    if state.picked:
        notes.append((f"{amount(state.picked)} selected", f"bold {WARNING}"))
    if state.marked:
        notes.append((f"{amount(state.marked)} marked", WARNING))
    if state.paused:
        notes.append(
            ("PAUSED" + (f", +{amount(state.unseen)} new" if state.unseen else ""), f"bold {WARNING}")
        )
    elif not state.following:
        new = f"+{amount(state.below)} new, " if state.below else ""
        notes.append((f"{new}not following" + hint(" ({frame-last})"), WARNING if new else MUTED))
    if state.violations:
        notes.append((f"✗ {counted(state.violations, 'violation')}", BAD))
    joined: list[Part] = []
    for note in notes:
        joined += ["  ", note] if joined else [note]
    return text(*joined)
