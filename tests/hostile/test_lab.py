"""Every hostile peer that `wsinspect lab` serves is named, in bounded memory, and leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from tests.hostile.lab import Told
from wsinspect.lab.registry import scenario, scenarios

MEMORY_MB = 200
PATIENCE_S = 120
HOSTILE = [entry.id for entry in scenarios() if entry.stage == "hostile"]
ASKED_FOR = {
    "endless headers": "http-head-endless",
    "endless body": "http-502-endless-body",
    "one byte a second": "upgrade-partial-response-slow",
    "a frame of 2^63 bytes": "proto-length-nonminimal-2-to-the-63",
    "a million pings": "control-frame-flood",
    "a million one-byte fragments": "fragment-flood",
    "inflate bombs": "message-inflates-beyond-limit",
    "125-byte control storms": "control-frame-flood-storm",
    "close storms": "frames-after-close-storm",
    "half-open": "close-unanswered-half-open",
    "data after close": "frames-after-close",
    "RST in a handshake": "upgrade-partial-response-rst-anywhere",
    "RST in a frame": "open-then-rst-anywhere",
    "FIN in a handshake": "upgrade-partial-response-fin-anywhere",
    "FIN in a frame": "open-then-fin-anywhere",
    "TLS records cut anywhere": "tls-handshake-cut-anywhere",
    "certificates with absurd fields": "tls-self-signed-absurd",
    "a hundred addresses": "tcp-refused-hundred-addresses",
    "redirect loops": "http-redirect-loop",
    "proxies that lie": "http-answer-malformed-tunnel",
}
"""The kinds of peer that there has to be one of."""


@pytest.fixture(scope="module")
def runs() -> dict[str, Told]:
    """All of them, by scenario."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.hostile.lab"], capture_output=True, timeout=PATIENCE_S, check=True
    )
    return {run.scenario: run for run in msgspec.json.Decoder(Told).decode_lines(ran.stdout)}


@pytest.mark.parametrize("scenario_id", HOSTILE)
def test_it_is_named_and_leaves_nothing(scenario_id: str, runs: dict[str, Told]) -> None:
    run, entry = runs[scenario_id], scenario(scenario_id)
    assert run.problem == ""
    assert run.causes[:1] == [entry.answer]
    assert entry.cause in run.causes
    assert run.peak_mb < MEMORY_MB


def test_every_kind_of_peer_has_one() -> None:
    assert not set(ASKED_FOR.values()) - set(HOSTILE)
