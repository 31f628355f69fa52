"""The engine: who is asked, who is hidden, who comes first."""

from __future__ import annotations

import re

import pytest

from tests.diagnosis.story import (
    Story,
    answered,
    asked,
    begun,
    close,
    connected,
    failed,
    fin,
    happened,
    idle,
    opened,
    raw_answer,
    resolved,
    started,
    text,
    we_close,
)
from tests.diagnosis.test_causes_tcp import HOST, PUBLIC
from tests.diagnosis.test_causes_tls import hello
from wsinspect.diagnosis import catalogue, engine
from wsinspect.diagnosis.cause import Cause, Certainty, Side, Stage
from wsinspect.diagnosis.engine import diagnose, fill
from wsinspect.diagnosis.evidence import Match, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.finding import Diagnosis
from wsinspect.diagnosis.stand_ins import headline_in_general, in_general
from wsinspect.events import BytesSent, FailureKind, Layer, Step
from wsinspect.session.record import SessionRecord


def invented(
    cause_id: str,
    certainty: Certainty,
    match: Match | None,
    *,
    supersedes: tuple[str, ...] = (),
    headline: str = "A headline",
) -> Cause:
    """A cause that always answers the same."""
    return Cause(
        id=cause_id,
        stage=Stage.TCP,
        side=Side.SERVER,
        certainty=certainty,
        headline=headline,
        explanation="Why.",
        fix=("Do {this} on {host}.",),
        next_test="Try {url}.",
        sources=("RFC 1",),
        supersedes=supersedes,
        check=lambda _: match,
    )


SEEN = Match(evidence=(at_seq(1, "seen"),))


def asking(monkeypatch: pytest.MonkeyPatch, *causes: Cause, story: Story | None = None) -> Diagnosis:
    monkeypatch.setattr(engine, "load", lambda _: {cause.id: cause for cause in causes})
    return diagnose((story or asked()).record())


def ids(diagnosis: Diagnosis) -> list[str]:
    return [finding.cause for finding in diagnosis.findings]


def test_the_surer_comes_first_and_equals_keep_the_catalogues_order(monkeypatch: pytest.MonkeyPatch) -> None:
    found = asking(
        monkeypatch,
        invented("possible", Certainty.POSSIBLE, SEEN),
        invented("likely-1", Certainty.LIKELY, SEEN),
        invented("certain", Certainty.CERTAIN, SEEN),
        invented("likely-2", Certainty.LIKELY, SEEN),
    )
    assert ids(found) == ["certain", "likely-1", "likely-2", "possible"]
    assert found.answer is found.findings[0]


def test_a_match_may_claim_less_than_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    less = Match(evidence=SEEN.evidence, certainty=Certainty.POSSIBLE, side=Side.CLIENT, headline="Another")
    (finding,) = asking(monkeypatch, invented("a", Certainty.CERTAIN, less)).findings
    assert (finding.certainty, finding.side, finding.headline) == (Certainty.POSSIBLE, Side.CLIENT, "Another")


def test_roots_hide_their_symptoms(monkeypatch: pytest.MonkeyPatch) -> None:
    root = invented("root", Certainty.POSSIBLE, SEEN, supersedes=("symptom", "absent"))
    symptom = invented("symptom", Certainty.CERTAIN, SEEN)
    assert ids(asking(monkeypatch, symptom, root)) == ["root"]
    silent = invented("root", Certainty.POSSIBLE, None, supersedes=("symptom",))
    assert ids(asking(monkeypatch, symptom, silent)) == ["symptom"]


def test_a_match_may_hide_more(monkeypatch: pytest.MonkeyPatch) -> None:
    more = Match(evidence=SEEN.evidence, supersedes=("symptom",))
    found = asking(
        monkeypatch, invented("symptom", Certainty.CERTAIN, SEEN), invented("root", Certainty.LIKELY, more)
    )
    assert ids(found) == ["root"]


def test_texts_are_filled_in_and_made_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    match = Match(evidence=SEEN.evidence, values={"this": "\x1b[31mthat"}, first_fix=("First {this}.",))
    (finding,) = asking(monkeypatch, invented("a", Certainty.LIKELY, match)).findings
    assert finding.fix == ("First ␛[31mthat.", "Do ␛[31mthat on echo.example.")
    assert finding.next_test == "Try ws://echo.example/."
    assert fill("{known} {unknown} {}", {"known": "x"}) == "x {unknown} {}"


def test_what_only_a_browser_shows_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    from msgspec.structs import replace

    silent = replace(invented("browser", Certainty.CERTAIN, SEEN), check=None)
    assert ids(asking(monkeypatch, silent)) == []


def test_nothing_recorded_is_no_finding() -> None:
    empty = diagnose(SessionRecord())
    assert empty == Diagnosis(findings=())
    assert empty.answer is None


def test_an_unknown_failure_gets_an_honest_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    story = started(HOST) + resolved(PUBLIC) + connected() + begun(Step.TLS)
    found = asking(monkeypatch, story=story + failed(Step.TLS, FailureKind.TLS_ERROR, "odd \x07 words"))
    (finding,) = found.findings
    assert (finding.cause, finding.certainty, finding.side) == (
        "unexplained",
        Certainty.POSSIBLE,
        Side.UNKNOWN,
    )
    assert finding.headline == "The step 'tls' failed: odd ␇ words"
    assert "What worked, and is ruled out: url, resolve, tcp." in finding.explanation
    assert finding.stage is Stage.TLS
    assert finding.evidence


