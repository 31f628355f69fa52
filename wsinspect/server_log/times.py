"""When a line of a log was written, read from the line itself. Pure.

The forms are those of nginx, Apache httpd, HAProxy, syslog (RFC 3164, RFC 5424), ISO 8601 and RFC 3339, Python's logging,
Go's log and glog, Java, PHP, Redis, Elixir, JSON Lines with a time field, and seconds or milliseconds since 1970.
"""

from __future__ import annotations

import calendar
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import msgspec

Moment = tuple[int, int, int, int, int, int]
"""Year, month, day, hour, minute, second."""
LocalSeconds = Callable[[Moment], int]
"""Turns a time of the zone that is assumed where none is named into seconds since the Unix epoch."""

_SECOND = 1_000_000_000
_DAY_S = 86_400
_LOOKED_AT = 240
"""A line's own time stands near its beginning; one further on is what the line speaks of."""
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = "(?P<mon>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_CLOCK = r"(?P<h>\d{1,2}):(?P<min>\d\d):(?P<s>\d\d)(?:[.,](?P<frac>\d{1,9}))?"
_ZONE = r"(?:\s?(?P<zone>Z\b|UTC\b|GMT\b|[+-]\d\d:?(?:\d\d)?\b))?"
_IN_THE_LINE = (
    # ISO 8601, Python's logging, Go, nginx's error log
    rf"(?<!\d)(?P<y>\d{{4}})([-/.])(?P<m>\d\d)\2(?P<d>\d\d)(?:T|\s+|:){_CLOCK}{_ZONE}",
    # nginx's and Apache's access log, HAProxy
    rf"\[(?P<d>\d\d)/{_MONTH}/(?P<y>\d{{4}}):{_CLOCK}{_ZONE}",
    # Tomcat, PHP, Redis
    rf"(?<!\d)(?P<d>\d{{1,2}})[- ]{_MONTH}[- ](?P<y>\d{{4}}) {_CLOCK}{_ZONE}",
    # Apache's error log, asctime
    rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) {_MONTH}\s+(?P<d>\d{{1,2}}) {_CLOCK} (?P<y>\d{{4}})",
    # java.util.logging
    rf"{_MONTH} (?P<d>\d{{1,2}}), (?P<y>\d{{4}}) {_CLOCK}(?: (?P<half>AM|PM))?",
)
_PREFIX = r"^(?:<\d{1,3}>)?(?:[\w.-]+\s+\|\s)?[\[(]?"
"""What may stand before a time that could be anything else further on: a priority, the name of a container."""
_AT_THE_BEGINNING = (
    # syslog
    rf"{_PREFIX}{_MONTH}\s+(?P<d>\d{{1,2}}) {_CLOCK}",
    # glog, klog
    rf"^[IWEF](?P<m>\d\d)(?P<d>\d\d) {_CLOCK}",
    rf"{_PREFIX}{_CLOCK}(?![\d:])",
    rf"{_PREFIX}(?P<epoch>1\d{{9}}(?:\d{{9}}|\d{{6}}|\d{{3}})?)(?:\.(?P<frac>\d{{1,9}}))?(?![\w.-])",
)
_FIELDS = ("time", "timestamp", "@timestamp", "ts", "@t", "t", "datetime", "date", "asctime", "eventTime")
_EPOCH_DIGITS = {10: 1_000_000_000, 13: 1_000_000, 16: 1_000, 19: 1}
"""Digits of a number since 1970, and the nanoseconds of its unit, from 2001 to 2286."""
_QUARTER_S = 900
_FURTHEST_S = 15 * 3600
_EPOCH_NEAR_NS = 5 * 366 * _DAY_S * _SECOND
"""A number at a line's beginning that is further away is some other number."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time that a line states."""

    wall_ns: int
    """Nanoseconds since the Unix epoch."""
    precision_ns: int
    """The unit of its last digit."""
    zoned: bool
    """Whether the line says which zone it means; otherwise it was taken for this machine's."""


def local_seconds(moment: Moment) -> int:
    """Return seconds since the Unix epoch of a time in this machine's zone; raises OverflowError, ValueError."""
    return int(time.mktime((*moment, 0, 0, -1)))


def stamp_of(line: str, near_ns: int, local: LocalSeconds = local_seconds) -> Stamp | None:
    """Return the time that a line states, None where it states none.

    `near_ns` is about when it was written (nanoseconds since the Unix epoch): what a line leaves out, its year or its
    day, is taken from there.
    """
    if line.startswith("{"):
        found = _json_stamp(line, near_ns, local)
        if found is not None:
            return found
    begin = line[:_LOOKED_AT]
    strong, weak = _patterns()
    matches = [match for pattern in strong if (match := pattern.search(begin)) is not None]
    matches += [match for pattern in weak if (match := pattern.match(begin)) is not None]
    matches.sort(key=lambda match: match.start())
    return next((stamp for match in matches if (stamp := _read(match, near_ns, local)) is not None), None)


