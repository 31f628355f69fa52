"""Which actions of the inspector would do nothing now: the footer has no room for them."""

from __future__ import annotations

from wsinspect.tui.session import Session


def idle_actions(session: Session, *, paused: bool, zooms: bool) -> frozenset[str]:
    """Return their ids. `paused` tells whether the frames stand still, `zooms` whether a pane could get more of the screen."""
    playback = session.playback
    plays = playback is not None and not playback.over
    idle = set()
    if session.replayed is not None:
        if not session.live:
            idle.add("compose")
        if not (plays or paused):
            idle.add("pause")
    else:
        idle |= {"play-faster", "play-step"}
    if not session.can_disconnect:
        idle.add("disconnect")
    if session.options is None:
        idle |= {"reconnect", "save-profile"}
    if not zooms:
        idle.add("maximise")
    return frozenset(idle)