def test_a_healthy_connection_blames_nobody() -> None:
    for story in (
        opened() + text("hi"),
        opened() + text("hi") + we_close() + close(1000, answered=False) + fin(),
        opened("wss://h/") + text("hi") + idle(s=5),
    ):
        assert story.causes() == []


def test_an_earlier_attempt_can_be_asked_about() -> None:
    record = (asked() + answered("HTTP/1.1 404 Not Found") + fin()).record()
    first = record.attempts[0]
    assert diagnose(record, first).answer is not None
    finding = diagnose(record, first).findings[0]
    assert finding.attempt == 1


def test_only_the_causes_of_the_steps_begun_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[Step | None] = []

    def note(step: Step | None = None) -> dict[str, Cause]:
        steps.append(step)
        return {}

    monkeypatch.setattr(engine, "load", note)
    diagnose((started() + begun(Step.RESOLVE)).record())
    diagnose(opened().record())
    assert steps == [Step.RESOLVE, Step.OPEN]
    assert set(catalogue.load(Step.URL)) <= set(catalogue.load())


def test_every_finding_can_be_followed_to_its_place() -> None:
    record = (
        asked()
        + answered("HTTP/1.1 426 Upgrade Required\nContent-Length: {length}", "Upgrade Required")
        + fin()
    ).record()
    for finding in diagnose(record).findings:
        for item in finding.evidence:
            assert item.event is not None or item.frame is not None
            assert item.ref


@pytest.mark.parametrize(
    ("story", "waits_s", "said", "overdue"),
    [
        (started() + begun(Step.RESOLVE), 1.0, "Resolve: asked the resolver 1.0 s ago, no answer yet", False),
        (started() + begun(Step.RESOLVE), 3.0, "Resolve: asked the resolver 3.0 s ago, no answer yet", True),
        (hello(), 1.0, "TLS: ClientHello sent 1.0 s ago, no byte back", False),
        (asked(), 4.0, "Upgrade: request sent 4.0 s ago, no byte back", True),
        (asked() + raw_answer(b"HTTP/1.1 1"), 2.0, "Upgrade: 10 bytes of an answer, silent for 2.0 s", False),
        (
            started() + begun(Step.PROXY) + happened(BytesSent, layer=Layer.PROXY, data=b"CONNECT"),
            5.0,
            "Proxy: asked for a tunnel 5.0 s ago, no reply",
            True,
        ),
    ],
)
def test_what_is_being_waited_for(story: Story, waits_s: float, said: str, overdue: bool) -> None:
    waiting = story.diagnose(waits_s=waits_s).waiting
    assert waiting is not None
    assert (waiting.text, waiting.overdue) == (said, overdue)


def test_how_long_it_will_still_wait() -> None:
    waiting = asked().diagnose(waits_s=5).waiting
    assert waiting is not None
    assert waiting.gives_up_in_s == pytest.approx(15, abs=0.1)


def test_nothing_is_waited_for_once_it_is_open_or_over() -> None:
    assert opened().diagnose(waits_s=60).waiting is None
    assert (asked() + fin()).diagnose(waits_s=60).waiting is None


def test_the_same_record_gives_the_same_answer() -> None:
    record = (opened() + text("hi") + idle(s=61) + fin()).record()
    assert diagnose(record, now_ns=record.last_ns) == diagnose(record, now_ns=record.last_ns)


def test_facts_of_an_attempt_that_never_got_far() -> None:
    record = started().record()
    attempt = record.current
    assert attempt is not None
    facts = Facts(record, attempt)
    assert (facts.status, facts.failed_step, facts.end_ns, facts.age_s, facts.silence_s) == (
        None,
        None,
        None,
        None,
        None,
    )
    assert facts.header("Server") == ""
    assert facts.body_text == ""
    assert facts.values["url"] == "ws://echo.example/"


def test_general_texts_hold_no_names_in_braces() -> None:
    for cause in catalogue.load().values():
        headline = headline_in_general(cause)
        assert len(headline) > 10
        for said in (headline, *map(in_general, (cause.explanation, cause.next_test, *cause.fix))):
            assert re.search(r"\{[a-z_]+\}", said) is None, said
        # Empty brackets are a function's only right behind its name.
        assert re.search(r" \(\)|:  |:$|(?<=\w)…|…(?=\w)", headline) is None, headline


def test_a_value_that_is_joined_to_a_word_adds_nothing_in_general() -> None:
    assert in_general("The server{backend} wants credentials{scheme}, lost on the way{between}") == (
        "The server wants credentials, lost on the way"
    )
    assert in_general("behind {backend} ({status}){behind}: no, {host}:{port}, send()") == (
        "behind the server behind (STATUS): no, HOST:PORT, send()"
    )
    assert in_general("cut: {how}") == "cut"
    assert in_general("its timeout ({key}) ran out: {error} {said}") == "its timeout ran out: its own words"
