"""The same month in six formats is booked once: what a line is does not depend on the file that brings it."""

from collections.abc import Callable
from functools import partial

import pytest

from tests.conformance.statement_generator import invented_statement
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import (
    Entry,
    bai2_file,
    camt_file,
    csv_file,
    mt940_file,
    ofx_file,
    xlsx_file,
)

WRITERS: dict[str, Callable[..., bytes]] = {
    "csv": csv_file,
    "camt": camt_file,
    "mt940": mt940_file,
    "bai2": bai2_file,
    "ofx": ofx_file,
    "ofx as xml": partial(ofx_file, is_xml=True),
    "xlsx": xlsx_file,
    "xlsx, newest first": partial(xlsx_file, newest_first=True),
}
LAYOUTS = ("hdfc", "icici", "sbi", "axis", "bob", "kotak")


def month(layout: str) -> list[Entry]:
    """Invented credits of a bank's wording, a few of them cut; two that are equal in all, and money out."""
    statement = invented_statement(
        seed=7, layout=layout, pattern="ENG/26-27/00412", mixture="hard", line_count=90
    )
    entries = [
        Entry(line.amount_minor, line.narration, line.bank_reference, line.booked_on)
        for line in statement.lines
    ]
    day = entries[-1].booked_on
    return [
        *entries,
        *[Entry(50_000, "CASH DEPOSIT BRANCH 0042", booked_on=day)] * 2,
        Entry(-590, "CHARGES", booked_on=day),
    ]


@pytest.mark.parametrize("first", WRITERS)
@pytest.mark.parametrize("layout", LAYOUTS[:2])
async def test_a_month_told_first_in_any_format_is_known_in_all_others(
    books: PaymentsBooks, first: str, layout: str
) -> None:
    entries = month(layout)
    told = await books.import_file(WRITERS[first](*entries))
    assert await books.outcomes(told) == ["new"] * len(entries)

    for name, write in WRITERS.items():
        if name != first:
            again = await books.import_file(write(*entries, opening_minor=77_700))
            assert (name, set(await books.outcomes(again))) == (name, {"duplicate"})

    assert await books.value("SELECT count(*) FROM bank_lines") == len(entries)
    assert await books.value("SELECT sum(amount_minor) FROM bank_lines") == sum(
        e.amount_minor for e in entries
    )


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_every_banks_wording_is_one_entry_in_every_format(books: PaymentsBooks, layout: str) -> None:
    entries = month(layout)

    for number, write in enumerate(WRITERS.values()):
        await books.import_file(write(*entries, opening_minor=1_000 + number))

    assert await books.value("SELECT count(*) FROM bank_lines") == len(entries)
