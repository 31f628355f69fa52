"""What help says about each place beside its keys: what it shows, what may be typed there, and every sign it draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wsinspect.tui.wording import (
    FAILED_SIGN,
    OK_SIGN,
    RECEIVED_SIGN,
    RUNNING_SIGNS,
    SENT_SIGN,
    STOPPED_SIGN,
    UNREACHED_SIGN,
)

Sign = tuple[str, str]
"""Signs, spaces between them, and what they mean."""


def _nothing() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Topic:
    """What help says of one place."""

    title: str
    about: str
    signs: tuple[Sign, ...] = ()
    more: Callable[[], str] = _nothing
    """A page of its own, loaded when it is asked for."""
    causes: bool = False
    """Whether the catalogue of causes belongs here."""


_RUNNING: Sign = (RUNNING_SIGNS[0] + " " + " ".join(RUNNING_SIGNS[1:]), "under way; it turns")
_SHORTENED: Sign = ("…", "something is left out here")
_OPEN_CLOSED: Sign = ("▾ ▸", "open, closed: {row-choose} changes it")
_STATUS: tuple[Sign, ...] = (
    ("◌ ● ◍ ○", "CONNECTING, OPEN, CLOSING, CLOSED"),
    (f"{SENT_SIGN} {RECEIVED_SIGN}", "sent, received"),
    ("↻", "connects again by itself after a failure"),
    (f"● {FAILED_SIGN} REC", "a recording is written; it stopped, and the file is not complete"),
    ("▷ ▶ ‖", "a recording is shown, played, halted"),
    ("▰ ▱", "how much of it has been read"),
    ("…", "under way, and how much is left isn't known"),
    ("▸", "before a pane's name, where one pane is shown at a time: the keys go to it"),
)


def _filter_language() -> str:
    from wsinspect.session.query.help import HELP

    return HELP


def _composer() -> str:
    from wsinspect.tui.raw_frame import WORDS_SHOWN
    from wsinspect.tui.variables import EXPLAINED

    return f"""\
/json TEXT          checked before it is sent; a mistake is shown where it is
/hex BYTES          binary, e.g. /hex 00 ff; /base64 is binary, too
/file PATH          a file's bytes, as binary
/ping /pong TEXT    control frames, up to 125 bytes
/close CODE REASON  begins the closing handshake
/raw WORDS          a frame that need not follow the rules, asked about before it is sent: {WORDS_SHOWN}
/fragments N TEXT   the message in N frames
/repeat 5 2s TEXT   five times, every two seconds; without a number it goes on until it is stopped
//TEXT              a text that begins with a slash

