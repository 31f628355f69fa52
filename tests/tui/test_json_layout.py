"""JSON is laid out without a change to what it says."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsinspect.tui.json_layout import indented, one_line, relaid

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(_JSON)
def test_it_is_laid_out_as_everywhere_else(value: object) -> None:
    assert indented(json.dumps(value)) == json.dumps(value, indent=2)
    assert one_line(json.dumps(value, indent=3)) == json.dumps(value, separators=(",", ":"))


@pytest.mark.parametrize("text", ['{"a":1.0,"a":1e5}', '{"id":${counter},"u":"${uuid}"}'])
def test_numbers_doubled_keys_and_variables_stay(text: str) -> None:
    assert one_line(indented(text)) == text
    assert relaid(relaid(text)) == text
