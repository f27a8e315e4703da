"""What a rule would do to the lines that wait now, before somebody puts it in force."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.bank_accounts import bank_accounts
from services.payments.adapters.repositories.bank_lines import waiting_lines_of
from services.payments.adapters.repositories.reconciliation_rules import rule_by_id, rule_of, rules_in_force
from services.payments.domain.reconciliation_rule import WaitingLine, rule_for
from shared.errors import NotFound

LINES_READ: Final = 20_000


@dataclass(frozen=True, slots=True)
class RuleSimulation:
    """`posted` are lines that would come into the books with their account; `contested` fits other rules as well."""

    waiting: int
    posted: tuple[tuple[WaitingLine, Row], ...]
    contested: int


async def simulate_rule(connection: AsyncConnection, rule_id: UUID) -> RuleSimulation:
    """Beside the rules in force; NotFound."""
    row = await rule_by_id(connection, rule_id)
    if row is None:
        raise NotFound(f"There is no rule {rule_id}")
    rule = rule_of(row)
    others = [one for one in await rules_in_force(connection) if one.id != rule.id]
    waiting, contested = 0, 0
    posted: list[tuple[WaitingLine, Row]] = []
    for account in await bank_accounts(connection):
        if rule.bank_account_id not in (None, account.id):
            continue
        for line in await waiting_lines_of(connection, account.id, LINES_READ):
            waiting += 1
            if not rule.fits(line):
                continue
            if rule_for(line, [rule, *others]) is None:
                contested += 1
            else:
                posted.append((line, account))
    return RuleSimulation(waiting, tuple(posted), contested)
