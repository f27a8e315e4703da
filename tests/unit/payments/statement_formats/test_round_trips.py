"""What a bank writes is what we read, in every format; and damage ends in a refusal, never in a fault."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from io import BytesIO, StringIO
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from services.payments.adapters.statement_formats import StatementFormat, detect_format, read_statement
from services.payments.domain.bank_statement import StatementLine
from shared.errors import Refusal
from shared.money import text_from_minor
from tests.factories.statement_files import Entry, bai2_file, ofx_file
from tests.unit.payments.statement_formats.factories import (
    HEADINGS,
    Statement,
    bai2_statement,
    camt_balance,
    camt_entry,
    camt_file,
    camt_statement,
    delimited_statement,
    mt940_message,
    mt940_statement,
    ofx_statement,
)

OPENING_MINOR = 1_000_000
FIRST_DAY = date(2026, 4, 1)
SWIFT_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcxyz0123456789/-.(),+ "


@dataclass(frozen=True, slots=True)
class Movement:
    booked_on: date
    amount_minor: int
    narration: str


def narrations(alphabet: str | None = None) -> st.SearchStrategy[str]:
    characters = (
        st.sampled_from(alphabet)
        if alphabet
        else st.characters(codec="utf-8", exclude_categories=("C", "Z"), include_characters=" ")
    )
    return st.text(characters, max_size=200).map(str.strip)


def movements(narration: st.SearchStrategy[str]) -> st.SearchStrategy[list[Movement]]:
    amounts = st.integers(-(10**12), 10**12).filter(bool)
    return st.lists(st.tuples(amounts, narration), max_size=12).map(
        lambda pairs: [
            Movement(FIRST_DAY + timedelta(days=index), amount, text)
            for index, (amount, text) in enumerate(pairs)
        ]
    )


def as_camt(moved: Sequence[Movement]) -> str:
    entries = [
        camt_entry(
            text_from_minor(abs(each.amount_minor), "INR"),
            mark="CRDT" if each.amount_minor > 0 else "DBIT",
            dates=f"<BookgDt><Dt>{each.booked_on}</Dt></BookgDt>",
            details=[f"<RmtInf><Ustrd>{escape(each.narration)}</Ustrd></RmtInf>"],
        )
        for each in moved
    ]
    return camt_file(
        *entries, balances=signed_balance("OPBD", 0, moved) + signed_balance("CLBD", len(moved), moved)
    )


def signed_balance(kind: str, count: int, moved: Sequence[Movement]) -> str:
    balance = balance_after(count, moved)
    mark = "CRDT" if balance >= 0 else "DBIT"
    return camt_balance(kind, text_from_minor(abs(balance), "INR"), mark=mark)


def balance_after(count: int, moved: Sequence[Movement]) -> int:
    return OPENING_MINOR + sum(each.amount_minor for each in moved[:count])


def as_mt940(moved: Sequence[Movement]) -> str:
    fields = list[str]()
    for each in moved:
        mark = "C" if each.amount_minor > 0 else "D"
        fields.append(f":61:{each.booked_on:%y%m%d}{mark}{comma_decimal(each.amount_minor)}NTRFNONREF")
        pieces = [each.narration[start : start + 65] for start in range(0, len(each.narration), 65)]
        fields += [":86:" + pieces[0], *pieces[1:]] if pieces else []
    opening, closing = (
        f"{'C' if balance >= 0 else 'D'}260401INR{comma_decimal(balance)}"
        for balance in (OPENING_MINOR, balance_after(len(moved), moved))
    )
    return mt940_message(*fields, opening=opening, closing=closing)


def comma_decimal(amount_minor: int) -> str:
    return text_from_minor(abs(amount_minor), "INR").replace(".", ",")


def as_delimited(moved: Sequence[Movement], *, newest_first: bool = False) -> str:
    rows = []
    for count, each in enumerate(moved, start=1):
        amount = text_from_minor(abs(each.amount_minor), "INR")
        columns = ("", amount) if each.amount_minor > 0 else (amount, "")
        balance = text_from_minor(balance_after(count, moved), "INR")
        rows.append([f"{each.booked_on:%d/%m/%Y}", each.narration, "", "", *columns, balance])
    file = StringIO()
    csv.writer(file).writerows([HEADINGS.split(","), *(reversed(rows) if newest_first else rows)])
    return file.getvalue()


def as_bai2(moved: Sequence[Movement]) -> str:
    return bai2_file(*as_entries(moved), opening_minor=OPENING_MINOR).decode()


def as_ofx(moved: Sequence[Movement]) -> str:
    return ofx_file(*as_entries(moved), opening_minor=OPENING_MINOR).decode()


def as_ofx_xml(moved: Sequence[Movement]) -> str:
    return ofx_file(*as_entries(moved), opening_minor=OPENING_MINOR, is_xml=True).decode()


def as_entries(moved: Sequence[Movement]) -> list[Entry]:
    return [Entry(each.amount_minor, each.narration, booked_on=each.booked_on) for each in moved]


def assert_same(statement: Statement, moved: Sequence[Movement]) -> None:
    assert not statement.rejected
    assert [Movement(line.booked_on, line.amount_minor, line.narration) for line in statement.lines] == list(
        moved
    )


@given(movements(narrations()))
def test_camt_gives_back_what_was_written(moved: list[Movement]) -> None:
    statement = camt_statement(as_camt(moved))

    assert_same(statement, moved)
    assert statement.balance_differences == [0]


@given(movements(narrations(SWIFT_CHARACTERS)))
def test_mt940_gives_back_what_was_written(moved: list[Movement]) -> None:
    for each in moved:
        pieces = [each.narration[start : start + 65].strip() for start in range(0, len(each.narration), 65)]
        # The format itself forbids a line of a single hyphen; a blank line is no line.
        assume("-" not in pieces and all(pieces) and not each.narration.startswith("/"))

    statement = mt940_statement(as_mt940(moved))

    assert_same(statement, moved)
    assert statement.balance_differences == [0]


@given(movements(narrations().filter(lambda text: not text.startswith(("'", '="')))), st.booleans())
def test_delimited_gives_back_what_was_written_in_either_order(
    moved: list[Movement],
    newest_first: bool,
) -> None:
    statement = delimited_statement(as_delimited(moved, newest_first=newest_first))

    assert_same(statement, moved)
    numbers = [line.line_number for line in statement.lines]
    assert numbers == sorted(numbers, reverse=newest_first)
    assert not moved or statement.balance_differences == [0]
    assert statement.closed[0].balance_breaks == ()


def with_single_blanks(moved: Sequence[Movement]) -> list[Movement]:
    return [replace(each, narration=" ".join(each.narration.split())) for each in moved]


@given(movements(narrations(SWIFT_CHARACTERS)))
def test_bai2_gives_back_what_was_written(moved: list[Movement]) -> None:
    # Records are padded with blanks, so those at a line's end mean nothing; a slash there ends the record.
    cut = [line[:80] for line in as_bai2(moved).split("\r\n") if line[:3] in ("16,", "88,")]
    assume(all(line == line.strip() and not line.endswith("/") and line[3:4] != " " for line in cut))

    statement = bai2_statement(as_bai2(moved))

    assert_same(statement, with_single_blanks(moved))
    assert [part.is_complete for part in statement.closed] == [True] * len(statement.closed)
    assert set(statement.balance_differences) == {0}


@given(movements(narrations().filter(lambda text: text.find("&") < 0)), st.booleans())
def test_ofx_gives_back_what_was_written(moved: list[Movement], is_xml: bool) -> None:
    # NAME ends after 32 characters, and blanks around its end are not kept by the format.
    assume(all(each.narration[31:33] == each.narration[31:33].strip() for each in moved))
    assume(all(not each.narration[32:] or not is_part(each.narration) for each in moved))

    statement = ofx_statement(as_ofx_xml(moved) if is_xml else as_ofx(moved))

    assert_same(statement, moved)
    closing = statement.closed[0].closing
    assert closing is not None
    assert closing.amount_minor == balance_after(len(moved), moved)


def is_part(narration: str) -> bool:
    name, memo = narration[:32], narration[32:]
    return memo.startswith(name) or name.startswith(memo)


SAMPLE = [
    Movement(FIRST_DAY, 123456, "NEFT CR-ALPHA"),
    Movement(FIRST_DAY + timedelta(days=1), -5000, "CHQ RETURN"),
]


@pytest.mark.parametrize(
    ("render", "statement_format"),
    [
        (as_camt, StatementFormat.CAMT053),
        (as_mt940, StatementFormat.MT940),
        (as_delimited, StatementFormat.DELIMITED),
        (as_bai2, StatementFormat.BAI2),
        (as_ofx, StatementFormat.OFX),
        (as_ofx_xml, StatementFormat.OFX),
    ],
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_file_ends_in_a_refusal_or_in_numbered_lines(
    render: Callable[[Sequence[Movement]], str], statement_format: StatementFormat, data: st.DataObject
) -> None:
    whole = render(SAMPLE).encode()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 40)))
    damaged = whole[:start] + data.draw(st.binary(max_size=8)) + whole[end:]

    numbers = list[int]()
    try:
        for event in read_statement(BytesIO(damaged), statement_format, default_currency="INR"):
            number = getattr(event, "line_number", None)
            numbers += [] if number is None else [number]
    except Refusal:
        pass

    assert sorted(numbers) == list(range(1, len(numbers) + 1))


@given(st.binary(max_size=300))
def test_any_bytes_are_recognised_or_refused(head: bytes) -> None:
    try:
        found = detect_format(head)
    except Refusal:
        return

    assert isinstance(found, StatementFormat)


def test_every_rendering_gives_the_same_lines() -> None:
    def seen(statement: Statement) -> list[tuple[int, date, int, str]]:
        def facts(line: StatementLine) -> tuple[int, date, int, str]:
            return (line.line_number, line.booked_on, line.amount_minor, line.narration)

        return [facts(line) for line in statement.lines]

    camt, mt940, delimited = as_camt(SAMPLE), as_mt940(SAMPLE), as_delimited(SAMPLE)

    assert seen(camt_statement(camt)) == seen(mt940_statement(mt940)) == seen(delimited_statement(delimited))
    assert seen(camt_statement(camt)) == seen(bai2_statement(as_bai2(SAMPLE)))
    assert (
        seen(ofx_statement(as_ofx(SAMPLE)))
        == seen(ofx_statement(as_ofx_xml(SAMPLE)))
        == seen(camt_statement(camt))
    )
