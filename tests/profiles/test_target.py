"""What somebody typed as the target: each kind is understood, everything else is one clear line."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from wsinspect.errors import UsageError
from wsinspect.options import ConnectOptions
from wsinspect.profiles import store
from wsinspect.profiles.store import save_profile
from wsinspect.profiles.target import Recording, Target, read_target


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with a profile called `staging`."""
    monkeypatch.setattr(store, "profiles_file", lambda: tmp_path / "config" / "profiles.toml")
    monkeypatch.chdir(tmp_path)
    save_profile("staging", ConnectOptions(url="wss://staging/", origin="https://a"))
    return tmp_path


def stdin(data: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", errors="surrogateescape")


@pytest.mark.parametrize(
    "text",
    ["ws://h/", " wss://h/x?y ", "http://h", "ftp://h", "localhost:8080", "example.com", "[::1]:80", "localhost", "wss://h/ with a space"],
)  # fmt: skip
def test_urls_are_left_to_the_urls_own_checks(text: str) -> None:
    found = read_target(text)
    assert isinstance(found, Target)
    assert found.options.url == text.strip()
    assert found.profile is None


def test_a_curl_command() -> None:
    found = read_target("curl 'wss://h/x' -H 'Origin: https://a'")
    assert isinstance(found, Target)
    assert (found.options.url, found.options.origin) == ("wss://h/x", "https://a")


def test_a_profile() -> None:
    found = read_target("staging")
    assert isinstance(found, Target)
    assert found.profile == "staging"
    assert found.options == ConnectOptions(url="wss://staging/", origin="https://a")


def test_a_recording_by_its_suffix_its_place_or_its_being_there(place: Path) -> None:
    for name in ("a.jsonl", "noname", "with space"):
        (place / name).write_text("x", "utf-8")
    for text in ("a.jsonl", "./noname", str(place / "noname"), "noname", "with space"):
        found = read_target(text)
        assert isinstance(found, Recording)
        assert found.path.resolve() == (place / text).resolve()


def test_a_profile_wins_over_a_file_of_its_name(place: Path) -> None:
    (place / "staging").write_text("x", "utf-8")
    assert isinstance(read_target("staging"), Target)
    assert isinstance(read_target("./staging"), Recording)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the target is empty; allowed: ws://…, wss://…, host:port"),
        ("  \n", "the target is empty"),
        (
            "stagin",
            "'stagin' is neither a URL, a saved profile nor a file; allowed: .*; did you mean 'staging'",
        ),
        ("two words", "'two words' is neither a URL"),
        ("gone.jsonl", "gone.jsonl: there is no such file; allowed: a recording made with -o"),
        ("./gone", "./gone: there is no such file"),
        (".", "'.' is neither"),
        ("./config", "./config: this is a folder; allowed: a recording made with -o"),
        ("b" * 5000, "is neither a URL"),
        ("/" + "b" * 5000, "can't be read: File name too long"),
        ("~nobody-of-that-name/x", "can't be read: Could not determine home directory"),
        ("\x00", "is neither a URL"),
        ("./\x00", "can't be read: embedded null byte"),
        ("\udcff\udcfe", "is neither a URL"),
        ("ws://h/\udcff", "URL: character 8 is not UTF-8"),
        ("-", "-: standard input is closed; allowed: "),
    ],
)
def test_everything_else_is_one_clear_line(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("?", r"\?").replace("(", r"\(")) as caught:
        read_target(text)
    line = str(caught.value)
    assert len(line) < 500
    assert line.isprintable()


@pytest.mark.parametrize(
    ("data", "url"),
    [(b"ws://h/\n", "ws://h/"), (b"  wss://h/x", "wss://h/x"), (b"staging\n", "wss://staging/"), (b"curl \\\n ws://h/ \\\n -k\n", "ws://h/")],
)  # fmt: skip
def test_standard_input(data: bytes, url: str) -> None:
    found = read_target("-", stdin=stdin(data))
    assert isinstance(found, Target)
    assert found.options.url == url


def test_a_recording_from_standard_input_is_the_same_bytes() -> None:
    data = b'{"wsinspect":"recording","version":1}\n{"x": "\xff\x00"}\n' * 3
    found = read_target("-", stdin=stdin(data))
    assert isinstance(found, Recording)
    assert found.path.read_bytes() == data
    assert found.path.stat().st_mode & 0o077 == 0
    found.path.unlink()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "-: standard input is empty; allowed: "),
        (b" \n\n", "-: standard input is empty"),
        (b"-\n", "-: standard input says '-' again"),
        (b"a\xff", "standard input: byte 1 is not UTF-8"),
        (b"nonsense", "'nonsense' is neither a URL"),
    ],
)
def test_standard_input_that_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_target("-", stdin=stdin(data))
    assert str(caught.value).startswith(said)