{EXPLAINED}
"""


def _form() -> str:
    from wsinspect.profiles.option_fields import FIELDS

    lines, section = [], ""
    for field in FIELDS:
        if field.section != section:
            section = field.section
            lines += ["", section]
        lines.append(f"  {field.label:<15} {field.help}")
    return "\n".join(lines).lstrip("\n") + "\n"


_FILTER = Topic(
    "Filter and search",
    "What is typed is explained as it is typed; a mistake is pointed at. A search is a text, or /a regular expression/.",
    (("›", "what is typed comes after it"), ("^", "the filter is wrong here"), _SHORTENED),
    more=_filter_language,
)

TOPICS: dict[str, Topic] = {
    "timeline": Topic(
        "Timeline",
        "Each attempt as a ladder of steps with the time that each took, what happened in order, the round-trip times, and how "
        "it ended. What a row means stands below; {row-choose} shows it in the other panes, or opens what is folded.",
        (
            (
                f"{OK_SIGN} {FAILED_SIGN} {STOPPED_SIGN} {UNREACHED_SIGN}",
                "succeeded, failed, stopped by us, never reached",
            ),
            _RUNNING,
            ("◌ ● ◍ ○", "CONNECTING, OPEN, CLOSING, CLOSED"),
            (f"{SENT_SIGN} {RECEIVED_SIGN}", "sent, received"),
            ("≡", "the server's log says it, not we"),
            _OPEN_CLOSED,
            ("━ in ·····", "when in the attempt the step ran"),
            ("▁ ▂ ▃ ▄ ▅ ▆ ▇ █", "round-trip times, the newest at the right; █ is the time beside it"),
            ("→", "a name and its addresses, or one state and the next"),
            ("…", "under way, or something is left out here"),
        ),
    ),
    "handshake": Topic(
        "Handshake",
        "What was said before the connection was open: to the proxy, TLS with its certificates, the request and the "
        "response as they crossed the wire, each field that matters with its check.",
        (
            (f"{OK_SIGN} ok", "as RFC 6455 demands"),
            (f"{FAILED_SIGN} FAILED", "against it: the connection can't be made"),
            ("! note", "allowed, and worth a look"),
            ("└", "what was expected in place of it"),
            _SHORTENED,
        ),
    ),
    "diagnosis": Topic(
        "Diagnosis",
        "What went wrong, how sure that is, on whose side, on what evidence, how to mend it, and what test would settle "
        "the rest. CERTAIN: the bytes prove it. LIKELY: by far the usual reason. POSSIBLE: one of several.",
        (
            (f"{OK_SIGN} {FAILED_SIGN}", "nothing is wrong; this is wrong"),
            _RUNNING,
            ("›", "{row-choose} shows the event, frame or finding that this stands for"),
            ("‹", "{row-choose} goes back to the first finding"),
            ("◍", "the other side has yet to end it"),
            ("·", "an entry of a list; before a sentence: it never came to anything"),
            _SHORTENED,
        ),
        causes=True,
    ),
    "frames": Topic(
        "Frames",
        "Every frame in both directions. Columns: number, time, direction, opcode, header bits, payload bytes, payload. "
        "Text that nothing follows yet stays where it is: nothing scrolls away while you read.",
        (
            (f"{SENT_SIGN} {RECEIVED_SIGN}", "sent, received"),
            ("F123M", "the header's FIN, RSV1 to RSV3 and MASK bits"),
            ("·", "a bit that is 0"),
            ("×", "in so many frames; in the column ratio: inflated to so many times its size"),
            (FAILED_SIGN, "breaks a rule of the protocol"),
            ("▌ ◆ ◈", "selected, marked, both"),
            ("▰ ▱", "how far a filter or search has come"),
            _SHORTENED,
        ),
    ),
    "FrameDetail": Topic(
        "A frame's details",
        "The header bit by bit, the payload as text, JSON, hex, or as it crossed the wire, and what is wrong at which byte.",
        (
            _OPEN_CLOSED,
            (FAILED_SIGN, "breaks a rule of the protocol"),
            (f"{SENT_SIGN} {RECEIVED_SIGN}", "sent, received"),
            ("^^", "the byte that breaks it"),
            ("×", "inflated to so many times its size"),
            ("›", "{row-choose} shows that fragment"),
            ("· │", "a byte that is no ASCII; where the header ends"),
            _SHORTENED,
        ),
    ),
    "FrameBar": _FILTER,
    "composer": Topic(
        "Composer",
        "Text is sent as it stands; a slash command before it sends something else. What was sent is fetched back with {history-back}.",
        (
            ("›", "what is typed comes after it"),
            (FAILED_SIGN, "why it can't be sent"),
            ("␀ to ␟, ␡ �", "a control character, or one that can't be seen, which is kept as it is"),
        ),
        more=_composer,
    ),
    "ConnectScreen": Topic(
        "Connect",
        "A URL, a curl command, a HAR entry, a profile's name, a recording's path, or a line of a browser's console, which "
        "is explained. {connect} takes it; ↓ goes to saved profiles and recent targets.",
        ((FAILED_SIGN, "why it can't be opened"), ("· ↓", "between two hints; the arrow key")),
    ),
    "ProfilesScreen": Topic(
        "Profiles",
        "Typed words narrow the list. {take} opens one. A removed one can be brought back until the list is left.",
        ((FAILED_SIGN, "why it can't be done"),),
    ),
    "ThemesScreen": Topic(
        "Themes",
        "The highlighted theme is seen at once. {take} keeps it, for the next run as well; {dismiss} brings back the one before.",
    ),
    "PickScreen": Topic(
        "A list to choose from",
        "Typed words narrow the list, {pick-up} and {pick-down} move in it, {take} takes what is highlighted.",
        ((FAILED_SIGN, "why it can't be done"),),
    ),
    "OptionsForm": Topic(
        "Options",
        "Tab and the arrow keys go from field to field, → takes the completion that is offered. A list has an empty line at "
        "its end for one more. Nothing is taken before {accept}.",
        ((FAILED_SIGN, "what is wrong with a field"), ("→", "the arrow key")),
        more=_form,
    ),
    "ConfirmScreen": Topic(
        "A question",
        "Enter is not yes: it may have been meant for what was there before.",
        ((FAILED_SIGN, "a rule that this breaks"),),
    ),
    "CompareScreen": Topic(
        "Two of them side by side",
        "What is in both is quiet; what differs stands out. What changes every time anyway is quiet, too.",
        (
            (f"{SENT_SIGN} {RECEIVED_SIGN}", "sent, received"),
            ("- +", "only in the first, only in the second"),
            ("≠", "differs"),
            ("~", "differs every time, and means nothing"),
            ("·", "an entry of a list"),
            _SHORTENED,
        ),
    ),
    "BugReportScreen": Topic(
        "Bug report",
        "What stands in the preview is what is copied or saved, to the letter. What is masked is listed beside it, and {row-choose} "
        "on a part leaves it out, or puts it in again.",
        (("[x] [ ]", "in the report, left out"),),
    ),
    "SaveProfileScreen": Topic(
        "Save",
        "A profile's name has letters, digits, '.', '_' and '-', and secrets that came from ${NAME} are saved as ${NAME}. A file's name may begin with ~. Enter saves.",
        ((FAILED_SIGN, "why it can't be saved"),),
    ),
    "HelpScreen": Topic("Help", "The arrow keys scroll."),
    "InspectorScreen": Topic(
        "The inspector",
        "Timeline, handshake, frames and diagnosis of one target, and a composer.",
        _STATUS,
    ),
}
"""By a widget's id or its class's name."""

ANYWHERE = TOPICS["InspectorScreen"]
