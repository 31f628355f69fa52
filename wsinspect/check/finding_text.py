"""One finding as text: headline, why, evidence, fix, next test, sources."""

from __future__ import annotations

from collections.abc import Iterator

from wsinspect.check.page import BAD, BOLD, WARNING, Page
from wsinspect.diagnosis.finding import Finding

_EVIDENCE_SHOWN = 300


def finding_lines(finding: Finding, page: Page) -> Iterator[str]:
    """Yield one finding in full."""
    mark = {"certain": BAD, "likely": WARNING}.get(str(finding.certainty), BOLD)
    for line in page.wrapped(page.clean(finding.headline)):
        yield page.styled(line, mark)
    yield f"  {finding.certainty}, on the side of: {finding.side}   [{finding.cause}]"
    yield ""
    yield from page.wrapped(page.clean(finding.explanation), "  ")
    if finding.evidence:
        yield from page.section("Evidence")
        for item in finding.evidence:
            yield from page.wrapped(page.clean(item.text, _EVIDENCE_SHOWN), f"  {item.ref}: ", "    ")
    if finding.fix:
        yield from page.section("Fix")
        yield from page.numbered(tuple(page.clean_block(step) for step in finding.fix))
    if finding.next_test:
        yield from page.section("Next test")
        yield from page.wrapped(page.clean(finding.next_test), "  ")
    if finding.candidates:
        yield from page.section("These bytes can't tell it from")
        yield from page.wrapped(", ".join(finding.candidates), "  ")
    if finding.sources:
        yield from page.section("Sources")
        yield from (f"  {source}" for source in finding.sources)
