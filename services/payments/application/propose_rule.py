"""Rules and tolerances of the reconciliation: one person proposes, another puts in force."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.repositories.bank_accounts import bank_account_by_number
from services.payments.adapters.repositories.reconciliation_rules import (
    add_rule,
    add_tolerance,
    approve_rule,
    rule_for_update,
    sign_tolerance,
    tolerance_for_update,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.bank_line_posting import refuse_unsuitable_account
from services.payments.domain.chart_of_accounts import code_in_force
from services.payments.domain.errors import AlreadyDecided, MakerIsChecker, RuleTaken
from services.payments.domain.posting import Posting
from services.payments.domain.reconciliation_rule import ReconciliationRule
from shared.actors import is_same_person
from shared.errors import NotFound


async def propose_rule(
    work: UnitOfWork, rule: ReconciliationRule, bank_account: str | None, posting: Posting
) -> None:
    """AccountNotForLines; BankAccountUnknown."""
    rule = replace(rule, account_code=code_in_force(rule.account_code))
    refuse_unsuitable_account(rule.account_code)
    if bank_account is not None:
        account = await bank_account_by_number(work.connection, bank_account)
        rule = replace(rule, bank_account_id=account.id)
    await add_rule(work.connection, rule, posting.actor, posting.at)


async def approve_proposed_rule(work: UnitOfWork, rule_id: UUID, posting: Posting) -> None:
    """NotFound; AlreadyDecided; MakerIsChecker for who proposed it."""
    rule = await rule_for_update(work.connection, rule_id)
    if rule is None:
        raise NotFound(f"There is no rule {rule_id}")
    if rule.approved_by is not None:
        raise AlreadyDecided(f"The rule is in force since {rule.approved_at:%Y-%m-%d}")
    if is_same_person(rule.proposed_by, posting.actor):
        raise MakerIsChecker("Who proposed a rule does not approve it")
    await approve_rule(work.connection, rule_id, posting.actor, posting.at)


async def set_tolerance(
    work: UnitOfWork, values: Mapping[str, object], bank_account: str | None, posting: Posting
) -> UUID:
    """RuleTaken when the name is taken; BankAccountUnknown."""
    account_id = None
    if bank_account is not None:
        account_id = (await bank_account_by_number(work.connection, bank_account)).id
    tolerance_id = uuid7()
    row = {
        **values,
        "id": tolerance_id,
        "bank_account_id": account_id,
        "by": posting.actor,
        "at": posting.at,
    }
    if not await add_tolerance(work.connection, row):
        raise RuleTaken(f"There is a tolerance named {values['name']}")
    return tolerance_id


async def sign_set_tolerance(work: UnitOfWork, tolerance_id: UUID, posting: Posting) -> None:
    """NotFound; AlreadyDecided; MakerIsChecker for who set it."""
    tolerance = await tolerance_for_update(work.connection, tolerance_id)
    if tolerance is None:
        raise NotFound(f"There is no tolerance {tolerance_id}")
    if tolerance.signed_by is not None:
        raise AlreadyDecided(f"The tolerance is signed since {tolerance.signed_at:%Y-%m-%d}")
    if is_same_person(tolerance.set_by, posting.actor):
        raise MakerIsChecker("Who set a tolerance does not sign it")
    await sign_tolerance(work.connection, tolerance_id, posting.actor, posting.at)
