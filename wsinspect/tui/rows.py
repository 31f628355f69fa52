"""What panes show: rows of styled, safe text, each with the place in the record that it stands for."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from wsinspect.safe_text import visible

MUTED = "$text-muted"
STRONG = "bold"
GOOD = "$text-success"
BAD = "$text-error"
WARNING = "$text-warning"
ACCENT = "$text-accent"
NAME = "$text-primary"
HEADING = "bold $text-primary"

Part = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class EventPlace:
    """An event of the record, and bytes of the response that it belongs to."""

    seq: int
    byte_range: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class FramePlace:
    """A frame of the record, and bytes in it."""

    number: int
    byte_range: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class FindingPlace:
    """A finding of the diagnosis that is shown, by its position."""

    index: int


@dataclass(frozen=True, slots=True)
class FoldPlace:
    """Something of the same pane that is opened and closed."""

    key: str


@dataclass(frozen=True, slots=True)
class AttemptPlace:
    """An attempt, by its number: all panes tell of it."""

    number: int


@dataclass(frozen=True, slots=True)
class LogPlace:
    """A line of the server's log, by its number."""

    number: int


Place = EventPlace | FramePlace | FindingPlace | FoldPlace | AttemptPlace | LogPlace


@dataclass(frozen=True, slots=True)
class Row:
    """One logical line. Wrapped lines of the body hang under its first one, right of the gutter."""

    gutter: Content
    body: Content
    place: Place | None = None
    """Where selecting the row leads."""
    about: tuple[int, ...] = ()
    """The events (their numbers) that the row tells of, so that a jump finds it."""
    span: tuple[int, int] | None = None
    """The bytes of the response that the row shows."""
    at_ns: int | None = None
    """The moment that the row stands for, since the session began."""

    @property
    def plain(self) -> str:
        """The row as text for the clipboard."""
        return f"{self.gutter.plain}{self.body.plain}".rstrip()


def text(*parts: Part) -> Content:
    """Return content of `parts`, strings or (string, style), made safe for a terminal."""
    return Content.assemble(
        *(visible(part) if isinstance(part, str) else (visible(part[0]), part[1]) for part in parts)
    )


EMPTY = Content("")


def row(
    *body: Part,
    gutter: Content = EMPTY,
    place: Place | None = None,
    about: tuple[int, ...] = (),
    at_ns: int | None = None,
) -> Row:
    """Return a row; every string in its body is made safe here."""
    return Row(gutter, text(*body), place, about, None, at_ns)


BLANK = Row(EMPTY, EMPTY)


def heading(title: str, aside: str = "") -> Row:
    """Return a section's title."""
    return row(*heading_parts(title, aside))


def heading_parts(title: str, aside: str = "") -> list[Part]:
    """Return what a section's title is made of."""
    return [(title, HEADING), (f"  {aside}" if aside else "", MUTED)]


def plain_text(rows: list[Row]) -> str:
    """Return rows as text for the clipboard."""
    return "\n".join(one.plain for one in rows) + "\n"
