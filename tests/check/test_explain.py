"""`wsinspect explain`: every id, every number, every line gets an answer that helps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wsinspect.check.explain import explain, listing
from wsinspect.diagnosis.catalogue import find, load
from wsinspect.diagnosis.cause import Stage
from wsinspect.diagnosis.numbers import causes_of_close_code, causes_of_status
from wsinspect.diagnosis.vague_lines import _LINES
from wsinspect.errors import UsageError

IDS = (Path(__file__).parents[1] / "diagnosis" / "catalogue_ids.txt").read_text("utf-8").split()


@pytest.mark.parametrize("cause_id", IDS)
def test_every_id_is_answered_with_a_fix_and_a_source(cause_id: str) -> None:
    answer = explain(cause_id)
    fix = re.search(r"^Fix\n  1\. \S", answer, re.MULTILINE)
    source = re.search(r"^Sources\n  \S", answer, re.MULTILINE)
    assert fix is not None
    assert source is not None
    assert re.search(r"(?<!\$)\{[a-z_]+\}", answer) is None


def test_the_list_of_ids_is_whole() -> None:
    assert len(IDS) == len(set(IDS)) == 246


@pytest.mark.parametrize("code", [*range(1000, 1016), 2000, 3000, 3003, 3008, 3500, 4000, 4401, 4999])
def test_close_codes(code: int) -> None:
    answer = explain(str(code))
    assert answer.startswith(f"Close code {code}: ")
    assert "range: " in answer
    assert "source: " in answer
    for cause_id in causes_of_close_code(code):
        assert find(cause_id) is not None, cause_id
        assert cause_id in answer


@pytest.mark.parametrize("status", [100, 200, 204, 301, 400, 401, 403, 404, 405, 407, 421, 426, 429, 431, 500, 502, 503, 504, 511, 521, 530, 599])  # fmt: skip
def test_statuses(status: int) -> None:
    answer = explain(str(status))
    assert answer.startswith(f"HTTP {status} ")
    for cause_id in causes_of_status(status):
        assert find(cause_id) is not None, cause_id
        assert cause_id in answer
        assert "fix: " in answer


def test_every_status_and_code_has_somebody_behind_it() -> None:
    for status in (*range(100, 101), *range(102, 600)):
        assert causes_of_status(status), status
    for code in (*range(1000, 1004), *range(1005, 1016), *range(3000, 5000)):
        assert causes_of_close_code(code), code


def test_lines_that_hide_the_reason_name_causes_that_exist() -> None:
    for line in _LINES:
        assert [cause_id for cause_id in line.causes if find(cause_id) is None] == []


def test_101_is_what_was_wanted() -> None:
    assert "What a server must answer" in explain("101")


@pytest.mark.parametrize(
    "text", ["close 1006", "code 1006", "Close Code 1006", " 1006\n", "http 403", "HTTP status 403"]
)
def test_numbers_with_a_word_before_them(text: str) -> None:
    assert explain(text).split()[0] in ("Close", "HTTP")


def test_ids_and_aliases_in_any_case() -> None:
    assert explain("TCP-Refused") == explain("tcp-refused")
    for cause in load().values():
        for alias in cause.aliases:
            assert explain(alias) == explain(cause.id)


def test_a_console_line_is_read_and_the_proof_is_offered() -> None:
    answer = explain(
        "WebSocket connection to 'wss://a.example/ws?x=1' failed: Error during WebSocket handshake: Unexpected response code: 403"
    )
    assert answer.startswith("Read as: Unexpected response code: 403\n")
    assert "origin-rejected" in answer
    assert answer.rstrip().endswith("wsinspect check 'wss://a.example/ws?x=1'")


def test_a_line_that_hides_the_reason() -> None:
    answer = explain("Firefox can’t establish a connection to the server at wss://a.example/.")
    assert "It never says which." in answer
    assert "The usual reasons, most frequent first" in answer
    assert "nginx-upgrade-headers-missing" in answer


def test_a_lab_scenario_is_offered_where_there_is_one() -> None:
    assert "wsinspect lab tcp-refused --check" in explain("tcp-refused")
    assert "wsinspect lab" not in explain("browser-socket-limit")


def test_what_is_pasted_can_not_reach_the_terminal() -> None:
    hostile = "WebSocket connection to 'ws://a.example/\x1b]0;x\x07' failed: Invalid frame header \x1b[31m"
    answer = explain(hostile)
    assert "\x1b" not in answer
    assert "\x07" not in answer


def test_colour_only_where_it_is_wanted() -> None:
    assert "\x1b[" not in explain("1006")
    assert "\x1b[1m" in explain("1006", colour=True)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", explain("tcp-refused", colour=True))
    assert plain == explain("tcp-refused")


@pytest.mark.parametrize("width", [40, 60, 110])
def test_lines_fit_the_width(width: int) -> None:
    for line in explain("1006", width=width).splitlines():
        assert len(line) <= width or " " not in line.strip()


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("", "explain: nothing to explain; allowed: a cause id, a close code"),
        ("  ", "explain: nothing to explain"),
        ("tcp-refusd", "did you mean 'tcp-refused'?"),
        ("zzz", "nothing is known of 'zzz'; allowed: .*; `wsinspect explain --list` names the causes"),
        ("99", "99 is neither an HTTP status nor a close code; allowed: 100 to 599, or 1000 to 4999"),
        ("5000", "5000 is neither"),
        ("99999", "99999 is neither"),
        ("\x1b[31m", r"nothing is known of '␛\[31m'"),
        ("x" * 10_000, "nothing is known of 'x{79}…'"),
    ],
)
def test_what_is_not_known(what: str, said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("?", r"\?")) as caught:
        explain(what)
    assert "\n" not in str(caught.value)


def test_the_list_has_every_cause_once_in_the_order_of_stages() -> None:
    lines = listing().splitlines()
    named = [line.split()[0] for line in lines if re.match(r"  [a-z0-9]", line)]
    assert sorted(named) == sorted(load())
    stages = [line for line in lines if re.match(r"[a-z]", line)]
    assert stages == [str(stage) for stage in Stage if str(stage) in stages]
    assert "{" not in listing()


def test_the_list_can_be_narrowed() -> None:
    assert {line.split()[0] for line in listing("dns").splitlines() if line.startswith("  d")} >= {
        "dns-nxdomain"
    }
    assert "tcp-refused" not in listing("dns-nx")
    with pytest.raises(UsageError, match="no cause has 'zzz'"):
        listing("zzz")
