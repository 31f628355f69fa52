"""The shape of the tables of stories: each row is told, and its answer is checked."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from typing import NamedTuple

from tests.diagnosis.story import Story
from wsinspect.diagnosis.cause import Certainty
from wsinspect.events import Step


class Row(NamedTuple):
    """A story that a cause must answer, or, with `near_miss`, one where it must stay silent."""

    cause: str
    certainty: Certainty | None
    """What the answer claims; None where the story is a near miss."""
    story: Story
    waits_s: float = 0.0
    """How long after the last event the question is asked."""
    first: bool = True
    """Whether it is the answer, and not one of the findings beside it."""

    @property
    def name(self) -> str:
        return self.cause if self.certainty is not None else f"{self.cause} stays silent"


def fires(cause: str, certainty: Certainty, story: Story, *, waits_s: float = 0.0) -> Row:
    """The first finding is this cause, this sure."""
    return Row(cause, certainty, story, waits_s)


def beside(cause: str, certainty: Certainty, story: Story) -> Row:
    """The cause is among the findings, this sure, and something surer may be the answer."""
    return Row(cause, certainty, story, first=False)


def silent(cause: str, story: Story, *, waits_s: float = 0.0) -> Row:
    """The cause is not among the findings."""
    return Row(cause, None, story, waits_s)


_SAY_STEPS = """
from wsinspect.diagnosis.catalogue import load
from wsinspect.events import Step
steps = {}
for number, step in enumerate(Step):
    for cause in load(step):
        steps.setdefault(cause, number)
print(*(f"{cause} {number}" for cause, number in steps.items()), sep="\\n")
"""


@cache
def _first_steps() -> dict[str, int]:
    """Return the number of the step with which each cause is loaded, as a program sees it that has loaded none yet."""
    told = subprocess.run(
        [sys.executable, "-c", _SAY_STEPS], capture_output=True, text=True, check=True
    ).stdout
    return {cause: int(number) for cause, number in map(str.split, told.splitlines())}


def check(row: Row) -> None:
    """Hold the row against the diagnosis, which has to be the same where no cause of a later step was loaded before."""
    record = row.story.record()
    assert record.current is not None
    reached = max((list(Step).index(step) for step in record.current.ladder.steps), default=0)
    if row.certainty is not None:
        assert _first_steps()[row.cause] <= reached, "its module is not loaded by then"
    diagnosis = row.story.diagnose(waits_s=row.waits_s)
    found = [finding.cause for finding in diagnosis.findings]
    if row.certainty is None:
        assert row.cause not in found
        return
    answer = diagnosis.answer
    assert answer is not None, "no finding at all"
    if not row.first:
        answer = next((finding for finding in diagnosis.findings if finding.cause == row.cause), answer)
    assert (answer.cause, answer.certainty) == (row.cause, row.certainty), found
    assert answer.evidence
    for text in (answer.headline, answer.explanation, answer.next_test, *answer.fix):
        assert not re.search(r"\{[a-z_]+\}", text), f"a name in braces was not filled in: {text}"
