"""The catalogue as a whole: every cause has what a person needs, and no two say the same."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter

import pytest

from tests.diagnosis import (
    test_causes_certificates,
    test_causes_clouds,
    test_causes_dns,
    test_causes_protocols,
    test_causes_proxies,
    test_causes_proxy,
    test_causes_scripts,
    test_causes_servers,
    test_causes_tcp,
    test_causes_tls,
    test_closing,
    test_early_close,
    test_handshake,
    test_hostile,
    test_http,
    test_idle,
    test_protocol,
)
from wsinspect.diagnosis.catalogue import load
from wsinspect.diagnosis.cause import Cause, Stage

CAUSES = load()
SOURCE = re.compile(
    r"RFC \d+|https?://|IANA|\w+\(\d\w*\)|WHATWG|Fetch|Chromium|OpenSSL|Python|getaddrinfo", re.IGNORECASE
)


@pytest.mark.parametrize("cause", CAUSES.values(), ids=lambda cause: cause.id)
def test_a_cause_says_what_why_and_what_next(cause: Cause) -> None:
    assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", cause.id)
    assert cause.headline
    assert "\n" not in cause.headline
    assert not cause.headline.endswith(".")
    assert cause.explanation.endswith((".", "}"))
    assert len(cause.explanation) <= 480, f"{len(cause.explanation)} characters are more than a few lines"
    assert cause.fix
    assert all(step.strip() for step in cause.fix)
    assert cause.next_test
    assert cause.sources
    assert all(SOURCE.search(source) for source in cause.sources), cause.sources


@pytest.mark.parametrize("cause", CAUSES.values(), ids=lambda cause: cause.id)
def test_patterns_compile_and_symptoms_exist(cause: Cause) -> None:
    for pattern in cause.console:
        re.compile(pattern)
    unknown = [symptom for symptom in cause.supersedes if symptom not in CAUSES]
    assert not unknown
    assert cause.id not in cause.supersedes


def test_no_two_causes_share_a_paragraph_or_a_headline() -> None:
    for texts in (
        [cause.explanation for cause in CAUSES.values()],
        [cause.headline for cause in CAUSES.values()],
    ):
        assert [text for text, count in Counter(texts).items() if count > 1] == []


def test_an_alias_is_nobody_elses_name() -> None:
    aliases = [alias for cause in CAUSES.values() for alias in cause.aliases]
    assert not set(aliases) & set(CAUSES)
    assert len(aliases) == len(set(aliases))


def test_causes_stand_in_one_order_however_they_were_loaded() -> None:
    program = (
        "from wsinspect.diagnosis.catalogue import load; from wsinspect.events import Step; "
        "[load(step) for step in STEPS]; print(*load(), sep='\\n')"
    )
    orders = {
        subprocess.run(
            [sys.executable, "-c", program.replace("STEPS", steps)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for steps in ("()", "Step", "(Step.OPEN,)")
    }
    assert len(orders) == 1


TOLD = (
    *(*test_causes_dns.ROWS, *test_causes_tcp.ROWS, *test_causes_proxy.ROWS),
    *(*test_causes_tls.ROWS, *test_causes_certificates.ROWS),
    *(
        *test_http.ROWS,
        *test_handshake.ROWS,
        *test_early_close.ROWS,
        *test_closing.ROWS,
        *test_protocol.ROWS,
        *test_idle.ROWS,
        *test_hostile.ROWS,
    ),
    *(*test_causes_scripts.ROWS, *test_causes_servers.ROWS, *test_causes_protocols.ROWS),
    *(*test_causes_proxies.ROWS, *test_causes_clouds.ROWS),
)
STAGES = (
    *(Stage.DNS, Stage.TCP, Stage.PROXY, Stage.TLS),
    *(Stage.HTTP, Stage.HANDSHAKE, Stage.EARLY_CLOSE, Stage.PROTOCOL, Stage.IDLE),
    *(Stage.FRAMEWORK, Stage.INTERMEDIARY, Stage.CLOUD),
)
ONLY_EXPLAINED = {
    "h2-extended-connect-broken",
    "safari-nsurlsession-compression",
    "haproxy-h2",
    "tungstenite",
}
"""Causes of these stages that a command-line client can't meet."""


@pytest.mark.parametrize(
    "cause", [cause for cause in CAUSES.values() if cause.stage in STAGES], ids=lambda cause: cause.id
)
def test_a_cause_that_a_client_meets_has_a_story_and_a_near_miss(cause: Cause) -> None:
    if cause.id in ONLY_EXPLAINED:
        assert cause.check is None
        return
    assert cause.check is not None
    rows = [row for row in TOLD if row.cause == cause.id]
    assert [row for row in rows if row.certainty is not None], "no story in which it is the answer"
    assert [row for row in rows if row.certainty is None], "no story in which it must stay silent"
