"""Every cause of the catalogue can be seen in the lab, or it is said here why not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from wsinspect.diagnosis.catalogue import load
from wsinspect.diagnosis.cause import Cause
from wsinspect.lab.registry import scenario, scenarios

CAUSES = load()

IN_A_PAGE = (
    "happens in a browser or an app; a command-line client has no page, no policy and no framework around it"
)
WITHOUT: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("react-strictmode-double-effect", "component-unmount-or-dep-change"),
            *(
                "page-navigation-during-handshake",
                "library-connect-timeout",
                "socketio-transport-upgrade-abort",
            ),
            *("same-host-serialised-handshakes", "browser-failure-throttle", "browser-socket-limit"),
            *("mixed-content-ws-from-https", "csp-connect-src", "local-network-access-blocked"),
            *("extension-or-adblock", "send-before-open", "client-close-code-invalid"),
            *("mobile-background-suspension", "android-cleartext-or-ios-ats"),
        ),
        IN_A_PAGE,
    ),
    "safari-nsurlsession-compression": "needs Safari 15.0 to 15.3",
    "h2-extended-connect-broken": "needs a client that speaks WebSockets inside HTTP/2 (RFC 8441)",
    "haproxy-h2": "needs a client that speaks WebSockets inside HTTP/2 (RFC 8441)",
    "tungstenite": "its bytes are those of upgrade-empty-reply: nothing tells it apart",
    "subprotocol-token-invalid": "refused before an attempt begins, in the command line as in a page",
    "machine-slept": "needs a machine that sleeps, and no program can tell one clock to stand still",
    "half-open-after-network-change": "needs two networks, and a loopback is one that never goes away",
}
"""Causes without a scenario, and why."""


@pytest.mark.parametrize("cause", CAUSES.values(), ids=lambda cause: cause.id)
def test_a_cause_has_a_scenario_of_its_own_name(cause: Cause) -> None:
    if cause.id in WITHOUT:
        assert cause.id not in {each.cause for each in scenarios()}
        return
    assert scenario(cause.id).cause == cause.id


def test_what_is_left_out_exists() -> None:
    assert set(WITHOUT) <= set(CAUSES)


def test_nearly_everything_that_a_check_can_find_is_in_the_lab() -> None:
    assert {cause for cause in WITHOUT if CAUSES[cause].check is not None} == {
        "half-open-after-network-change",
        "machine-slept",
        "subprotocol-token-invalid",
    }


def test_a_scenario_is_about_causes_that_exist() -> None:
    named = {each.cause for each in scenarios()} | {each.likelier for each in scenarios()}
    assert named - {None} <= set(CAUSES)


def test_a_likelier_reading_is_another_cause() -> None:
    assert not [each.id for each in scenarios() if each.likelier is not None and each.likelier == each.cause]
