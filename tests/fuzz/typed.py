"""What people type, paste and save, of any form: understood, or refused with one line that a terminal may print."""

from __future__ import annotations

import tempfile
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from hypothesis import strategies as st

from tests.session.query.logs import Raw, Reconnect, Send, build
from wsinspect.connection.url import parse_url
from wsinspect.connection.url_error import UrlError
from wsinspect.diagnosis.console_lines import read_console_line
from wsinspect.errors import UsageError
from wsinspect.profiles.curl import parse_curl
from wsinspect.profiles.store import load_profiles
from wsinspect.safe_text import visible
from wsinspect.session.frame_log import FrameLog
from wsinspect.session.query import (
    Filter,
    FilterError,
    FilterScan,
    Search,
    compile_filter,
    compile_search,
    complete,
    explain,
)

SLOW_S = 2.0
"""No answer of 64 KiB may take longer to explain, even on a busy machine."""


def a_line_of_ours(error: Exception) -> None:
    """What a refusal says is one line that a terminal may print."""
    assert str(error)
    assert visible(str(error)) == str(error)


def profiles(text: str) -> None:
    """A profiles file of any text is read, or refused with a line of ours."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "profiles.toml"
        path.write_text(text, "utf-8", "replace")
        try:
            for profile in load_profiles(path).values():
                try:
                    profile.options({})
                except UsageError as error:
                    a_line_of_ours(error)
        except UsageError as error:
            a_line_of_ours(error)


def curl(text: str) -> None:
    """A pasted command is understood, or refused with a line of ours."""
    try:
        parse_curl(text)
    except UsageError as error:
        a_line_of_ours(error)


def url(text: str) -> None:
    """A URL is understood, or refused with a line of ours."""
    try:
        parse_url(text)
    except UrlError as error:
        a_line_of_ours(error)


def console_line(text: str) -> None:
    """Any line is matched, or not, in no time."""
    read_console_line("")  # loads the catalogue
    began = time.process_time()
    read_console_line(text)
    assert time.process_time() - began < SLOW_S


@lru_cache(maxsize=1)
def some_log() -> FrameLog:
    """A log with a bit of everything: both directions, compressed, fragmented, broken, two attempts."""
    script: list[Send | Raw | Reconnect] = []
    for number in range(40):
        parts = (b'{"type": "ping", "n": ', str(number).encode(), b"}")
        first = (1, 2, 8, 9, 10, 3)[number % 6]
        key = b"abcd" if number % 2 else None
        script.append(Send(bool(number % 2), first, parts[: 1 + number % 3], bool(number % 5 == 0), key))
        if number == 20:
            script += [Raw(False, b"\x88\x02\x03\xe9"), Raw(False, b"\xc1\x03abc"), Reconnect()]
    return build(script, 7, 1 << 20)


def scanned(text: str, budget_s: float) -> list[int]:
    """Return the frames that pass, with so much time for each step."""
    scan = FilterScan(some_log(), compile_filter(text))
    for _ in range(10_000):
        if scan.step(budget_s).done:
            return list(scan.numbers)
    raise AssertionError("the scan does not end")


def filters(text: str, cursor: int) -> None:
    """A filter is understood, and then says what it means and finds the same in any steps; or says where it is wrong."""
    began = time.process_time()
    assert "\n" not in explain(text)
    for one in complete(text, cursor % (len(text) + 1), paths=("$.type",)):
        assert 0 <= one.start <= one.stop <= len(text)
    try:
        wanted = compile_filter(text)
    except FilterError as error:
        a_refusal(text, error)
    else:
        a_filter(text, wanted)
    for regex in (False, True):
        with suppress(FilterError):
            compile_search(text, regex=regex, ignore_case=bool(cursor & 1))
    assert time.process_time() - began < SLOW_S


def a_refusal(text: str, error: FilterError) -> None:
    """It says where, inside of what was typed, and what."""
    assert 0 <= error.column <= len(text)
    assert error.what


def a_filter(text: str, wanted: Filter) -> None:
    """It says what it means, finds the same in any steps, and with `not` the rest."""
    assert wanted.words
    found = scanned(text, 60.0)
    assert scanned(text, 0.0) == found
    if not wanted.everything:
        assert sorted(found + scanned(f"not ({text})", 60.0)) == list(range(len(some_log())))
    search = Search(some_log(), wanted)
    search.step(60.0)
    assert search.found == (found[0] if found else None)


shell = st.lists(
    st.one_of(
        st.sampled_from(
            ["curl", "-H", "'", '"', "\\", "$'", "^", "\n", " ", "ws://h/", "-x", "--resolve", "a:1:b", "Cookie: a=b", "--max-time", "1e9",
             "-b", "-u", "a:b", "--connect-to", "::", "-k", "\\u00e9", "\\x1b", "-H 'A: b'", "--proto", "\u0660", "-", "--", "-6"]
        ),
        st.text(max_size=6),
    ),
    max_size=24,
).map(lambda words: "curl " + " ".join(words))  # fmt: skip
toml = st.lists(
    st.one_of(
        st.sampled_from(
            ["[a]\n", "[a.headers]\n", "url = 'ws://h/'\n", "insecure = 1\n", "headers = {A = 'b'}\n", "ping_interval_s = -1\n", "x", "[[a]]\n",
             "connect_to = []\n", "resolve = ['a:1:b']\n", "url = '${HOME}${'\n", "limits = {head_bytes = -1}\n", "reconnect = {attempts = 1e9}\n",
             "min_tls = '1.4'\n", "tcp_timeout_s = nan\n", "subprotocols = 'a'\n", "['\\']\n", '"\\u202e" = 1\n', "url = 1979-05-27\n"]
        ),
        st.text(max_size=8),
    ),
    max_size=10,
).map("".join)  # fmt: skip
urls = st.lists(
    st.one_of(
        st.sampled_from(["ws", "wss", "http", "://", ":", "/", "//", "@", "[", "]", "::1", "%", "%zz", "?", "#", "..", "\\", "localhost", "65536",
                         "ws+unix", "\u202e", "xn--", "\u0660", "0x7f.1", "%00", "\ud800", "undefined", " "]),
        st.text(max_size=5),
    ),
    max_size=12,
).map("".join)  # fmt: skip
lines = st.one_of(
    st.lists(
        st.sampled_from(["WebSocket connection to 'ws://h/' failed: ", "Error during WebSocket handshake: ", "code=1006", " ", "Unexpected response code: ",
                         "net::ERR_", "1006", "'", "Firefox can\u2019t establish a connection", "a", "\x1b[31m", "InvalidStatusCode", "{", "\t"]),
        max_size=12,
    ).map("".join),
    st.text(max_size=80),
    st.tuples(st.sampled_from(["WebSocket ", "failed: ", "'", " ", "ws://", "a", "1"]), st.integers(0, 3000)).map(lambda parts: parts[0] * parts[1]),
)  # fmt: skip
filter_words = st.lists(
    st.one_of(
        st.sampled_from(
            ["received", "sent", "ping", "text", "binary", "not", "and", "or", "(", ")", "!", "&&", "||", "size", ">", "<=", "=", "!=", "~", "1k", "0xb", "8Mi",
             "opcode:9", "code:1001", "attempt:2", "after:1.5s", "before:2m", "frame>1000", "violations", "violation:invalid-utf8", "hex:00ff", "hex:0", "$.type",
             "$.a[0]..b[*]", "$", "$[", '"ping"', '"', "i", "/p[io]ng/i", "/(?:a|b)+\\d/", "/[/", "/x/z", "\\", "''", "true", "null", "-1e9", "\x1b", "\u202e", "\0", "9" * 400]
        ),
        st.text(max_size=4),
    ),
    max_size=12,
)  # fmt: skip
filter_texts = st.one_of(
    filter_words.map(" ".join),
    filter_words.map("".join),
    st.tuples(st.sampled_from(["(", "not ", "!", "$.a", "[0]", '"', "/"]), st.integers(0, 400)).map(
        lambda parts: parts[0] * parts[1]
    ),
)
