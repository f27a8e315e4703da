"""What the checklist of a month counts, each from the facts themselves."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.bank_reconciliation import bank_reconciliation
from services.payments.adapters.queries.proofs import partner_differences
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.bank_accounts import bank_accounts
from services.payments.adapters.repositories.exceptions import LINE_IN_BOOKS
from services.payments.adapters.repositories.reconciliation_rules import tolerance_on
from services.payments.domain.bank_reconciliation import BankBasis, BankReconciliation, ReconciliationState
from services.payments.domain.business_day import BUSINESS_TIME_ZONE
from services.payments.domain.chart_of_accounts import DEDUCTION_ACCOUNTS, TDS_RECEIVABLE
from services.payments.domain.period import Check, CheckName, last_day, next_month

_SURE: Final = (BankBasis.STATED, BankBasis.CONTINUED)
_WAITING_LINES: Final = (
    f"SELECT count(*) FROM bank_lines l WHERE l.booked_on <= :last AND NOT {LINE_IN_BOOKS}"
)
_OVERDUE_CLOCKS: Final = (
    "SELECT count(*) FROM booking_clocks WHERE booked_at IS NULL AND NOT is_excused AND due_at < :now"
    " AND credited_at < :month_ended_at"
)
_OPEN_EXCEPTIONS: Final = (
    "SELECT count(*) FROM payment_exceptions x LEFT JOIN bank_lines l ON l.id = x.bank_line_id"
    " WHERE x.resolved_at IS NULL AND x.accepted_at IS NULL"
    " AND (l.booked_on <= :last OR (l.id IS NULL AND x.raised_at < :month_ended_at))"
)
_OPEN_REFUNDS: Final = (
    "SELECT count(*) FROM refunds WHERE state = 'requested' AND requested_at < :month_ended_at"
)
_NOTES_IN_WORK: Final = (
    "SELECT count(*) FROM credit_notes WHERE standing IN ('requested', 'approved')"
    " AND requested_at < :month_ended_at"
)
_BROKEN_STATEMENTS: Final = (
    "SELECT count(*) FROM bank_statements s WHERE s.state <> 'imported' AND s.received_at >= :month_began_at"
    " AND s.received_at < :month_ended_at"
)
_UNBALANCED: Final = (
    "SELECT count(*) FROM (SELECT currency FROM journal_movements"
    " WHERE effective_on <= :last GROUP BY currency HAVING sum(amount_minor) <> 0) AS currencies"
)
_DIFFERING_BALANCES: Final = (
    "SELECT count(*) FROM (SELECT account_code, currency, sum(amount_minor) AS total FROM journal_movements"
    " GROUP BY 1, 2) AS summed"
    " FULL JOIN account_balances b USING (account_code, currency)"
    " WHERE summed.total IS DISTINCT FROM b.balance_minor"
)
# Tax deducted is an asset only with a name to it: what the ledger holds is what the allocations list per partner.
_TAX_DEDUCTED: Final = """
SELECT (SELECT coalesce(sum(lines), 0) FROM journal_movements
        WHERE account_code = :account AND partner_code IS NULL AND effective_on <= :last) AS nameless,
    (SELECT count(DISTINCT partner_code) FROM journal_movements
        WHERE account_code = :account AND effective_on BETWEEN :first AND :last) AS partners,
    (SELECT count(*) FROM (
        SELECT partner_code, currency, sum(minor) FROM (
            SELECT partner_code, currency, amount_minor AS minor FROM journal_movements WHERE account_code = :account
            UNION ALL
            SELECT i.partner_code, i.currency, -a.amount_minor FROM allocations a
            JOIN open_items i ON i.id = a.open_item_id WHERE a.kind = ANY(CAST(:kinds AS text[]))
        ) AS both_sides GROUP BY 1, 2 HAVING sum(minor) <> 0) AS differing) AS differing
