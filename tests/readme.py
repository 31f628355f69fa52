"""The README's table of causes, made from the catalogue: `python -m tests.readme` writes it anew."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from wsinspect.diagnosis.catalogue import by_stage, load
from wsinspect.diagnosis.stand_ins import headline_in_general

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- causes: python -m tests.readme -->", "<!-- end of causes -->"


def table() -> str:
    """Return the causes by stage as Markdown, a row each."""
    lines = ["| stage | cause | what is wrong | side |", "| --- | --- | --- | --- |"]
    for stage, members in by_stage(load().values()).items():
        for cause in members:
            headline = headline_in_general(cause).replace("|", "\\|")
            lines.append(f"| {stage} | `{cause.id}` | {headline} | {cause.side} |")
    return "\n".join(lines)


def with_table(text: str) -> str:
    """Return the README's text with the table between its two marks made anew."""
    made = f"{BEGIN}\n{table()}\n{END}"
    return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: made, text, flags=re.DOTALL)


if __name__ == "__main__":
    README.write_text(with_table(README.read_text("utf-8")), "utf-8")
    sys.stdout.write(f"{README.name} has {len(load())} causes\n")
