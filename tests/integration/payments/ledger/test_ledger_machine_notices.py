"""The checks of the ledger machine are no formality: each of these changes of the stored books makes one fail."""

import re

import pytest
import sqlalchemy as sa

from shared.database import Database
from tests.factories.payments import invoice
from tests.integration.payments.ledger.conftest import NewBench
from tests.integration.payments.ledger.ledger_bench import LedgerBench, a_receipt_for
from tests.integration.payments.ledger.ledger_model import Part

# What is changed past all guards, and how the check names it.
DAMAGES = {
    "UPDATE open_items SET open_minor = open_minor - 1 WHERE kind = 'invoice'": "control account",
    "UPDATE account_balances SET balance_minor = balance_minor + 1 WHERE account_code LIKE '1100%'": "running balance",
    "UPDATE journal_lines SET amount_minor = amount_minor + 1 WHERE account_code LIKE '1310%'": "running balance",
    "UPDATE journal_lines SET account_code = '1310-tds-receivable' WHERE account_code LIKE '1100%';"
    "UPDATE account_balances a SET balance_minor = a.balance_minor + b.balance_minor FROM account_balances b"
    " WHERE a.account_code LIKE '1310%' AND b.account_code LIKE '1100%';"
    "UPDATE account_balances SET balance_minor = 0 WHERE account_code LIKE '1100%'": "balances",
    "DELETE FROM allocations WHERE kind <> 'receipt'": "allocations",
    "UPDATE allocations SET open_item_id = receipt_id": "allocations",
    "UPDATE journal_lines SET partner_code = 'CP0002' WHERE account_code LIKE '1200%'": "control account",
    "UPDATE journal_lines SET amount_minor = amount_minor + 1 WHERE account_code LIKE '39%';"
    "UPDATE account_balances SET balance_minor = balance_minor + 2 WHERE account_code LIKE '39%'": "trial balance",
}
# The same for what foreign money is worth.
DAMAGED_WORTHS = {
    "UPDATE open_items SET open_base_minor = open_base_minor - 1 WHERE kind = 'invoice'": "control account",
    "UPDATE allocations SET base_minor = base_minor + 1 WHERE base_minor IS NOT NULL": "allocations",
    "UPDATE allocations SET credit_base_minor = credit_base_minor + 1 WHERE base_minor IS NOT NULL": "allocations",
    "UPDATE journal_lines SET base_minor = base_minor + 1 WHERE account_code LIKE '4700%'": "in rupees",
    "UPDATE journal_lines SET account_code = '5700-exchange-loss' WHERE account_code LIKE '4700%';"
    "UPDATE account_balances SET account_code = '5700-exchange-loss' WHERE account_code LIKE '4700%'": "in rupees",
}
REWRITTEN = (
    "UPDATE audit_batches SET actor = 'somebody else'",
    "UPDATE journal_entries SET description = 'Gift'",
    "DELETE FROM outbox WHERE type LIKE '%receipts_booked%'",
    "UPDATE outbox SET type = 'salesops.payments.forgotten.v1' WHERE type LIKE '%allocation_changed%'",
)


def a_short_history(bench: LedgerBench) -> None:
    bench.register(invoice("INV/1", total_minor=5_000), invoice("INV/2", total_minor=5_000))
    first, second = bench.model.items.values()
    parts = [Part(first, "receipt", 900), Part(first, "TDS194Q", 100)]
    booked = a_receipt_for(("CP0001", "INR"), parts, on_account_minor=700, reference="UTR1")
    bench.book((booked, parts))
    bench.allocate(bench.model.credits[booked.id], [Part(second, "receipt", 300)])
    bench.assert_books_are_the_model()
    bench.assert_history_is_intact()


def damage(bench: LedgerBench, superuser: Database, statements: str) -> None:
    async def past_the_guards() -> None:
        async with superuser.engine.begin() as connection:
            await connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
            for statement in statements.split(";"):
                assert (await connection.execute(sa.text(statement))).rowcount, "nothing was damaged"

    bench.run(past_the_guards())


@pytest.mark.parametrize("statements", DAMAGES)
def test_damaged_books_are_noticed(new_bench: NewBench, own_superuser: Database, statements: str) -> None:
    bench = new_bench()
    a_short_history(bench)

    damage(bench, own_superuser, statements)

    with pytest.raises(AssertionError, match=re.escape(DAMAGES[statements])):
        bench.assert_books_are_the_model()


@pytest.mark.parametrize("statements", DAMAGED_WORTHS)
def test_damaged_worths_are_noticed(new_bench: NewBench, own_superuser: Database, statements: str) -> None:
    bench = new_bench()
    bench.register(invoice("EXP/1", partner_code="CP0003", currency="USD", total_minor=5_000))
    (item,) = bench.model.items.values()
    part = Part(item, "receipt", 3_333)
    bench.book((a_receipt_for(("CP0003", "USD"), [part], on_account_minor=700, reference="SWIFT1"), [part]))
    bench.assert_books_are_the_model()

    damage(bench, own_superuser, statements)

    with pytest.raises(AssertionError, match=DAMAGED_WORTHS[statements]):
        bench.assert_books_are_the_model()


@pytest.mark.parametrize("statements", REWRITTEN)
def test_a_rewritten_history_is_noticed(
    new_bench: NewBench, own_superuser: Database, statements: str
) -> None:
    bench = new_bench()
    a_short_history(bench)

    damage(bench, own_superuser, statements)

    with pytest.raises(AssertionError):
        bench.assert_history_is_intact()


def test_a_request_that_ends_otherwise_than_in_the_model_is_noticed(new_bench: NewBench) -> None:
    bench = new_bench()
    a_short_history(bench)
    (credit,) = bench.model.credits.values()
    credit.refunded_minor = 1  # the books know of no refund

    with pytest.raises(AssertionError, match="the model refuses it"):
        bench.allocate(credit, [Part(list(bench.model.items.values())[1], "receipt", credit.open_minor + 1)])
