"""A console's line explained, as rows: what it was read as, the cause that it usually has, and the others."""

from __future__ import annotations

from wsinspect.diagnosis.console_lines import ConsoleLine
from wsinspect.diagnosis.stand_ins import headline_in_general, in_general
from wsinspect.tui.key_hints import hint
from wsinspect.tui.rows import BLANK, MUTED, Row, heading, row, text


def explained_rows(found: ConsoleLine) -> list[Row]:
    """Return what is known of a pasted line; the URL in it can be connected to."""
    first, *others = found.causes
    rows = [row(("read as  ", MUTED), found.read_as), BLANK]
    if found.meaning:
        rows += [row(in_general(found.meaning)), BLANK]
    rows += [
        row((headline_in_general(first), "bold")),
        row((f"{first.id}  ·  at best {first.certainty}  ·  side: {first.side}", MUTED)),
        BLANK,
        row(in_general(first.explanation)),
        BLANK,
        heading("Fix"),
        *(
            row(in_general(step), gutter=text((f"{number}. ", "bold")))
            for number, step in enumerate(first.fix, 1)
        ),
    ]
    if others:
        rows += [BLANK, heading("Also possible", "most likely first")]
        rows += [row((cause.id, "bold"), (f"  {headline_in_general(cause)}", MUTED)) for cause in others[:12]]
    if found.url:
        keys = hint("{dismiss}, then {connect}: ")
        rows += [BLANK, heading("What would prove it"), row(f"{keys}connects to {found.url}")]
    return rows
