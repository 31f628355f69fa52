"""The README's tables of causes and of events, made from the program: `python -m tests.readme` writes them anew."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from wsinspect.diagnosis.catalogue import by_stage, load
from wsinspect.diagnosis.stand_ins import headline_in_general
from wsinspect.events.codec import saved_events

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- causes: python -m tests.readme -->", "<!-- end of causes -->"
EVENTS_BEGIN, EVENTS_END = "<!-- events: python -m tests.readme -->", "<!-- end of events -->"


def table() -> str:
    """Return the causes by stage as Markdown, a row each."""
    lines = ["| stage | cause | what is wrong | side |", "| --- | --- | --- | --- |"]
    for stage, members in by_stage(load().values()).items():
        for cause in members:
            headline = headline_in_general(cause).replace("|", "\\|")
            lines.append(f"| {stage} | `{cause.id}` | {headline} | {cause.side} |")
    return "\n".join(lines)


def events() -> str:
    """Return what may stand in a recording as Markdown, a row each."""
    lines = ["| event | its fields |", "| --- | --- |"]
    for saved in saved_events():
        config = saved.__struct_config__
        own = [name for name in saved.__struct_fields__ if name not in ("seq", "at_ns", "attempt")]
        lines.append(f"| `{config.tag}` | {', '.join(f'`{name}`' for name in own)} |")
    return "\n".join(lines)


def with_table(text: str) -> str:
    """Return the README's text with the tables between their marks made anew."""
    return _with(_with(text, BEGIN, END, table()), EVENTS_BEGIN, EVENTS_END, events())


def _with(text: str, begin: str, end: str, made: str) -> str:
    between = f"{begin}\n{made}\n{end}"
    return re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: between, text, flags=re.DOTALL)


if __name__ == "__main__":
    README.write_text(with_table(README.read_text("utf-8")), "utf-8")
    sys.stdout.write(f"{README.name} has {len(load())} causes\n")
