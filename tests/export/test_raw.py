"""Raw payloads: byte for byte what was meant."""

from __future__ import annotations

import pytest

from tests.export.conftest import TOKEN
from wsinspect.errors import UsageError
from wsinspect.events import Direction
from wsinspect.export.formats import export_session
from wsinspect.export.raw import Selection
from wsinspect.session.record import SessionRecord


def raw(record: SessionRecord, selection: Selection, *, show: bool = True) -> bytes:
    return b"".join(export_session(record, "raw", show_secrets=show, selection=selection))


def test_a_frame_is_its_application_data(session: SessionRecord) -> None:
    assert raw(session, Selection(frame=2)) == b"\x00\xff\x01"
    assert raw(session, Selection(frame=6)) == b"two "


@pytest.mark.parametrize("number", [3, 6, 7])
def test_a_message_is_found_by_any_of_its_frames(session: SessionRecord, number: int) -> None:
    assert raw(session, Selection(message=number)) == b"one two three"


def test_a_direction_is_all_its_data_without_control_frames(session: SessionRecord) -> None:
    sent = raw(session, Selection(direction=Direction.SENT))
    assert sent == f"hi \u2603token {TOKEN} end".encode()
    received = raw(session, Selection())
    assert received.startswith(b"hello\x00\xff\x01one two three")
    assert b"bye" not in received


def test_a_secret_is_covered_even_across_frames(session: SessionRecord) -> None:
    sent = raw(session, Selection(direction=Direction.SENT), show=False)
    assert TOKEN[:9].encode() not in sent
    assert TOKEN[9:].encode() not in sent
    assert len(sent) == len(raw(session, Selection(direction=Direction.SENT)))
    assert sent.endswith(b" end")


@pytest.mark.parametrize("selection", [Selection(frame=99), Selection(message=15)])
def test_a_number_that_is_not_there_is_refused(session: SessionRecord, selection: Selection) -> None:
    with pytest.raises(UsageError, match=r"there is no frame (100|16); allowed: 1 to 15"):
        raw(session, selection)
