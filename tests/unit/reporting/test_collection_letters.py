"""A letter about a collection that says what does not hold any more is not sent."""

from datetime import UTC, datetime, timedelta

import pytest

from services.reporting.domain.collection_letter import LetterOccasion, RespondentStanding, overtaken_by
from services.reporting.domain.template_collection import SubmissionState

DUE_AT = datetime(2026, 11, 30, 12, 30, tzinfo=UTC)
BEFORE = DUE_AT - timedelta(days=1)


def standing(state: str, version: int = 0, *, is_closed: bool = False) -> RespondentStanding:
    return RespondentStanding(
        state=SubmissionState(state), version=version, is_closed=is_closed, due_at=DUE_AT
    )


@pytest.mark.parametrize(
    ("occasion", "number", "now"),
    [
        ("invitation", 0, standing("asked")),
        ("reminder", 3, standing("asked")),
        ("reminder", 3, standing("returned", 2)),
        ("overdue", 0, standing("asked")),
        ("returned", 2, standing("returned", 2)),
        ("checked", 1, standing("checked", 1)),
        ("checked", 1, standing("checked", 1, is_closed=True)),
        ("accepted", 1, standing("returned", 2, is_closed=True)),
    ],
)
def test_what_still_holds_is_sent(occasion: str, number: int, now: RespondentStanding) -> None:
    assert overtaken_by(LetterOccasion(occasion), number, now, BEFORE) is None


@pytest.mark.parametrize(
    ("occasion", "number", "now", "reason"),
    [
        ("invitation", 0, standing("returned", 1), "version 1 was sent meanwhile"),
        ("reminder", 3, standing("received", 1), "version 1 was sent meanwhile"),
        ("overdue", 0, standing("accepted", 2), "version 2 was sent meanwhile"),
        ("returned", 1, standing("received", 2), "version 2 was sent meanwhile"),
        ("checked", 1, standing("accepted", 1), "version 1 was accepted meanwhile"),
        ("reminder", 1, standing("asked", is_closed=True), "the collection was closed"),
        ("returned", 1, standing("returned", 1, is_closed=True), "the collection was closed"),
    ],
)
def test_what_was_overtaken_says_by_what(
    occasion: str, number: int, now: RespondentStanding, reason: str
) -> None:
    assert overtaken_by(LetterOccasion(occasion), number, now, BEFORE) == reason


def test_a_reminder_of_a_time_that_is_over_does_not_go() -> None:
    assert overtaken_by(LetterOccasion.REMINDER, 1, standing("asked"), DUE_AT) == "the time ran out meanwhile"
