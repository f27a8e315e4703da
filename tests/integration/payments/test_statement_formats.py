"""What a format's own way of writing means for the import: accounts, control totals, balances, what is not final."""

from dataclasses import replace
from datetime import timedelta

import pytest
from uuid_utils.compat import uuid7

from tests.factories.payments import ACCOUNT_NUMBER, RECEIVED_ON, invoice
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import (
    OPENING_MINOR,
    Entry,
    bai2_file,
    camt_file,
    mt940_file,
    ofx_file,
    xlsx_file,
)

UTR = "SBINR52026101400012345"
PAID = Entry(118_000, f"RTGS CR-{UTR}-SHREE GANESH ELECTRICALS-INV/26-27/004000", UTR)
CHARGES = Entry(-590, "NEFT CHARGES INCL GST")
INTEREST = Entry(700, "INT.PD:01-07-2026 TO 30-09-2026", booked_on=RECEIVED_ON + timedelta(days=1))
OTHER_NUMBER = "50200099998888"


async def proofs(books: PaymentsBooks) -> list[str]:
    rows = await books.rows("SELECT proof FROM statement_parts ORDER BY statement_id, part_number")
    return [row.proof for row in rows]


async def test_a_certain_line_of_bai2_is_booked_and_its_control_totals_prove_it(books: PaymentsBooks) -> None:
    owed = invoice("INV/26-27/004000")
    await books.register(owed)

    statement_id = await books.import_file(bai2_file(PAID, CHARGES, INTEREST))

    assert await books.outcomes(statement_id) == ["new"] * 3
    assert await books.open_minor(owed.id) == 0
    assert await proofs(books) == ["proved", "proved"]


async def test_control_totals_that_differ_wait_for_a_person_and_the_lines_are_kept(
    books: PaymentsBooks,
) -> None:
    statement_id = await books.import_file(bai2_file(CHARGES, control_error_minor=100))

    assert await books.outcomes(statement_id) == ["new"]
    assert await proofs(books) == ["mismatch"]
    assert await books.exceptions() == ["control_total_mismatch"]


@pytest.mark.parametrize(
    ("status", "codes"), [("2", ["statement_corrected"]), ("3", ["statement_corrected"]), ("4", [])]
)
async def test_a_group_of_bai2_that_is_no_update_is_information(
    books: PaymentsBooks, status: str, codes: list[str]
) -> None:
    await books.register(invoice("INV/26-27/004000"))

    statement_id = await books.import_file(bai2_file(PAID, status=status))

    assert await books.outcomes(statement_id) == ["information"]
    assert await books.value("SELECT count(*) FROM receipts") == 0
    assert await books.exceptions() == codes


@pytest.mark.parametrize("write", [bai2_file, ofx_file])
async def test_lines_of_an_account_the_file_was_not_sent_for_are_information(
    books: PaymentsBooks, write
) -> None:  # type: ignore[no-untyped-def]
    await books.register(invoice("INV/26-27/004000"))

    statement_id = await books.import_file(write(PAID, account_number=OTHER_NUMBER))

    assert await books.outcomes(statement_id) == ["information"]
    assert await books.exceptions() == ["account_differs"]


async def test_a_part_of_another_registered_account_is_booked_when_the_file_is_sent_for_that_one(
    books: PaymentsBooks,
) -> None:
    other = uuid7()
    await books.add_bank_account(other, OTHER_NUMBER)
    content = camt_file(CHARGES, account_number=OTHER_NUMBER)

    here = await books.import_file(content)
    there = await books.import_file(content, account_id=other)

    assert await books.outcomes(here) == ["information"]
    assert await books.outcomes(there) == ["new"]
    assert await books.exceptions() == ["account_differs"]


async def test_a_closing_balance_alone_proves_nothing_on_its_own(books: PaymentsBooks) -> None:
    await books.import_file(ofx_file(CHARGES))

    assert await proofs(books) == ["not_stated"]
    assert await books.exceptions() == []


async def test_a_ledger_balance_is_proved_by_the_closing_balance_before_and_what_came_since(
    books: PaymentsBooks,
) -> None:
    await books.import_file(camt_file(PAID, CHARGES))

    statement_id = await books.import_file(
        ofx_file(CHARGES, INTEREST, opening_minor=OPENING_MINOR + PAID.amount_minor)
    )

    assert await books.outcomes(statement_id) == ["duplicate", "new"]
    assert await proofs(books) == ["proved", "proved"]


async def test_a_ledger_balance_that_does_not_follow_waits_for_a_person(books: PaymentsBooks) -> None:
    await books.import_file(camt_file(CHARGES))

    await books.import_file(ofx_file(INTEREST, closing_minor=OPENING_MINOR))

    assert await proofs(books) == ["proved", "mismatch"]
    assert "balance_mismatch" in await books.exceptions()


