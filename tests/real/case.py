"""What wsinspect has to say about one real endpoint, and the run that asks it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec.structs import replace

from wsinspect.check.outcome import ExitCode, exit_code
from wsinspect.check.run import CheckPlan, run_check
from wsinspect.diagnosis.cause import Certainty
from wsinspect.diagnosis.engine import diagnose
from wsinspect.diagnosis.finding import Finding
from wsinspect.options import ConnectOptions
from wsinspect.session.record import SessionRecord

if TYPE_CHECKING:
    from tests.peers.certificates import Certificates

Options: TypeAlias = Mapping[str, object]
"""Fields of `ConnectOptions` by name."""

BRIEF = CheckPlan(hold_s=0.3)
"""For a healthy endpoint: long enough for a server that ends the session at once."""
UNTIL_CUT = CheckPlan(hold_s=30.0)
"""For a server that ends the session: the run is over as soon as it does."""
RUN_TIMEOUT_S = 45.0


@dataclass(frozen=True, kw_only=True)
class Case:
    """One real endpoint and the answer that is right for it."""

    site: str
    """Which of the product's sites (see its launcher)."""
    path: str = "/"
    scheme: str = "ws"
    host: str = "127.0.0.1"
    options: Options = field(default_factory=dict)
    client_certificate: bool = False
    """Whether the client presents the test authority's certificate for clients."""
    plan: CheckPlan = UNTIL_CUT

    tries: int = 1
    """More than one where a second more or less tells: timers of a loaded machine run late."""

    cause: str | None
    """The id of the first finding; None where nobody is to blame, and nothing above `possible` may be said."""
    code: ExitCode = ExitCode.UPGRADE_FAILED
    names: frozenset[str] = frozenset()
    """Where bytes can't tell causes apart: the other ones, which the first finding has to name."""
    fix: str = ""
    """A regular expression that one of the fix steps matches: the knob that mends it."""
    also: frozenset[str] = frozenset()
    """Further causes that are true of this endpoint, so that they may be called certain."""

    def __str__(self) -> str:
        way = "" if self.scheme == "ws" else f"{self.scheme}-"
        return f"{way}{self.site}{self.path.removesuffix('/')}-{self.cause or 'healthy'}"


def healthy(site: str, **more: Any) -> Case:
    """An endpoint that works: opened, held, closed as asked, and nobody blamed."""
    return Case(site=site, cause=None, code=ExitCode.AS_ASKED, **{"plan": BRIEF, **more})


async def hold_to(
    case: Case,
    url: str,
    certificates: Certificates | None = None,
    *,
    proxy: str = "",
    note: Callable[[str], None] = lambda _: None,
) -> None:
    """Run the check on `url` and compare its answer with the case.

    With `certificates` the test authority is trusted. The environment's proxies stay out of it. `note` is told once the
    connection is open.
    """
    changes: dict[str, Any] = {"proxy": proxy}
    if certificates is not None:
        changes["ca_file"] = str(certificates.root)
        if case.client_certificate:
            changes["cert_file"] = str(certificates.client.chain)
            changes["key_file"] = str(certificates.client.key)
    changes |= case.options
    options = replace(ConnectOptions(url=url), **changes)
    for left in reversed(range(case.tries)):
        record = SessionRecord()
        try:
            async with asyncio.timeout(RUN_TIMEOUT_S):
                await run_check(options, case.plan, record, note)
            code = exit_code(record.current, until_peer_closes=case.plan.echo)
            judge(case, diagnose(record).findings, code)
            return
        except WrongAnswerError:
            if not left:
                raise
        finally:
            record.close()


class WrongAnswerError(AssertionError):
    """Not the answer that is right for the case, without a false claim of certainty."""


def judge(case: Case, findings: tuple[Finding, ...], code: ExitCode) -> None:
    """Compare findings and exit code with what the case wants."""
    said = "\n".join(f"{each.certainty} {each.cause}: {each.headline}" for each in findings) or "nothing"
    # The worst thing that can happen comes first: a claim of certainty that isn't true.
    certain = {each.cause for each in findings if each.certainty is Certainty.CERTAIN}
    untrue = certain - case.also - {case.cause}
    assert not untrue, f"certain and wrong: {', '.join(sorted(untrue))}\n{said}"
    try:
        _compare(case, findings, code)
    except AssertionError as error:
        raise WrongAnswerError(f"{error}\n{said}") from error


def _compare(case: Case, findings: tuple[Finding, ...], code: ExitCode) -> None:
    assert code is case.code, f"exit code {code!r}"
    if case.cause is None:
        above = [each.cause for each in findings if each.certainty is not Certainty.POSSIBLE]
        assert not above, f"blamed {above}"
        return
    assert findings, "nothing was found"
    answer = findings[0]
    assert answer.cause == case.cause, f"answered {answer.cause}"
    assert case.names <= set(answer.candidates), f"{answer.cause} names {answer.candidates}"
    assert answer.evidence, f"{answer.cause} shows no evidence"
    assert answer.next_test, f"{answer.cause} names no next test"
    steps = "\n".join(answer.fix)
    assert any(re.search(case.fix, step) for step in answer.fix), f"no step has {case.fix!r}:\n{steps}"
