"""What the README generates is what the program has."""

from __future__ import annotations

from tests.readme import README, with_table
from wsinspect.check.explain import listing
from wsinspect.diagnosis.catalogue import load
from wsinspect.tui.screens.help import cause_rows


def test_the_table_of_causes_is_the_catalogue() -> None:
    text = README.read_text("utf-8")
    assert with_table(text) == text, "run python -m tests.readme"


def test_list_and_help_name_every_cause() -> None:
    listed = listing(width=200)
    shown = "\n".join(str(row) for row in cause_rows())
    for cause_id in load():
        assert f"  {cause_id} " in listed
        assert f"{cause_id}" in shown
