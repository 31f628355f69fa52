"""Refusals as products write them, told directly and as another hop in front passes them on."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.diagnosis.story import Story, answered, asked, fin
from tests.diagnosis.table import Row, fires, silent
from wsinspect.diagnosis.cause import Certainty

DATE = "Date: Mon, 23 Nov 2026 09:16:13 GMT"
NGINX = f"Server: nginx/1.22.1\n{DATE}"
URL = "ws://chat.example:8000/ws"


class Refusal(NamedTuple):
    """One answer and what it means; `certainty` is None for a near miss."""

    cause: str
    certainty: Certainty | None
    head: str
    body: str
    url: str
    options: dict[str, Any]

    def story(self, *, through_edge: bool = False) -> Story:
        """Tell it; an edge writes names in lower case and adds fields of its own."""
        head = self.head
        if through_edge:
            status, *lines = head.split("\n")
            lowered = [
                f"{line.partition(':')[0].lower()}:{line.partition(':')[2]}" for line in lines if line.strip()
            ]
            head = "\n".join((status, "x-request-id: 4f1c", *lowered, "strict-transport-security: max-age=1"))
        return asked(self.url, **self.options) + answered(head, self.body) + fin()

    def row(self) -> Row:
        """Return the row of the table."""
        if self.certainty is None:
            return silent(self.cause, self.story())
        return fires(self.cause, self.certainty, self.story())


def refusal(
    cause: str,
    certainty: Certainty | None,
    head: str,
    body: str = "",
    *,
    url: str = URL,
    **options: Any,
) -> Refusal:
    """Write one down: `head` begins with the status, `403 Forbidden`."""
    return Refusal(cause, certainty, f"HTTP/1.1 {head}", body, url, options)


def still_told(told: Refusal) -> None:
    """Hold that the same cause answers when a hop in front changed case and added fields."""
    found = told.story(through_edge=True).causes()
    assert found
    assert found[0] == told.cause, found
