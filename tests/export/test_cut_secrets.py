"""A secret that was cut to fit is masked like the whole one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wsinspect.export.redact import Redactor, mask

SECRET = "canary-7f3K9q2LmX8v"
REDACT = Redactor([SECRET, "hunter2"])


def test_a_beginning_before_an_ellipsis_is_masked() -> None:
    shown = mask(SECRET)
    assert REDACT(f"?token={SECRET[:9]}… 0:00 and {SECRET}, {SECRET[:5]}…") == (
        f"?token={shown}… 0:00 and {shown}, {shown}…"
    )
    assert REDACT("password: hunte…") == f"password: {mask('hunter2')}…"
    assert REDACT(f"it said '{SECRET[:9]}'") == f"it said '{mask(SECRET)}'"
    assert REDACT(f"it said {SECRET[:9]}") == f"it said {mask(SECRET)}"

    for text in (
        "can…",
        "canary birds…",
        "a canary-7f3K and more…",
        f"{SECRET[:9]} …",
        "…",
        "'canary'",
        "canary-",
    ):
        assert REDACT(text) == text
    assert Redactor([SECRET], show=True)(f"{SECRET[:9]}…") == f"{SECRET[:9]}…"


@given(st.integers(4, len(SECRET)), st.text(max_size=8), st.text(max_size=8))
def test_wherever_it_is_cut(size: int, before: str, after: str) -> None:
    text = f"{before}{SECRET[:size]}…{after}"
    assert SECRET[:size] not in REDACT(text)
    plain, at = "", 0
    for start, end, shown in REDACT.found(text):
        plain, at = plain + text[at:start] + shown, end
    assert plain + text[at:] == REDACT(text)
