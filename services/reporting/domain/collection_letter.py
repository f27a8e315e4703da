"""Letters about a collection: what there is to be said to a respondent's people, and what takes it back meanwhile."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.reporting.domain.template_collection import SubmissionState

RECIPIENTS_MAX: Final = 10


class LetterOccasion(StrEnum):
    """Why a letter is written."""

    INVITATION = "invitation"
    REMINDER = "reminder"
    OVERDUE = "overdue"
    CHECKED = "checked"
    ACCEPTED = "accepted"
    RETURNED = "returned"

    @property
    def awaits(self) -> bool:
        """Whether it asks for something that is not there."""
        return self in {LetterOccasion.INVITATION, LetterOccasion.REMINDER, LetterOccasion.OVERDUE}


@dataclass(frozen=True, slots=True, kw_only=True)
class RespondentStanding:
    """Where a respondent is when a letter is about to go; `version` is that of the latest submission, 0 without any."""

    state: SubmissionState
    version: int
    is_closed: bool
    due_at: datetime


def overtaken_by(
    occasion: LetterOccasion, number: int, standing: RespondentStanding, at: datetime
) -> str | None:
    """Why a letter is not to go any more, or None. `number` is the submission's version, or the days of a reminder.

    A thank-you for what was accepted goes whatever came later: it was accepted.
    """
    if occasion is LetterOccasion.ACCEPTED:
        return None
    if standing.is_closed and occasion is not LetterOccasion.CHECKED:
        return "the collection was closed"
    return _sent_meanwhile(occasion, number, standing) or _late_or_decided(occasion, standing, at)


def _sent_meanwhile(occasion: LetterOccasion, number: int, standing: RespondentStanding) -> str | None:
    if occasion.awaits:
        may_come = standing.state in {SubmissionState.ASKED, SubmissionState.RETURNED}
        is_late = not may_come or (occasion is LetterOccasion.INVITATION and standing.version > 0)
    else:
        is_late = number != standing.version
    return f"version {standing.version} was sent meanwhile" if is_late else None


def _late_or_decided(occasion: LetterOccasion, standing: RespondentStanding, at: datetime) -> str | None:
    if occasion is LetterOccasion.REMINDER and at >= standing.due_at:
        return "the time ran out meanwhile"
    if occasion is LetterOccasion.CHECKED and standing.state is not SubmissionState.CHECKED:
        return f"version {standing.version} was {standing.state} meanwhile"
    return None
