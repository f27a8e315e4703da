"""Briefs: what they cite, who reviews them, and what they say of what nobody found."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from services.research.domain.brief import (
    Evidence,
    Finding,
    Material,
    brief_content,
    checked_citations,
    checked_review,
    checked_sharing,
)
from services.research.domain.errors import BriefState, CitationInvalid, MakerIsChecker
from services.research.domain.grade import Grade, Reliability
from services.research.domain.observation import standings
from tests.unit.research.test_observation import ATTRIBUTES, TODAY, seen


def evidence(quotation: str) -> Evidence:
    return Evidence(
        id=uuid7(), quotation=quotation, source="Works manager", source_url=None, query_run_id=None,
        file_name=None, file_sha256=None,
        seen_on=TODAY, grade=Grade(reliability=Reliability.B, credibility=2),
    )  # fmt: skip


def material(
    questions: dict[UUID, str], findings: list[Finding], cited: list[Evidence], today: date = TODAY
) -> Material:
    return Material(
        subject="A sugar mill",
        opportunity=None,
        zone="west",
        today=today,
        questions=questions,
        findings=findings,
        evidence={one.id: one for one in cited},
        competitors={"kaveri": "Kaveri Power"},
        standings=standings([seen("9", "mill")], ATTRIBUTES, today),
    )


def test_a_brief_numbers_its_sources_as_the_reader_meets_them_and_says_what_nobody_found() -> None:
    answered, open_one = uuid7(), uuid7()
    first, second = evidence("Two sets of Kaveri"), evidence("A tender in March")
    findings = [
        Finding(question_id=None, text="They buy in March", evidence_ids=[second.id, first.id]),
        Finding(question_id=answered, text="Kaveri supplies them", evidence_ids=[first.id]),
    ]

    content = brief_content(
        material({answered: "Who supplies them?", open_one: "At what price?"}, findings, [first, second]),
        "Be quick",
    )

    assert content["answers"] == [
        {"question": "Who supplies them?", "findings": [{"text": "Kaveri supplies them", "marks": [1]}]},
        {"question": "At what price?", "findings": []},
    ]
    assert content["besides"] == [{"text": "They buy in March", "marks": [2, 1]}]
    assert [one["quotation"] for one in content["sources"]] == [
        "Two sets of Kaveri", "A tender in March", "Lead time of k125: 9 weeks",
    ]  # fmt: skip
    assert (content["competitors"][0]["competitor"], content["competitors"][0]["mark"]) == ("Kaveri Power", 3)


def test_what_is_stale_of_competitors_is_left_out() -> None:
    content = brief_content(material({}, [], [], TODAY + timedelta(days=90)), "Nothing yet")

    assert (content["competitors"], content["sources"]) == ([], [])


def test_a_finding_cites_evidence_of_its_assignment() -> None:
    known = evidence("x")

    checked_citations([known.id], {known.id: known})
    for cited in ([], [uuid7()], [known.id, uuid7()]):
        with pytest.raises(CitationInvalid):
            checked_citations(cited, {known.id: known})


def test_another_person_reviews_a_brief_once() -> None:
    checked_review(made_by="u-asha", decided_by="u-ravi", decision=None)
    for decided_by in ("u-asha", "key:1/u-asha"):
        with pytest.raises(MakerIsChecker):
            checked_review(made_by="u-asha", decided_by=decided_by, decision=None)
    with pytest.raises(BriefState):
        checked_review(made_by="u-asha", decided_by="u-ravi", decision="returned")


@pytest.mark.parametrize(("decision", "is_shared"), [(None, False), ("returned", False), ("approved", True)])
def test_only_what_was_approved_is_shared_and_once(decision: str | None, is_shared: bool) -> None:
    checked_sharing(decision="approved", is_shared=False)
    with pytest.raises(BriefState):
        checked_sharing(decision=decision, is_shared=is_shared)
