"""The fault lab without a screen."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.parse

import pytest

from tests.check.test_cli import ROOT, environment, run
from wsinspect.check.lab import check_scenario, endpoint_options, scenario_list
from wsinspect.check.outcome import ExitCode
from wsinspect.errors import UsageError
from wsinspect.lab.registry import scenario, scenarios
from wsinspect.lab.scenario import LabEndpoint, LabSettings

QUICK = LabSettings(time_scale=0.1)


def test_the_list_names_every_scenario_by_stage() -> None:
    lines = scenario_list().splitlines()
    named = [line.split()[0] for line in lines if line.startswith("  ")]
    assert named == [each.id for each in scenarios()]
    assert [line for line in lines if line and not line.startswith(" ")] == list(
        dict.fromkeys(each.stage for each in scenarios())
    )


def test_the_list_of_one_stage_names_that_stage_alone() -> None:
    lines = scenario_list("cloud").splitlines()
    assert lines[0] == "cloud"
    assert [line.split()[0] for line in lines[1:] if line] == [
        each.id for each in scenarios() if each.stage == "cloud"
    ]
    assert next(line for line in lines if "alb-idle-60" in line).endswith("(takes 60 s)")


def test_an_unknown_stage_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(
        UsageError, match=r"--stage: no scenario is of the stage 'clouds'; .*did you mean 'cloud'"
    ):
        scenario_list("clouds")


def test_the_environments_proxies_stay_out_of_it() -> None:
    assert endpoint_options(LabEndpoint(url="ws://127.0.0.1:1/", overrides={})).proxy == ""
    assert (
        endpoint_options(LabEndpoint(url="ws://h/", overrides={"proxy": "http://p:1"})).proxy == "http://p:1"
    )


@pytest.mark.parametrize(
    ("name", "code"),
    [("tcp-refused", ExitCode.NEVER_REACHED_HTTP), ("http-403", ExitCode.UPGRADE_FAILED), ("healthy", ExitCode.AS_ASKED)],
)  # fmt: skip
def test_checked_and_reported(name: str, code: ExitCode, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_scenario(scenario(name), QUICK, as_json=True) is code
    found = json.loads(capsys.readouterr().out)
    assert [finding["cause"] for finding in found["findings"]][:1] == ([] if name == "healthy" else [name])


def test_a_scenario_on_the_command_line() -> None:
    done = run("lab", "upgrade-empty-reply", "--check", "--time-scale", "0.1")
    assert done.returncode == 4
    assert b"[upgrade-empty-reply]" in done.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_served_until_it_is_interrupted(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "wsinspect", "lab", "http-403", "--serve"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), cwd=ROOT
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        assert urllib.parse.urlsplit(url).hostname == "127.0.0.1"
        done = run("check", url, "-x", "")
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert done.returncode == 4
    assert (process.returncode, err) == (0, b"")
