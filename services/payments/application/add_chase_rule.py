"""Says from which day on silent partners are reminded when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.payments.adapters.repositories.balance_confirmations import add_chase_rule
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.balance_confirmation import ChaseRule
from services.payments.domain.errors import RuleTaken
from services.payments.domain.posting import Posting


@dataclass(frozen=True, slots=True)
class AddChaseRule:
    """The rule, its first day and where it comes from."""

    valid_from: date
    rule: ChaseRule
    source: str


async def add_confirmation_rule(work: UnitOfWork, command: AddChaseRule, posting: Posting) -> None:
    """RuleTaken when one begins on that day already."""
    values: Mapping[str, object] = {
        "valid_from": command.valid_from,
        "remind_after_days": list(command.rule.remind_after_days),
        "alternative_after_days": command.rule.alternative_after_days,
        "source": command.source,
        "at": posting.at,
        "by": posting.actor,
    }
    if not await add_chase_rule(work.connection, values):
        raise RuleTaken(f"A rule begins on {command.valid_from} already")