def zone_shift_s(stated_ns: int, true_ns: int, tolerance_s: int) -> int | None:
    """Return the seconds to add to times without a zone; 0 where they fit, None where it can't be told.

    `true_ns` is when the line was really written. Zones differ by whole quarters of an hour: two clocks that do, to
    within `tolerance_s`, are in different zones, not wrong.
    """
    off_s = (true_ns - stated_ns) / _SECOND
    shift_s = round(off_s / _QUARTER_S) * _QUARTER_S
    return None if abs(off_s - shift_s) > tolerance_s or abs(shift_s) > _FURTHEST_S else shift_s


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], ...], tuple[re.Pattern[str], ...]]:
    # Compiled when a log is followed, not whenever the program starts.
    return tuple(map(re.compile, _IN_THE_LINE)), tuple(map(re.compile, _AT_THE_BEGINNING))


def _read(match: re.Match[str], near_ns: int, local: LocalSeconds) -> Stamp | None:
    parts = match.groupdict()
    fraction, precision = _fraction(parts.get("frac") or "")
    if parts.get("epoch"):
        unit = _EPOCH_DIGITS[len(parts["epoch"])]
        wall_ns = int(parts["epoch"]) * unit + (fraction if unit == _SECOND else 0)
        return Stamp(wall_ns, min(unit, precision), True) if abs(wall_ns - near_ns) < _EPOCH_NEAR_NS else None
    clock = _clock(parts)
    if clock is None:
        return None
    month = _MONTHS.index(parts["mon"].lower()) + 1 if parts.get("mon") else int(parts.get("m") or 0)
    try:
        if parts.get("y"):
            date = (int(parts["y"]), month, int(parts["d"]))
            seconds, zoned = _seconds(date, clock, parts.get("zone"), local)
        else:
            seconds, zoned = _nearest(month, int(parts.get("d") or 0), clock, near_ns, local), False
    except (ValueError, OverflowError):
        return None
    return Stamp(seconds * _SECOND + fraction, precision, zoned)


def _clock(parts: dict[str, str]) -> tuple[int, int, int] | None:
    hour, minute, second = int(parts["h"]), int(parts["min"]), int(parts["s"])
    half = parts.get("half")
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "PM" else 0)
    if hour > 23 or minute > 59 or second > 60:
        return None
    # A leap second has no place of its own since 1970.
    return hour, minute, min(second, 59)


def _fraction(digits: str) -> tuple[int, int]:
    return (int(digits.ljust(9, "0")), 10 ** (9 - len(digits))) if digits else (0, _SECOND)


def _seconds(
    date: tuple[int, int, int], clock: tuple[int, int, int], zone: str | None, local: LocalSeconds
) -> tuple[int, bool]:
    year, month, day = date
    if not (1970 <= year <= 2200 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]):
        raise ValueError("no such day")
    if not zone:
        return local((*date, *clock)), False
    seconds = calendar.timegm((*date, *clock))
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "").ljust(4, "0")
        offset = int(digits[:2]) * 3600 + int(digits[2:]) * 60
        seconds -= offset if zone[0] == "+" else -offset
    return seconds, True


def _nearest(month: int, day: int, clock: tuple[int, int, int], near_ns: int, local: LocalSeconds) -> int:
    """Return the seconds of a time without a year, or without a day, that lies nearest to `near_ns`."""
    near_s = near_ns // _SECOND
    found = []
    for step in (-1, 0, 1):
        at = time.gmtime(near_s + (0 if month else step * _DAY_S))
        date = (at.tm_year + step, month, day) if month else (at.tm_year, at.tm_mon, at.tm_mday)
        # The 29th of February is in one year of four.
        if date[2] <= calendar.monthrange(date[0], date[1])[1]:
            found.append(_seconds(date, clock, None, local)[0])
    return min(found, key=lambda seconds: abs(seconds - near_s))


def _json_stamp(line: str, near_ns: int, local: LocalSeconds) -> Stamp | None:
    try:
        item = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    if not isinstance(item, dict):
        return None
    for name in _FIELDS:
        value = item.get(name)
        if isinstance(value, str):
            stamp = stamp_of(value, near_ns, local) if not value.startswith("{") else None
        elif isinstance(value, int | float) and not isinstance(value, bool):
            stamp = _number_stamp(value)
        else:
            stamp = None
        if stamp is not None:
            return stamp
    return None


def _number_stamp(value: float) -> Stamp | None:
    """Read seconds, milliseconds, microseconds or nanoseconds since 1970; a fraction makes seconds exact."""
    if not 1e9 <= value < 1e19:
        return None
    unit = _EPOCH_DIGITS.get(len(str(int(value))))
    if unit is None:
        return None
    if isinstance(value, int):
        return Stamp(value * unit, unit, zoned=True)
    # Sixteen digits are what a float carries: microseconds, where it counts seconds.
    precision = max(1, unit // 1_000_000)
    return Stamp(round(value * (unit // precision)) * precision, precision, zoned=True)
