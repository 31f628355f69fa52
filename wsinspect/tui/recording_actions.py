"""The actions about recordings: saving one, playing one, exporting, and leaving what is in none."""

from __future__ import annotations

from wsinspect.tui.action import Scope, action

_I = Scope.INSPECTOR

RECORDING_ACTIONS = (
    action(
        Scope.APP,
        "stop-work",
        "escape",
        "stop",
        "Stop what is done beside everything else, as the status line tells: reading, saving, exporting, copying",
        "stop_work",
        priority=True,
    ),
    action(
        _I,
        "save-recording",
        "W",
        "record",
        "Save the session so far as a recording, and go on recording into it",
        "save_recording",
    ),
    action(
        _I,
        "export",
        "E",
        "export",
        "Write the session, or the selected frames, as HAR, JSON Lines, packets, a bug report or raw bytes",
        "export",
    ),
    action(
        _I,
        "play-faster",
        "greater_than_sign",
        "play",
        "Play the recording from its beginning as fast as it was; while it plays, faster",
        "play(1)",
        show=True,
    ),
    action(
        _I,
        "play-slower",
        "less_than_sign",
        "slower",
        "Play the recording slower, down to a hundredth: handshakes take milliseconds",
        "play(-1)",
    ),
    action(
        _I,
        "play-step",
        "full_stop",
        "step",
        "Play one more event or frame of the recording, and stop there",
        "play_step",
        show=True,
    ),
    action(
        _I,
        "play-start",
        "left_curly_bracket",
        "to start",
        "Back to the first event of the recording",
        "play_start",
    ),
    action(
        _I,
        "play-end",
        "right_curly_bracket",
        "to end",
        "Read the rest of the recording at once",
        "play_end",
    ),
)
