"""Says from a day on what holds for credit notes: grounds, duties, series, and when a year's return was filed."""

from collections.abc import Mapping
from datetime import date

from services.payments.adapters.repositories.credit_note_rules import (
    add_annual_return,
    add_reason,
    add_rules,
    add_series,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.errors import DateImpossible, RuleTaken
from services.payments.domain.posting import Posting

_ADDERS = {"reason": add_reason, "rules": add_rules, "series": add_series, "annual_return": add_annual_return}


async def add_credit_note_rule(
    work: UnitOfWork, kind: str, facts: Mapping[str, object], posting: Posting
) -> None:
    """`kind` is reason, rules, series or annual_return. RuleTaken when one begins on that day already."""
    values = {**facts, "at": posting.at, "by": posting.actor}
    if not await _ADDERS[kind](work.connection, values):
        raise RuleTaken("One begins on that day already; choose a later day")


def refuse_future_return(filed_on: date, posting: Posting) -> None:
    """An annual return is told after it was filed."""
    if filed_on > posting.effective_on:
        raise DateImpossible(f"{filed_on} has not come; tell the return when it is filed")
