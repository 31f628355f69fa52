"""History gives back what was sent, and never loses what is being typed."""

from __future__ import annotations

from wsinspect.tui.history import History


def test_back_and_on_again_returns_to_the_draft() -> None:
    history = History()
    history.add("one")
    history.add("two")
    assert history.back("draft") == "two"
    assert history.back("two") == "one"
    assert history.back("one") is None
    assert history.on() == "two"
    assert history.on() == "draft"
    assert history.on() is None


def test_the_same_thing_twice_is_kept_once() -> None:
    history = History()
    history.add("one")
    history.add("one")
    assert history.back("") == "one"
    assert history.back("") is None


def test_nothing_is_kept_of_nothing() -> None:
    history = History()
    history.add("")
    assert history.back("draft") is None
