"""Whoever changes the books behind the system's back is found, at the batch that was touched."""

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from shared.database import Database
from tests.factories.payments import invoice, pays, receipt
from tests.factories.payments_books import PaymentsBooks

# Each touches the second batch of three; :batch is its id, :entry its entry.
TAMPERINGS = {
    "an amount moved within an entry": (
        "UPDATE journal_lines SET amount_minor = amount_minor * 2 WHERE entry_id = :entry"
    ),
    "one side of an entry": (
        "UPDATE journal_lines SET amount_minor = amount_minor + 1 WHERE entry_id = :entry AND line_number = 1"
    ),
    "an account": "UPDATE journal_lines SET account_code = 'mine' WHERE entry_id = :entry AND line_number = 1",
    "a partner": "UPDATE journal_lines SET partner_code = 'CP0002' WHERE entry_id = :entry AND line_number = 2",
    "a line removed": "DELETE FROM journal_lines WHERE entry_id = :entry AND line_number = 1",
    "all lines removed": "DELETE FROM journal_lines WHERE entry_id = :entry",
    "a line added": "INSERT INTO journal_lines VALUES (:entry, 3, 'mine', NULL, 1, 1)",
    "an entry removed": (
        "WITH lines AS (DELETE FROM journal_lines WHERE entry_id = :entry)"
        " DELETE FROM journal_entries WHERE id = :entry"
    ),
    "an entry moved to another batch": (
        "UPDATE journal_entries SET batch_id = (SELECT id FROM audit_batches ORDER BY position DESC LIMIT 1)"
        " WHERE id = :entry"
    ),
    "the day of an entry": "UPDATE journal_entries SET effective_on = '2026-09-30' WHERE id = :entry",
    "the posting time of an entry": (
        "UPDATE journal_entries SET posted_at = posted_at - interval '1 day' WHERE id = :entry"
    ),
    "the words of an entry": "UPDATE journal_entries SET description = 'Gift' WHERE id = :entry",
    "the source of an entry": "UPDATE journal_entries SET source_id = id WHERE id = :entry",
    "the currency of an entry": "UPDATE journal_entries SET currency = 'USD' WHERE id = :entry",
    "the kind of an entry": "UPDATE journal_entries SET kind = 'invoice' WHERE id = :entry",
    "what an entry reverses": (
        "UPDATE journal_entries SET reverses_entry_id = (SELECT id FROM journal_entries ORDER BY id LIMIT 1)"
        " WHERE id = :entry"
    ),
    "who posted a batch": "UPDATE audit_batches SET actor = 'somebody else' WHERE id = :batch",
    "when a batch was posted": (
        "UPDATE audit_batches SET posted_at = posted_at - interval '1 second' WHERE id = :batch"
    ),
    "the count of a batch": "UPDATE audit_batches SET entries_count = 2 WHERE id = :batch",
    "the content hash of a batch": "UPDATE audit_batches SET content_hash = sha256('x') WHERE id = :batch",
    "the previous hash of a batch": "UPDATE audit_batches SET previous_hash = sha256('x') WHERE id = :batch",
    "the chain hash of a batch": "UPDATE audit_batches SET chain_hash = sha256('x') WHERE id = :batch",
}


async def three_batches(books: PaymentsBooks) -> list[sa.Row[tuple[object, object]]]:
    owed = invoice()
    await books.register(owed)
    await books.book(receipt([pays(owed)]))
    await books.book(receipt(on_account_minor=100))
    return list(
        await books.rows(
            "SELECT b.id, e.id AS entry FROM audit_batches b JOIN journal_entries e ON e.batch_id = b.id ORDER BY position"
        )
    )


async def tamper(superuser: Database, statement: str, **parameters: object) -> None:
    async with superuser.engine.begin() as connection:
        await connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        result = await connection.execute(sa.text(statement), parameters)
        assert result.rowcount > 0, "nothing was tampered with"


async def test_books_nobody_touched_are_intact(books: PaymentsBooks) -> None:
    await three_batches(books)

    verification = await books.verify()

    assert (verification.is_intact, verification.batches, verification.entries) == (True, 3, 3)


async def test_empty_books_are_intact(books: PaymentsBooks) -> None:
    assert (await books.verify()).is_intact


@pytest.mark.parametrize("what", TAMPERINGS)
async def test_tampering_is_found_at_the_batch_that_was_touched(
    books: PaymentsBooks, superuser: Database, what: str
) -> None:
    _, second, _ = await three_batches(books)
    statement = TAMPERINGS[what]
    names = {"batch": second.id, "entry": second.entry}

    await tamper(
        superuser, statement, **{name: value for name, value in names.items() if f":{name}" in statement}
    )

    verification = await books.verify()
    assert (verification.is_intact, verification.first_broken_batch_id) == (False, second.id)
    assert verification.batches == 1


async def test_a_batch_removed_is_found_at_the_one_behind_it(
    books: PaymentsBooks, superuser: Database
) -> None:
    _, second, third = await three_batches(books)

    await tamper(superuser, "DELETE FROM audit_batches WHERE id = :id", id=second.id)

    assert (await books.verify()).first_broken_batch_id == third.id


async def test_the_last_batch_removed_leaves_entries_that_nothing_vouches_for(
    books: PaymentsBooks, superuser: Database
) -> None:
    *_, last = await three_batches(books)

    await tamper(superuser, "DELETE FROM audit_batches WHERE id = :id", id=last.id)

    assert (await books.verify()).first_broken_batch_id == last.id


async def test_an_entry_slipped_in_without_a_batch_is_found(
    books: PaymentsBooks, superuser: Database
) -> None:
    await three_batches(books)
    nobodys = uuid7()

    await tamper(
        superuser,
        "INSERT INTO journal_entries (id, batch_id, kind, source_id, currency, effective_on, posted_at, description)"
        " VALUES (:id, :batch, 'receipt', :id, 'INR', '2026-10-14', now(), '')",
        id=uuid7(),
        batch=nobodys,
    )

    assert (await books.verify()).first_broken_batch_id == nobodys


async def test_a_running_balance_that_was_changed_shows_against_the_journal(books: PaymentsBooks) -> None:
    await three_batches(books)

    await books.write(
        "UPDATE account_balances SET balance_minor = balance_minor + 1 WHERE account_code LIKE '1100-%'"
    )

    assert len(await books.differing_balances()) == 1


async def test_more_batches_than_one_read_fetches_are_all_verified(
    books: PaymentsBooks, superuser: Database
) -> None:
    for _ in range(55):
        await books.book(receipt(on_account_minor=100))

    assert (await books.verify()).batches == 55
    *_, last = await books.rows("SELECT id FROM audit_batches ORDER BY position")
    await tamper(superuser, "UPDATE audit_batches SET actor = 'x' WHERE id = :id", id=last.id)
    assert (await books.verify()).first_broken_batch_id == last.id
