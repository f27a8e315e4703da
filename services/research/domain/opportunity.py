"""An opportunity of the CRM as it was told: the later telling holds, and every telling is kept."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Opportunity:
    """One telling; of two the later `system_modstamp` holds, within one the later `sequence`.

    `research_requested` is what the mapping of its organization reads as the wish: a flag or a stage. `questions` are
    one a line.
    """

    organization_id: str
    record_id: str
    system_modstamp: datetime
    sequence: int
    name: str
    stage: str
    partner_code: str | None
    zone: str | None
    account_record_id: str | None
    owner: str | None
    currency: str
    amount_minor: int | None
    close_on: date | None
    probability_percent: int | None
    is_closed: bool
    is_won: bool
    is_deleted: bool
    research_requested: bool
    research_due_on: date | None
    research_questions: str

    @property
    def wants_research(self) -> bool:
        """What is won, lost or deleted needs no research any more."""
        return self.research_requested and not self.is_closed and not self.is_deleted