"""


async def quick_checks(connection: AsyncConnection, month: date, now: datetime) -> list[Check]:
    """Every check but the audit chain, which is walked before postings are held."""
    days = _days(month, now)
    spans = await _accounts(connection, month)
    return [
        await _statements(connection, spans, days),
        _reconciliations(spans),
        await _counted(connection, CheckName.WAITING_LINES, _WAITING_LINES, days, "lines of the bank wait"),
        await _counted(connection, CheckName.BOOKING_CLOCKS, _OVERDUE_CLOCKS, days, "credits are overdue"),
        await _counted(connection, CheckName.EXCEPTIONS, _OPEN_EXCEPTIONS, days, "exceptions are open"),
        await _counted(connection, CheckName.REFUNDS, _OPEN_REFUNDS, days, "refunds wait for a decision"),
        await _counted(connection, CheckName.CREDIT_NOTES, _NOTES_IN_WORK, days, "credit notes are in work"),
        await _tax_deducted(connection, days),
        await _trial_balance(connection, days),
        await _control_accounts(connection),
    ]


def _days(month: date, now: datetime) -> dict[str, object]:
    began = datetime(month.year, month.month, 1, tzinfo=BUSINESS_TIME_ZONE)
    after = next_month(month)
    ended = datetime(after.year, after.month, 1, tzinfo=BUSINESS_TIME_ZONE)
    return {
        "first": month,
        "last": last_day(month),
        "now": now,
        "month_began_at": began,
        "month_ended_at": ended,
    }


_Account = tuple[Row, BankReconciliation, ReconciliationState, Row | None]


async def _accounts(connection: AsyncConnection, month: date) -> list[_Account]:
    """Each account with its reconciliation of the last day as it is now, and the one that was kept."""
    found = []
    for account in await bank_accounts(connection):
        day = last_day(month)
        statement = await bank_reconciliation(connection, account, day)
        tolerance = await tolerance_on(connection, account, day)
        state = statement.state_within(tolerance.amount_minor if tolerance else 0)
        kept = (
            await connection.execute(
                sa.text(
                    "SELECT * FROM reconciliations WHERE bank_account_id = :account AND day = :day"
                    " ORDER BY revision DESC LIMIT 1"
                ),
                {"account": account.id, "day": day},
            )
        ).one_or_none()
        is_used = statement.bank.basis is not BankBasis.NOT_STATED or statement.items or statement.book_minor
        if is_used:
            found.append((account, statement, state, kept))
    return found


async def _statements(
    connection: AsyncConnection, accounts: list[_Account], days: Mapping[str, object]
) -> Check:
    unsure = [account.number for account, statement, _, _ in accounts if statement.bank.basis not in _SURE]
    broken = int(await connection.scalar(sa.text(_BROKEN_STATEMENTS), _used(_BROKEN_STATEMENTS, days)) or 0)
    if unsure:
        told = f"No proved statement reaches the last day: {', '.join(unsure)}"
        return Check(CheckName.STATEMENTS, is_passed=False, found=told)
    if broken:
        return Check(
            CheckName.STATEMENTS, is_passed=False, found=f"{broken} files of the month are not imported"
        )
    return Check(
        CheckName.STATEMENTS, is_passed=True, found=f"{len(accounts)} accounts are proved to the last day"
    )


def _reconciliations(accounts: list[_Account]) -> Check:
    wanting = [
        account.number
        for account, statement, state, kept in accounts
        if state is ReconciliationState.UNEXPLAINED
        or kept is None
        or kept.state == ReconciliationState.UNEXPLAINED
        or (kept.bank_minor, kept.book_minor) != (statement.bank.amount_minor, statement.book_minor)
    ]
    if wanting:
        told = f"Not reconciled on the last day, or changed since: {', '.join(wanting)}"
        return Check(CheckName.RECONCILIATIONS, is_passed=False, found=told)
    return Check(
        CheckName.RECONCILIATIONS,
        is_passed=True,
        found=f"{len(accounts)} accounts are reconciled on the last day",
    )


async def _counted(
    connection: AsyncConnection, name: CheckName, statement: str, days: Mapping[str, object], what: str
) -> Check:
    count = int(await connection.scalar(sa.text(statement), _used(statement, days)) or 0)
    return Check(name, count == 0, f"{count} {what}")


async def _tax_deducted(connection: AsyncConnection, days: Mapping[str, object]) -> Check:
    kinds = sorted(kind for kind, account in DEDUCTION_ACCOUNTS.items() if account == TDS_RECEIVABLE)
    parameters = {**_used(_TAX_DEDUCTED, days), "account": TDS_RECEIVABLE, "kinds": kinds}
    row = (await connection.execute(sa.text(_TAX_DEDUCTED), parameters)).one()
    if row.nameless or row.differing:
        told = f"{row.nameless} postings without a partner, {row.differing} partners whose list and ledger differ"
        return Check(CheckName.TAX_DEDUCTED, is_passed=False, found=told)
    return Check(
        CheckName.TAX_DEDUCTED, is_passed=True, found=f"Tax deducted by {row.partners} partners is listed"
    )


async def _trial_balance(connection: AsyncConnection, days: Mapping[str, object]) -> Check:
    unbalanced = int(await connection.scalar(sa.text(_UNBALANCED), _used(_UNBALANCED, days)) or 0)
    differing = int(await connection.scalar(sa.text(_DIFFERING_BALANCES)) or 0)
    told = f"{unbalanced} currencies do not balance, {differing} running balances differ from the journal"
    return Check(CheckName.TRIAL_BALANCE, not unbalanced and not differing, told)


async def _control_accounts(connection: AsyncConnection) -> Check:
    differing = len(await partner_differences(connection))
    told = f"{differing} partner accounts differ from their open items"
    return Check(CheckName.CONTROL_ACCOUNTS, is_passed=not differing, found=told)


def _used(statement: str, days: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in days.items() if f":{name}" in statement}
