"""Books what approved rules explain of an account's waiting lines, and ties refunds and returns to their debits."""

from datetime import datetime
from typing import Final
from uuid import UUID

from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.bank_accounts import bank_account_for_update, bank_accounts
from services.payments.adapters.repositories.bank_lines import link_lines, seen_at_bank, waiting_lines_of
from services.payments.adapters.repositories.exceptions import ExceptionStep, resolve_exceptions_of_lines
from services.payments.adapters.repositories.reconciliation_rules import rules_in_force
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.post_bank_line import PostBankLine, post_bank_line
from services.payments.domain.business_day import business_day
from services.payments.domain.errors import RateUnknown
from services.payments.domain.posting import Posting
from services.payments.domain.reconciliation_rule import rule_for
from shared.database import Database

ACTOR: Final = "rules"
LINES_READ: Final = 20_000
POSTED_AT_ONCE: Final = 500


async def explain_all_accounts(database: Database, at: datetime) -> None:
    """Account by account, each in transactions of its own until nothing is left that rules explain."""
    async with database.reading() as connection:
        numbers = [account.number for account in await bank_accounts(connection)]
    for number in numbers:
        explained = POSTED_AT_ONCE
        while explained >= POSTED_AT_ONCE:
            async with UnitOfWork(database) as work:
                account = await bank_account_for_update(work.connection, number)
                explained = await explain_bank_lines(work, account, at)
                await work.commit()


async def explain_bank_lines(work: UnitOfWork, account: Row, at: datetime) -> int:
    """How many lines came into the books; lines that no rule or two rules of different accounts fit are left.

    At most POSTED_AT_ONCE are posted, so that nobody waits long for the account; call again while it is as many.
    """
    posting = Posting(ACTOR, at, business_day(at))
    links = await _tie_what_the_bank_shows(work, account.id, posting)
    rules = await rules_in_force(work.connection)
    posted = 0
    for line in await waiting_lines_of(work.connection, account.id, LINES_READ) if rules else []:
        rule = rule_for(line, rules)
        if rule is not None and posted < POSTED_AT_ONCE:
            command = PostBankLine(line.id, rule.account_code, f"Rule {rule.name}", rule.id)
            try:
                await post_bank_line(work, command, posting)
            except RateUnknown:
                continue  # foreign money waits for its rate; nothing was written
            posted += 1
    return links + posted


async def _tie_what_the_bank_shows(work: UnitOfWork, account_id: UUID, posting: Posting) -> int:
    seen = await seen_at_bank(work.connection, account_id)
    if seen:
        links = [(row.kind, row.source_id, row.bank_line_id) for row in seen]
        await link_lines(work.connection, links, posting.actor, posting.at)
        step = ExceptionStep("resolved", posting.actor, posting.at, "booked", "Shows what the books had")
        await resolve_exceptions_of_lines(work.connection, [row.bank_line_id for row in seen], step)
    return len(seen)
