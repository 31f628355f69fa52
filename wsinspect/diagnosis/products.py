"""Products that leave marks on an answer, and facts that are worked out once for an attempt."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar
from weakref import WeakKeyDictionary

from msgspec import Struct

from wsinspect.diagnosis.evidence import Evidence
from wsinspect.diagnosis.facts import Facts

_T = TypeVar("_T")


class Hop(StrEnum):
    """What kind of hop it is, from the client's side inwards."""

    EDGE = "edge"
    """A cloud's or CDN's front end."""
    PROXY = "proxy"
    SERVER = "server"
    """A web or application server."""
    FRAMEWORK = "framework"
    """A WebSocket library or web framework."""


class Product(Struct, frozen=True, kw_only=True):
    """One product that left a mark on the answer."""

    name: str
    hop: Hop
    version: str = ""
    evidence: tuple[Evidence, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


def once(work_out: Callable[[Facts], _T]) -> Callable[[Facts], _T]:
    """Decorate a fact that many causes ask for, so that it is worked out once for each `Facts`."""
    known: WeakKeyDictionary[Facts, _T] = WeakKeyDictionary()

    def remembered(facts: Facts) -> _T:
        if facts not in known:
            known[facts] = work_out(facts)
        return known[facts]

    remembered.__doc__ = work_out.__doc__
    return remembered
