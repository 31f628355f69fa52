"""What a cause is: one declarative entry, and one function that looks for it in the record."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NotRequired, TypedDict, Unpack

from msgspec import Struct

from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts


class Certainty(StrEnum):
    """How sure a finding is."""

    CERTAIN = "certain"
    """The bytes prove it."""
    LIKELY = "likely"
    """By far the usual reason for these bytes."""
    POSSIBLE = "possible"


class Side(StrEnum):
    """Whose side it was on."""

    CLIENT = "client"
    NETWORK = "network"
    PROXY = "proxy"
    SERVER = "server"
    APPLICATION = "application"
    UNKNOWN = "unknown"


class Stage(StrEnum):
    """Where in the life of a connection the cause strikes; the sections of the catalogue."""

    CLIENT = "client"
    DNS = "dns"
    TCP = "tcp"
    PROXY = "proxy"
    TLS = "tls"
    HTTP = "http"
    HANDSHAKE = "handshake"
    EARLY_CLOSE = "early-close"
    PROTOCOL = "protocol"
    IDLE = "idle"
    FRAMEWORK = "framework"
    INTERMEDIARY = "intermediary"
    CLOUD = "cloud"


Check = Callable[[Facts], Match | None]


class Cause(Struct, frozen=True, kw_only=True):
    """One reason for which a WebSocket dies early.

    Texts may name values in braces, `{host}`, that `Facts.values` or the match gives.
    """

    id: str
    """Kebab-case, stable, named for the pattern."""
    stage: Stage
    side: Side
    certainty: Certainty
    """What a match claims unless it says less itself; never more than the bytes can prove."""
    headline: str
    """One line, a sentence without a full stop."""
    explanation: str
    """What happened, why, on whose side: a few lines for the person whose socket just died."""
    fix: tuple[str, ...]
    """Steps in order; a configuration snippet is a step of several lines."""
    next_test: str
    """The one test that would settle what is open; a command where one exists."""
    sources: tuple[str, ...]
    """RFC sections, documentation, issue threads."""
    supersedes: tuple[str, ...] = ()
    """Causes that are this one's symptoms: they are not shown beside it."""
    aliases: tuple[str, ...] = ()
    """Other ids that mean the same; `explain` answers to them."""
    console: tuple[str, ...] = ()
    """Regular expressions of lines that browsers and clients print for it."""
    check: Check | None = None
    """Looks for it; None where only a browser or a person can see it, and `explain` tells of it."""


class _Said(TypedDict):
    """The fields of `Cause` that an entry of the catalogue says."""

    id: str
    stage: Stage
    side: Side
    certainty: Certainty
    headline: str
    explanation: str
    fix: tuple[str, ...]
    next_test: str
    sources: tuple[str, ...]
    supersedes: NotRequired[tuple[str, ...]]
    aliases: NotRequired[tuple[str, ...]]
    console: NotRequired[tuple[str, ...]]


_REGISTERED: dict[str, Cause] = {}


def describe(check: Check | None = None, **said: Unpack[_Said]) -> Cause:
    """Register a cause, without a check where a client can't observe it; two of one id are a defect."""
    said["explanation"] = " ".join(said["explanation"].split())
    entry = Cause(check=check, **said)
    if entry.id in _REGISTERED:
        raise ValueError(f"two causes are called {entry.id}")
    _REGISTERED[entry.id] = entry
    return entry


def cause(**said: Unpack[_Said]) -> Callable[[Check], Check]:
    """Register the decorated function as the check of a cause."""

    def register(check: Check) -> Check:
        describe(check, **said)
        return check

    return register


def registered() -> dict[str, Cause]:
    """Return the causes of the modules imported so far, by id."""
    return _REGISTERED
