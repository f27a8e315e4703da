"""What this service keeps of others' facts."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Projection(StrEnum):
    """Facts that arrive together and are as current as each other."""

    COLLECTIONS = "collections"
    STATEMENTS = "statements"
    BOOKING_CLOCK = "booking-clock"
    RECEIVABLES = "receivables"
    CREDIT_NOTES = "credit-notes"
    PAYMENT_QUERIES = "payment-queries"
    PARTNERS = "partners"
    ORDERS = "orders"
    DOCUMENTS = "documents"
    PIPELINE = "pipeline"


@dataclass(frozen=True, slots=True)
class ProjectionState:
    """How far a projection is and how many facts it holds; the instants are None before its first fact."""

    projection: Projection
    rows_count: int
    revision: int
    newest_fact_at: datetime | None
    applied_at: datetime | None

    @property
    def lag_seconds(self) -> float | None:
        """From the newest fact's telling until its batch was applied; 0 when a batch brought only older ones."""
        if self.newest_fact_at is None or self.applied_at is None:
            return None
        return max((self.applied_at - self.newest_fact_at).total_seconds(), 0.0)
