"""Bytes of a followed log become lines, each with what is known of its time. Pure: the clock is handed in."""

from __future__ import annotations

from wsinspect.events.server_log import ServerLogged
from wsinspect.server_log.times import LocalSeconds, Stamp, local_seconds, stamp_of, zone_shift_s

MAX_LINE_BYTES = 8192
"""Of a longer line the rest is left out, and counted on it."""
_TOGETHER_NS = 500_000_000
"""Lines without a time belong to the one before them if they are read so soon after it."""
_ZONE_TOLERANCE_S = 3
"""For the second that a time is cut to, for reading it a little later, and for two clocks that nearly agree."""


class LogLines:
    """Splits what is read from one log into lines and times them. `feed` in the order of the file."""

    def __init__(self, local: LocalSeconds = local_seconds, *, shift_s: int | None = None) -> None:
        """`shift_s` is what times without a zone are off by, if that is known."""
        self._local = local
        self._partial = bytearray()
        self._cut = 0
        """Bytes of the unfinished line beyond `MAX_LINE_BYTES`."""
        self._headed = False
        """Whether the last line with a time is still being continued."""
        self._last_ns = 0
        self.shift_s = shift_s
        """Seconds to add to times without a zone, once that is known."""
        self.not_text = 0
        """Lines that hold NUL bytes, and are left out."""

    def feed(
        self, data: bytes, *, at_ns: int, wall_ns: int, written_ns: int | None = None
    ) -> list[ServerLogged]:
        """Return the lines that `data` completes.

        `at_ns` is now, since the session began, `wall_ns` now by the calendar; `written_ns` is when the last of `data`
        was written by the calendar, where that was long ago.
        """
        *whole, rest = data.split(b"\n")
        lines: list[bytes] = []
        for part in whole:
            self._keep(part)
            lines.append(self._taken())
        self._keep(rest)
        if not lines:
            return []
        texts = [text for line in lines if (text := self._text(line)) is not None]
        stamps = [None if _indented(text) else stamp_of(text, wall_ns, self._local) for text in texts]
        self._find_shift(stamps, wall_ns if written_ns is None else written_ns)
        return [self._line(text, stamp, at_ns) for text, stamp in zip(texts, stamps, strict=True)]

    def flush(self, *, at_ns: int, wall_ns: int) -> list[ServerLogged]:
        """Return the last line if it has no end: nothing more will come."""
        return self.feed(b"\n", at_ns=at_ns, wall_ns=wall_ns) if self._partial else []

    def restart(self) -> None:
        """Forget an unfinished line: the file begins anew."""
        self._taken()

    def _keep(self, part: bytes) -> None:
        # A file cut back while its writer goes on at the old place begins with NUL bytes.
        part = part.lstrip(b"\0") if not self._partial else part
        room = MAX_LINE_BYTES - len(self._partial)
        self._partial += part[:room]
        self._cut += max(0, len(part) - room)

    def _taken(self) -> bytes:
        line = bytes(self._partial).removesuffix(b"\r")
        if self._cut:
            line += f"… (+{self._cut} bytes)".encode()
        self._partial.clear()
        self._cut = 0
        return line

    def _text(self, line: bytes) -> str | None:
        if b"\0" in line:
            self.not_text += 1
            return None
        return line.decode("utf-8", "backslashreplace") if line.strip() else None

    def _find_shift(self, stamps: list[Stamp | None], written_ns: int) -> None:
        """Compare the newest time without a zone with when it was written, until that has told the zone."""
        if self.shift_s is not None:
            return
        local = next((one for one in reversed(stamps) if one is not None and not one.zoned), None)
        if local is not None:
            self.shift_s = zone_shift_s(local.wall_ns, written_ns, _ZONE_TOLERANCE_S)

    def _line(self, text: str, stamp: Stamp | None, at_ns: int) -> ServerLogged:
        soon = at_ns - self._last_ns <= _TOGETHER_NS
        if stamp is None:
            continues = self._headed and (soon or _indented(text))
            self._headed, self._last_ns = continues, at_ns
            return ServerLogged(seq=0, at_ns=at_ns, attempt=0, text=text, continues=continues)
        self._headed, self._last_ns = True, at_ns
        shift_s = 0 if stamp.zoned else self.shift_s or 0
        return ServerLogged(
            seq=0,
            at_ns=at_ns,
            attempt=0,
            text=text,
            wall_time_ns=stamp.wall_ns + shift_s * 1_000_000_000,
            precision_ns=stamp.precision_ns,
            shifted_s=shift_s,
        )


def _indented(text: str) -> bool:
    return text[:1] in " \t"
