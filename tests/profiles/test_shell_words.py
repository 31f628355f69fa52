"""Command lines as bash and cmd would split them; bash's own answer is asked where there is a bash."""

from __future__ import annotations

import contextlib
import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsinspect.errors import UsageError
from wsinspect.profiles.shell_words import split_command


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("curl x", ["curl", "x"]),
        ("  curl   'a b'\t\"c d\" ", ["curl", "a b", "c d"]),
        ("curl a\\ b", ["curl", "a b"]),
        ("curl 'a'\\''b'", ["curl", "a'b"]),
        ('curl "a\\"b\\\\c\\d"', ["curl", 'a"b\\c\\d']),
        ("curl \\\n  -H 'x' \\\r\n  y", ["curl", "-H", "x", "y"]),
        ("curl 'line\nbreak'", ["curl", "line\nbreak"]),
        ("curl $'a\\u0021b\\x21\\'\\n\\\\\\041\\t'", ["curl", "a!b!'\n\\!\t"]),
        ("curl $'\\U0001F600'", ["curl", "\U0001f600"]),
        ("curl ''", ["curl", ""]),
        ("curl a'b'\"c\"d", ["curl", "abcd"]),
        ("curl http://h/?a=1&b=2", ["curl", "http://h/?a=1&b=2"]),
        ("curl x | jq .", ["curl", "x"]),
        ("curl x ; echo", ["curl", "x"]),
        ("curl $HOME", ["curl", "$HOME"]),
        ("", []),
    ],
)
def test_bash(text: str, words: list[str]) -> None:
    assert split_command(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('curl ^"wss://h/a^" ^\n  -H ^"Origin: http://x^" ^\r\n  -H ^"A: b^"', ["curl", "wss://h/a", "-H", "Origin: http://x", "-H", "A: b"]),
        ('curl ^"http://h/?a=1^&b=%^7Bx^" ', ["curl", "http://h/?a=1&b=%7Bx"]),
        ('curl ^"say ^\\^"hi^\\^"^"', ["curl", 'say "hi"']),
        ('curl ^"a^^b^!^"', ["curl", "a^b!"]),
        ('curl ^"two^\n\nlines^"', ["curl", "two\nlines"]),
        ('curl ^"c:^\\^\\x^"', ["curl", "c:\\\\x"]),
        ('curl ^"^"', ["curl", ""]),
        ('curl "plain" ^\n -k', ["curl", "plain", "-k"]),
        ('curl ^"50^%^"', ["curl", "50%"]),
    ],
)  # fmt: skip
def test_cmd(text: str, words: list[str]) -> None:
    assert split_command(text) == words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("curl 'open", "the quote ' at character 6 is never closed"),
        ('curl "open', 'the quote " at character 6 is never closed'),
        ("curl $'open", "the quote $' at character 6 is never closed"),
        ('curl ^"open', 'the quote " at character 6 is never closed'),
    ],
)
def test_a_quote_that_is_never_closed(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        split_command(text)
    assert said in str(caught.value)
    assert str(caught.value).endswith("copy it again, whole")


@given(st.lists(st.text(st.characters(exclude_characters="\r\x00", codec="utf-8")), max_size=5))
def test_what_is_quoted_comes_back(words: list[str]) -> None:
    text = " ".join(["curl", *map(shlex.quote, words)])
    if '^"' not in text and "^\n" not in text and not text.endswith("^"):
        assert split_command(text) == ["curl", *words]


@given(st.text(max_size=60))
def test_no_text_fails_otherwise_than_with_a_clear_line(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert all(isinstance(word, str) for word in split_command(text))


@pytest.mark.parametrize(
    "quoted",
    ["$'\\u0021\\x41\\101\\e\\?\\\"\\''", "'a'\"'\"'b'", '"a\\$b\\`c\\!"', "a\\\nb", "$'a\\cAb'"],
)
def test_bash_itself_agrees(quoted: str) -> None:
    asked = subprocess.run(
        ["bash", "-c", f"printf '%s' {quoted}"], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"}
    )
    assert split_command(f"x {quoted}")[1] == asked.stdout.decode()
