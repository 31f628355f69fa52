"""The actions of the frames: the list, the pane around it, its bar, a frame's details, and comparing two."""

from __future__ import annotations

from wsinspect.tui.action import Action, Scope, action

_F, _P, _B, _D = Scope.FRAMES, Scope.FRAMES_PANE, Scope.FRAME_BAR, Scope.DETAIL

FRAME_ACTIONS: tuple[Action, ...] = (
    action(_F, "frame-up", "up,k", "up", "One frame up; stops following", "frame_up"),
    action(_F, "frame-down", "down,j", "down", "One frame down", "frame_down"),
    action(_F, "frames-page-up", "pageup,ctrl+b", "page up", "One page of frames up", "frames_page(-1)"),
    action(
        _F, "frames-page-down", "pagedown,ctrl+f", "page down", "One page of frames down", "frames_page(1)"
    ),
    action(_F, "frame-first", "home,g", "first", "To the first frame", "first_frame"),
    action(_F, "frame-last", "end,G", "newest", "To the newest frame, and follow from there", "last_frame"),
    action(
        _F, "frame-details", "enter", "details", "Show or hide the details of the frame", "details", show=True
    ),
    action(
        _F, "frame-select", "space", "select", "Select the frame, or no longer, and go on to the next", "pick"
    ),
    action(
        _F, "frame-select-up", "shift+up,K", "select up", "Select from here to the frame above", "extend(-1)"
    ),
    action(
        _F,
        "frame-select-down",
        "shift+down,J",
        "select down",
        "Select from here to the frame below",
        "extend(1)",
    ),
    action(_F, "frames-select-all", "A", "select all", "Select every frame that is listed", "pick_all"),
    action(
        _F,
        "frames-drop",
        "escape",
        "unselect",
        "Select nothing; where nothing is selected, stop the filter or search under way",
        "drop_picks",
    ),
    action(
        _P,
        "filter",
        "f",
        "filter",
        "List only the frames that a filter picks out",
        "open_bar('filter')",
        show=True,
    ),
    action(_P, "filter-off", "F", "filter off", "List every frame again", "filter_off"),
    action(
        _P,
        "search",
        "slash",
        "search",
        "Look for a text or /a regular expression/ in the frames",
        "open_bar('search')",
        show=True,
    ),
    action(_P, "search-next", "n", "next", "To the next frame that is looked for", "search(1)"),
    action(_P, "search-previous", "N", "previous", "To the frame before it that is looked for", "search(-1)"),
    action(
        _P,
        "mark",
        "m",
        "mark",
        "Mark the frame, to come back to it or compare with it; again to unmark",
        "mark",
    ),
    action(_P, "mark-next", "apostrophe", "next mark", "To the next marked frame", "go_to_mark(1)"),
    action(
        _P,
        "mark-previous",
        "quotation_mark",
        "earlier mark",
        "To the marked frame before this one",
        "go_to_mark(-1)",
    ),
    action(
        _P,
        "compare",
        "d",
        "compare",
        "Compare the two selected frames, or this one with the one marked last",
        "compare",
    ),
    action(
        _P,
        "copy-as",
        "Y",
        "copy as",
        "Copy the selected frames, or this one, as text, hex, base64, JSON or wscat lines",
        "copy_as",
    ),
    action(
        _P,
        "frame-time",
        "t",
        "time",
        "Tell times since the start, by the clock, or since the row above",
        "times",
    ),
    action(_P, "frame-columns", "c", "columns", "Show more columns, or fewer", "columns"),
    action(_P, "frame-wrap", "w", "wrap", "Show long payloads on several lines, or on one again", "wrap"),
    action(_P, "heartbeats", "H", "heartbeats", "Hide pings and pongs, or show them again", "heartbeats"),
    action(
        _P,
        "whole-messages",
        "u",
        "unite",
        "Show a fragmented message as one row, or its frames again",
        "whole_messages",
    ),
    action(
        _P,
        "detail-view",
        "v",
        "view",
        "Show the payload as text, formatted JSON or hex, or the frame as it crossed the wire",
        "view",
    ),
    action(
        _D,
        "detail-fold-all",
        "minus",
        "fold",
        "Close every object and array of the JSON",
        "fold_all",
    ),
    action(
        _D,
        "detail-unfold-all",
        "plus,equals_sign",
        "unfold",
        "Open every object and array of the JSON",
        "unfold_all",
    ),
    action(_D, "detail-close", "escape", "close", "Back to the list of frames", "close"),
    action(_B, "bar-apply", "enter", "apply", "Take what is typed", "bar('apply')", show=True, priority=True),
    action(
        _B,
        "bar-complete",
        "tab",
        "complete",
        "Put in what may stand here; again for the next",
        "bar('complete')",
        show=True,
        priority=True,
    ),
    action(_B, "bar-back", "up", "earlier", "What was typed before this", "bar('back')"),
    action(_B, "bar-on", "down", "later", "What was typed after this", "bar('on')"),
    action(_B, "bar-leave", "escape", "leave", "Back to the frames as they are", "bar('leave')", show=True),
)
