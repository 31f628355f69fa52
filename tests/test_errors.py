"""Errors are one line: where, what, what is allowed, what to do."""

from __future__ import annotations

import pytest

from wsinspect.errors import UsageError, WsinspectError, nearest


def test_the_parts_stand_in_their_order() -> None:
    error = UsageError("port 'x'", where="profiles.toml: line 3", allowed="1 to 65535", hint="leave it out")
    assert str(error) == "profiles.toml: line 3: port 'x'; allowed: 1 to 65535; leave it out"
    assert (error.what, error.where, error.allowed, error.hint) == (
        "port 'x'",
        "profiles.toml: line 3",
        "1 to 65535",
        "leave it out",
    )
    assert isinstance(error, WsinspectError)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (UsageError("no URL"), "no URL"),
        (UsageError("no URL", where="-x"), "-x: no URL"),
        (UsageError("no URL", hint="write one"), "no URL; write one"),
        (UsageError("two\nlines", allowed="one\n  line"), "two lines; allowed: one line"),
    ],
)
def test_it_is_always_one_line(error: UsageError, line: str) -> None:
    assert str(error) == line


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("ping_intervall", "did you mean 'ping_interval_s'?"),
        ("orgin", "did you mean 'origin'?"),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_the_nearest_word_is_named_if_it_is_near(word: str, said: str) -> None:
    assert nearest(word, ["origin", "ping_interval_s", "url"]) == said
