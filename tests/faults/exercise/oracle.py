"""Whether the books are right after a fault: what was acknowledged is booked, once, and everything else follows from it."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import psycopg

from tests.e2e.desk import Desk
from tests.faults.exercise.load import Attempts
from tests.faults.processes import FragileSystem

PATIENCE_SECONDS: Final = 180.0
BOOK_CHECKS: Final = {
    "a journal entry that does not balance": (
        "SELECT count(*) FROM (SELECT entry_id FROM journal_lines GROUP BY entry_id HAVING sum(amount_minor) <> 0) x"
    ),
    "a balance that is not the sum of its lines": (
        "SELECT count(*) FROM account_balances b WHERE balance_minor <> (SELECT sum(l.amount_minor) FROM journal_lines l"
        " JOIN journal_entries e ON e.id = l.entry_id WHERE l.account_code = b.account_code AND e.currency = b.currency)"
    ),
    "a receipt without its entry": (
        "SELECT count(*) FROM receipts r WHERE NOT EXISTS"
        " (SELECT FROM journal_entries e WHERE e.source_id = r.id AND e.kind = 'receipt')"
    ),
    "an open item that is not its original less its allocations": (
        "SELECT count(*) FROM open_items o WHERE open_minor <> original_minor -"
        " coalesce((SELECT sum(amount_minor) FROM allocations a WHERE a.open_item_id = o.id), 0)"
    ),
}
BOOKED: Final = """
    SELECT r.reference, r.amount_minor FROM receipts r JOIN bank_accounts b ON b.id = r.bank_account_id WHERE b.number = %s
"""
STUCK: Final = {
    "a statement that waits for a lock": "SELECT count(*) FROM pg_locks WHERE NOT granted",
    "a transaction that nobody goes on with": (
        "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
        " AND now() - state_change > interval '10 seconds'"
    ),
}
# Facts not told yet, and receipts as the other two services have them.
UNTOLD: Final = ("payments", "SELECT count(*) FROM outbox WHERE published_at IS NULL")
PROJECTIONS: Final = (
    ("reporting", "SELECT coalesce(sum(amount_minor), 0) FROM collected_receipts WHERE partner_code = %s"),
    ("partners", "SELECT coalesce(sum(amount_minor), 0) FROM sheet_receipts WHERE partner_code = %s"),
)


def complaints(system: FragileSystem, attempts: Attempts) -> list[str]:
    """What is wrong, in words; nothing when all is as it should be. Waits for facts to arrive, not for mistakes to heal."""
    with psycopg.connect(system.database_url("payments")) as connection:
        booked = connection.execute(BOOKED, (attempts.bank_account,)).fetchall()
    found = [*attempts.wrong, *about_bookings(booked, attempts), *_about_books(system)]
    found += [f"{one} was refused: {words}" for one, words in attempts.refused.items()]
    found += _about_telling(system, attempts.partner_code, sum(amount for _, amount in booked))
    return found


def booked_references(system: FragileSystem, bank_account: str) -> set[str]:
    with psycopg.connect(system.database_url("payments")) as connection:
        return {row[0] for row in connection.execute(BOOKED, (bank_account,)).fetchall()}


def about_bookings(booked: Sequence[tuple[str, int]], attempts: Attempts) -> list[str]:
    """Acknowledged is booked, booked was attempted, and each with its own amount."""
    amounts = dict(booked)
    found = [f"{reference} is booked twice" for reference in _twice(booked)]
    found += [f"{one} was acknowledged and is not booked" for one in attempts.acknowledged - amounts.keys()]
    found += [f"{one} is booked and nobody sent it" for one in amounts.keys() - attempts.amounts.keys()]
    found += [
        f"{one} is booked with {amount}, sent with {attempts.amounts[one]}"
        for one, amount in amounts.items()
        if attempts.amounts.get(one, amount) != amount
    ]
    return found


def _about_books(system: FragileSystem) -> list[str]:
    found = [
        f"{count} times {what}"
        for what, query in {**BOOK_CHECKS, **STUCK}.items()
        if (count := _number(system, "payments", query))
    ]
    with Desk.at(system, role="auditor") as auditor:
        if not auditor.get("/v1/audit-trail/verification")["is_intact"]:
            found.append("the audit chain is broken")
        if not auditor.get("/v1/trial-balance")["is_proved"]:
            found.append("the trial balance is not zero")
    return found


def _about_telling(system: FragileSystem, partner_code: str, booked_minor: int) -> list[str]:
    found = []
    if _until(partial(_number, system, *UNTOLD), 0):
        found.append("facts wait to be told")
    for service, query in PROJECTIONS:
        known = _until(partial(_number, system, service, query, partner_code), booked_minor)
        if known is not None:
            found.append(f"{service} knows of {known} received, payments of {booked_minor}")
    return found


def _until(read: Callable[[], int], wanted: int) -> int | None:
    """None once it is what is wanted; else what it still is when patience ends."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := read()) != wanted:
        if time.monotonic() > deadline:
            return found
        time.sleep(0.2)
    return None


def _twice(booked: Sequence[tuple[str, int]]) -> list[str]:
    return [reference for reference, count in Counter(one for one, _ in booked).items() if count > 1]


def _number(system: FragileSystem, owner: str, query: str, *values: str) -> int:
    with psycopg.connect(system.database_url(owner)) as connection:
        row = connection.execute(query, values or None).fetchone()
    assert row is not None
    return int(row[0])