async def test_a_fitid_used_again_is_no_duplicate(books: PaymentsBooks) -> None:
    await books.import_file(ofx_file(CHARGES))

    statement_id = await books.import_file(ofx_file(replace(CHARGES, amount_minor=-1_180)))

    assert await books.outcomes(statement_id) == ["new"]


def camt_052() -> bytes:
    return (
        camt_file(PAID)
        .replace(b"camt.053.001.02", b"camt.052.001.02")
        .replace(b"BkToCstmrStmt", b"BkToCstmrAcctRpt")
        .replace(b"Stmt>", b"Rpt>")
    )


def camt_054() -> bytes:
    return (
        camt_file(PAID)
        .replace(b"camt.053.001.02", b"camt.054.001.02")
        .replace(b"BkToCstmrStmt", b"BkToCstmrDbtCdtNtfctn")
        .replace(b"Stmt>", b"Ntfctn>")
    )


def mt_942() -> bytes:
    entry = mt940_file(PAID).split(b":60F:")[1].split(b"\r\n", 1)[1].split(b":62F:")[0]
    head = f":20:R\r\n:25:{ACCOUNT_NUMBER}\r\n:28C:1/1\r\n:34F:INR0,\r\n:13D:2610141015+0530\r\n"
    return head.encode() + entry + b"-\r\n"


@pytest.mark.parametrize("write", [camt_052, camt_054, mt_942])
async def test_what_the_bank_tells_before_the_day_is_closed_is_booked_only_by_the_statement_after_it(
    books: PaymentsBooks,
    write,  # type: ignore[no-untyped-def]
) -> None:
    owed = invoice("INV/26-27/004000")
    await books.register(owed)

    early = await books.import_file(write())

    assert await books.outcomes(early) == ["information"]
    assert await books.value("SELECT count(*) FROM bank_lines") == 0
    assert await books.value("SELECT count(*) FROM receipts") == 0
    final = await books.import_file(camt_file(PAID))
    assert await books.outcomes(final) == ["new"]
    assert await books.open_minor(owed.id) == 0


@pytest.mark.parametrize("lines_per_chunk", [1, 2, 100])
async def test_a_file_that_runs_newest_first_is_imported_whole(
    books: PaymentsBooks, lines_per_chunk: int
) -> None:
    owed = invoice("INV/26-27/004000")
    await books.register(owed)

    statement_id = await books.import_file(
        xlsx_file(PAID, CHARGES, INTEREST, newest_first=True), lines_per_chunk=lines_per_chunk
    )

    assert await books.outcomes(statement_id) == ["new"] * 3
    assert await books.open_minor(owed.id) == 0
    assert await proofs(books) == ["proved"]


def statement_number(number: int, *entries: Entry, opening_minor: int = OPENING_MINOR) -> bytes:
    return mt940_file(*entries, opening_minor=opening_minor).replace(b":28C:1/1", f":28C:{number}/1".encode())


async def test_a_statement_whose_number_leaves_one_out_waits_for_a_person(books: PaymentsBooks) -> None:
    await books.import_file(statement_number(5, CHARGES))

    await books.import_file(statement_number(7, replace(CHARGES, narration="CHARGES OF FRIDAY")))

    assert await books.exceptions() == ["statement_gap"]
    assert "number 6 never came" in await books.value("SELECT detail FROM payment_exceptions")


@pytest.mark.parametrize("numbers", [(5, 6), (5, 5), (7, 5), (1, 2, 3), (365, 1)])
async def test_numbers_that_follow_repeat_or_start_anew_say_nothing(
    books: PaymentsBooks, numbers: tuple[int, ...]
) -> None:
    for place, number in enumerate(numbers):
        await books.import_file(statement_number(number, replace(CHARGES, narration=f"CHARGES {place}")))

    assert await books.exceptions() == []


async def test_a_part_that_opens_with_another_balance_than_the_one_before_closed_with_waits(
    books: PaymentsBooks,
) -> None:
    first = mt940_file(CHARGES)
    follows = mt940_file(CHARGES, opening_minor=OPENING_MINOR - 590)

    await books.import_file(first + follows)
    assert await books.exceptions() == []
    await books.import_file(first + mt940_file(CHARGES, opening_minor=OPENING_MINOR))

    assert await books.exceptions() == ["statement_gap"]


async def test_a_statement_labelled_with_another_currency_than_the_accounts_is_never_booked(
    books: PaymentsBooks,
) -> None:
    owed = invoice("INV/26-27/004000")
    await books.register(owed)

    await books.import_file(mt940_file(PAID).replace(b"INR", b"EUR"))

    assert await books.value("SELECT count(*) FROM receipts") == 0
    assert await books.open_minor(owed.id) == owed.total_minor
