"""HAR files that a browser, a script or an enemy wrote: read as a recording, or refused with one line."""

from __future__ import annotations

import io
import json
from copy import deepcopy
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.corpus import CAPTURES, bent, edit
from tests.fuzz.stack import record_of
from tests.fuzz.typed import a_line_of_ours
from wsinspect.connection.har_events import har_recording
from wsinspect.connection.recording import read_recording
from wsinspect.connection.replay import replay
from wsinspect.errors import UsageError
from wsinspect.export.har import har
from wsinspect.export.redact import Redactor
from wsinspect.profiles.pasted_har import parse_har
from wsinspect.session.record import SessionRecord


@lru_cache(maxsize=32)
def exported(capture: bytes) -> bytes:
    """Return the HAR of an attempt at a peer that says this; it has all that Chrome's have."""
    record = record_of([capture])
    try:
        return b"".join(har(record, Redactor(show=True)))
    finally:
        record.close()


def read(text: bytes) -> SessionRecord:
    """Import it, both as a file and as something pasted; a refusal leaves an empty record."""
    try:
        parse_har(text.decode("utf-8", "replace"))
    except UsageError as error:
        a_line_of_ours(error)
    record = SessionRecord()
    try:
        recording = har_recording(text, "x.har")
    except UsageError as error:
        a_line_of_ours(error)
    else:
        replay(read_recording(io.BytesIO(recording)), record.append)
        assert record.attempts
    return record


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value inside."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, part in inside for found in places(part, (*path, key)))]


def changed(text: bytes, changes: list[tuple[int, Any]]) -> bytes:
    """Put other values in place of some."""
    root = {"": json.loads(text)}
    for at, value in changes:
        found = [place for place in places(root) if place]
        *way, last = found[at % len(found)]
        inside: Any = root
        for key in way:
            inside = inside[key]
        inside[last] = deepcopy(value)
    return json.dumps(root[""]).encode("utf-8", "surrogatepass")


odd_values = st.one_of(
    st.sampled_from(
        [None, True, -1, 0, 1e308, 2**70, "", "x", [], {}, "ws://h/", "wss://[::1", "\ud800", "\x1b[2J", "2026-13-45T99:00:00Z", "2026-03-02T09:15:30.000Z", "101", "A" * 3000,
         "aGVsbG8=", "net::ERR_CONNECTION_REFUSED", {"name": "Sec-WebSocket-Key", "value": "x\r\ny"}, [{"name": "", "value": ""}], [{"type": "receive", "time": -1, "opcode": 99, "data": "\u202e"}]]
    ),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8)),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
        max_leaves=4,
    ),
)  # fmt: skip
har_texts = st.one_of(
    st.builds(
        lambda capture, changes: changed(exported(capture), changes),
        st.sampled_from(CAPTURES),
        st.lists(st.tuples(st.integers(0, 1 << 12), odd_values), min_size=1, max_size=5),
    ),
    st.builds(
        lambda capture, edits: bent(exported(capture), edits),
        st.sampled_from(CAPTURES),
        st.lists(edit, min_size=1, max_size=4),
    ),
    st.binary(max_size=60),
)
"""HARs with other values in some places, with bytes changed, and what is none."""
