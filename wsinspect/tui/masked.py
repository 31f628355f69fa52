"""What stands on the screen with its secrets masked: a screen is shared, photographed and recorded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from textual.content import Content

from wsinspect.export.redact import Redactor
from wsinspect.session.record import SessionRecord
from wsinspect.tui.rows import Row


def masked_content(content: Content, redact: Redactor) -> Content:
    """Return `content` with every known secret masked, the styles of what is around it kept."""
    parts: list[Content] = []
    at = 0
    for start, end, mask in redact.found(content.plain):
        parts += [content[at:start], Content(mask)]
        at = end
    return Content.assemble(*parts, content[at:]) if parts else content


def masked_rows(rows: Iterable[Row], redact: Redactor) -> list[Row]:
    """Return `rows` with every known secret masked."""
    if not redact.active:
        return list(rows)
    return [_masked_row(row, redact) for row in rows]


def _masked_row(row: Row, redact: Redactor) -> Row:
    body = masked_content(row.body, redact)
    # The same row as before where nothing is masked: it need not be wrapped anew.
    return row if body is row.body else replace(row, body=body)


class ScreenMask:
    """The redactor of a session, made anew only when the session has come to hold more."""

    def __init__(self, *, show: bool = False) -> None:
        self._show = show
        self._known: tuple[int, ...] = ()
        self._redact = Redactor()

    @property
    def shows(self) -> bool:
        """Whether nothing is masked."""
        return self._show

    def of(self, record: SessionRecord) -> Redactor:
        """Return what masks the secrets of `record`; with `show`, nothing is masked."""
        exchanges = (
            one for attempt in record.attempts for one in (attempt.handshake, attempt.proxy_exchange)
        )
        known = (
            id(record),
            record.server_log.seen,
            *(len(part) for one in exchanges for part in (one.request, one.response)),
        )
        if known != self._known:
            self._known = known
            self._redact = Redactor.for_session(record, show=self._show)
        return self._redact
