"""A question about a payment: its categories, states and clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.payments.domain.errors import QueryState

CATEGORIES: Final = (
    "where_is_my_payment",
    "payment_difference",
    "credit_note",
    "account_statement",
    "tax_deducted",
    "refund",
    "document_objection",
    "other",
)


class QueryStanding(StrEnum):
    """A message of the partner opens an answered or closed question again."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class QueryChange:
    """What a step leads to; `due_at` is None when the clock does not start anew."""

    standing: QueryStanding
    due_at: datetime | None = None


def after_message(standing: QueryStanding, *, by_partner: bool, at: datetime, hours: int) -> QueryChange:
    """Words of the partner ask for an answer again; words of ours leave the state as it is."""
    if by_partner and standing is not QueryStanding.OPEN:
        return QueryChange(QueryStanding.OPEN, at + timedelta(hours=hours))
    return QueryChange(standing)


def after_answer(standing: QueryStanding) -> QueryChange:
    """QueryState for a closed question: the partner has to open it again first."""
    if standing is QueryStanding.CLOSED:
        raise QueryState("The question is closed; a message of the partner opens it again")
    return QueryChange(QueryStanding.ANSWERED)


def after_closing(standing: QueryStanding) -> QueryChange:
    """QueryState unless it was answered: nothing is closed in silence."""
    if standing is not QueryStanding.ANSWERED:
        raise QueryState(f"The question is {standing.value}; answer it before it is closed")
    return QueryChange(QueryStanding.CLOSED)
