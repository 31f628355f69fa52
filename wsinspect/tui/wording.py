"""Figures and signs as people read them: durations, sizes, clocks. Pure."""

from __future__ import annotations

OK_SIGN = "✓"
FAILED_SIGN = "✗"
RUNNING_SIGNS = "◐◓◑◒"
UNREACHED_SIGN = "·"
STOPPED_SIGN = "■"
SENT_SIGN = "↑"
RECEIVED_SIGN = "↓"


def duration(ns: int | None) -> str:
    """Return nanoseconds as `38 µs`, `1.2 ms`, `3.4 s` or `2:05`; empty for None."""
    if ns is None:
        return ""
    if ns < 1_000_000:
        return f"{ns / 1000:.0f} µs"
    if ns < 100_000_000:
        return f"{ns / 1e6:.1f} ms"
    if ns < 1_000_000_000:
        return f"{ns / 1e6:.0f} ms"
    return f"{ns / 1e9:.1f} s" if ns < 60_000_000_000 else clock(ns)


def clock(ns: int) -> str:
    """Return nanoseconds as minutes and seconds, `0:05`, or with hours, `1:02:05`."""
    seconds = max(0, ns) // 1_000_000_000
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def moment(ns: int) -> str:
    """Return a time since the session began as seconds with milliseconds, `12.345`."""
    return f"{ns / 1e9:.3f}"


def size(count: int) -> str:
    """Return bytes as `812 B`, `1.5 kB`, `2.0 MB` (powers of 1000)."""
    if count < 1000:
        return f"{count} B"
    value = float(count)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.5 or unit == "GB":
            break
    return f"{value:.1f} {unit}" if value < 99.95 else f"{value:.0f} {unit}"


def amount(count: int) -> str:
    """Return a count as `812`, `12 345`, or `1.2 M` beyond a million."""
    return f"{count:,}".replace(",", "\u202f") if count < 1_000_000 else f"{count / 1e6:.2f} M"


def counted(count: int, noun: str) -> str:
    """Return `1 frame`, `2 frames`."""
    return f"{amount(count)} {noun}" if count == 1 else f"{amount(count)} {noun}s"


_BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(values: list[int], width: int) -> str:
    """Return the newest `width` values as a row of blocks, scaled from 0 to their maximum."""
    shown = values[-width:]
    top = max(shown, default=0)
    if top <= 0:
        return ""
    return "".join(_BLOCKS[min(7, value * 8 // (top + 1))] for value in shown)


def bar(start_ns: int, end_ns: int, from_ns: int, to_ns: int, width: int) -> tuple[int, int, int]:
    """Return cells before, on and after the span `start_ns` to `end_ns` on a scale of `width` cells; on is at least 1."""
    whole = max(1, to_ns - from_ns)
    before = min(width - 1, max(0, (start_ns - from_ns) * width // whole))
    end = min(width, max(before + 1, -(-(end_ns - from_ns) * width // whole)))
    return before, end - before, width - end
