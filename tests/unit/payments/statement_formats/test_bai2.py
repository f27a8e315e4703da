"""BAI2: continuations, type codes, funds types, control totals and group statuses."""

from collections.abc import Sequence
from datetime import date

import pytest

from services.payments.domain.bank_statement import Balance, PartOpened
from services.payments.domain.errors import StatementUnreadable
from tests.unit.payments.statement_formats.factories import Statement, bai2_statement

ENTRY = "16,195,11800,Z,BANKREF1,UTR1,RTGS CR-ALPHA"


def bai2_file(
    *body: str,
    group: str = "02,US,BANK,1,260501,,INR,2/",
    account: str = "03,50100099,,010,+1000,,,015,12800,,/",
    length: str = "",
    trailers: Sequence[str] | None = None,
) -> str:
    """Trailers state nothing unless given, so that each test can leave the arithmetic alone."""
    ends = ("49,,/", "98,,,/", "99,,,/") if trailers is None else trailers
    return "\n".join((f"01,BANK,US,260501,0830,1,{length},,2/", group, account, *body, *ends)) + "\n"


def read(*body: str, **parts: str) -> Statement:
    return bai2_statement(bai2_file(*body, **parts))  # type: ignore[arg-type]


def test_entry_is_read_with_its_day_amount_references_and_text() -> None:
    line = read(ENTRY).line

    assert (line.booked_on, line.value_on) == (date(2026, 5, 1), date(2026, 5, 1))
    assert (line.amount_minor, line.currency, line.kind_code) == (11800, "INR", "195")
    assert (line.bank_reference, line.customer_reference) == ("BANKREF1", "UTR1")
    assert (line.narration, line.is_final, line.raw) == ("RTGS CR-ALPHA", True, ENTRY)


def test_account_tells_its_number_currency_and_ledger_balances() -> None:
    statement = read(ENTRY)

    assert statement.opened == [PartOpened(1, "50100099", "INR", "BANK 260501", "", is_final=True)]
    assert statement.closed[0].opening == Balance(1000, "INR", date(2026, 5, 1))
    assert statement.balance_differences == [0]


@pytest.mark.parametrize(
    ("kind", "amount_minor"),
    [
        ("108", 500), ("115", 500), ("142", 500), ("165", 500), ("175", 500), ("195", 500), ("206", 500),
        ("399", 500), ("409", -500), ("475", -500), ("495", -500), ("555", -500), ("698", -500),
        ("925", 500), ("965", -500),
    ],
)  # fmt: skip
def test_type_code_gives_the_direction(kind: str, amount_minor: int) -> None:
    assert read(f"16,{kind},500,,,,TEXT").line.amount_minor == amount_minor


@pytest.mark.parametrize("kind", ["010", "100", "400", "721", "9X1", "12", ""])
def test_code_without_a_direction_is_rejected(kind: str) -> None:
    rejected = read(f"16,{kind},500,,,,TEXT").rejection

    assert (rejected.code, rejected.line_number) == ("direction_unknown", 1)
    assert "file line 4" in rejected.detail


@pytest.mark.parametrize(("amount", "code"), [("5.00", "invalid_amount"), ("", "invalid_amount"), ("5x", "invalid_amount"),
    ("-500", "direction_unknown"), ("9" * 17, "invalid_amount")])  # fmt: skip
def test_amount_that_is_no_count_of_minor_units_is_rejected(amount: str, code: str) -> None:
    assert read(f"16,195,{amount},,,,TEXT").rejection.code == code


def test_currency_without_decimals_counts_whole_units() -> None:
    assert read("16,195,500,,,,TEXT", account="03,50100099,JPY,/").line.amount_minor == 500


@pytest.mark.parametrize(
    ("funds", "value_on", "note"),
    [
        ("", date(2026, 5, 1), ""),
        ("0", date(2026, 5, 1), ""),
        ("Z", date(2026, 5, 1), ""),
        ("1", date(2026, 5, 1), "can be used one day later"),
        ("2", date(2026, 5, 1), "can be used two days later"),
        ("V,260503,1200", date(2026, 5, 3), ""),
        ("V,20260503,", date(2026, 5, 3), ""),
        ("V,,", date(2026, 5, 1), ""),
        (
            "S,200,200,100",
            date(2026, 5, 1),
            "can be used at once, after one day, later: 200, 200, 100 minor units",
        ),
        ("D,2,0,300,3,200", date(2026, 5, 1), "can be used after 0 days 300, 3 days 200 minor units"),
        ("D,0", date(2026, 5, 1), ""),
    ],
)
def test_funds_type_is_read_before_the_references(funds: str, value_on: date, note: str) -> None:
    line = read(f"16,195,500,{funds},BANK,CUST,TEXT").line

    assert (line.value_on, line.notes) == (value_on, (note,) if note else ())
    assert (line.bank_reference, line.customer_reference, line.narration) == ("BANK", "CUST", "TEXT")


@pytest.mark.parametrize(
    ("funds", "code"),
    [
        ("X", "invalid_funds_type"),
        ("D,x", "invalid_funds_type"),
        ("D,9999", "invalid_funds_type"),
        ("V,260231,", "invalid_date"),
    ],
)
def test_funds_type_that_cannot_be_read_is_rejected(funds: str, code: str) -> None:
    assert read(f"16,195,500,{funds},BANK,CUST,TEXT").rejection.code == code


@pytest.mark.parametrize(
    ("text", "narration"),
    [
        ("NEFT/UTIBR72026050100131060/ALPHA, LTD/", "NEFT/UTIBR72026050100131060/ALPHA, LTD"),
        ("A,B,C", "A,B,C"),
        ("A//", "A/"),
        ("   PADDED     TEXT    /", "PADDED TEXT"),
        ("/", ""),
        ("", ""),
    ],
)
def test_text_runs_to_the_line_end_with_its_commas_and_slashes(text: str, narration: str) -> None:
    assert read(f"16,195,500,Z,,,{text}").line.narration == narration


def test_continuation_may_begin_at_any_field_and_go_on_with_the_text() -> None:
    line = read(
        "16,115,10000,S,5000,4000,1000/", "88,AX13612,B096132,ALPHA LOCKBOX", "88,DEPOSIT, MISC/"
    ).line

    assert (line.bank_reference, line.customer_reference) == ("AX13612", "B096132")
    assert line.narration == "ALPHA LOCKBOX DEPOSIT, MISC"


def test_text_cut_at_the_record_length_continues_without_a_blank() -> None:
    first = "16,195,500,Z,,,NEFT CR-SBINN520"
    line = read(first, "88,26050111431836-ALPHA", "88,MORE", length=str(len(first))).line

    assert line.narration == "NEFT CR-SBINN52026050111431836-ALPHA MORE"


def test_summary_may_be_continued_between_a_type_code_and_its_amount() -> None:
    statement = read("88,1000,,,015/", "88,12800,2,V,260501,,100,11800,1,/", account="03,50100099,,010/")

    assert [part.opening.amount_minor for part in statement.closed if part.opening] == [1000]
    assert [part.closing.amount_minor for part in statement.closed if part.closing] == [12800]


def test_accounts_and_groups_are_parts_with_the_day_and_currency_of_their_group() -> None:
    content = (
        "01,BANK,US,260501,0830,1,,,2/\n02,US,BANK,1,260501,,USD,2/\n03,11,,/\n16,195,1,,,,A\n49,,/\n03,22,INR,/\n"
        "16,195,2,,,,B\n49,,/\n98,,,/\n02,US,BANK,1,260502,,,2/\n03,11,,/\n16,195,3,,,,C\n49,,/\n98,,,/\n99,,,/\n"
    )

    statement = bai2_statement(content)

    assert [(part.account_number, part.currency) for part in statement.opened] == [
        ("11", "USD"), ("22", "INR"), ("11", "INR"),
    ]  # fmt: skip
    assert [(line.part_number, line.booked_on.day, line.narration) for line in statement.lines] == [
        (1, 1, "A"), (2, 1, "B"), (3, 2, "C"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "modifier", "is_final", "codes"),
    [
        ("1", "2", True, []),
        ("1", "4", True, []),
        ("1", "", True, []),
        ("1", "1", False, []),
        ("1", "3", False, []),
        ("2", "2", False, ["statement_corrected"]),
        ("3", "2", False, ["statement_corrected"]),
        ("4", "2", False, []),
        ("", "2", False, []),
    ],
)
def test_only_a_final_update_is_final(status: str, modifier: str, is_final: bool, codes: list[str]) -> None:
    statement = read(ENTRY, group=f"02,US,BANK,{status},260501,,INR,{modifier}/")

    assert (statement.opened[0].is_final, statement.line.is_final) == (is_final, is_final)
    assert [finding.code for finding in statement.closed[0].findings] == codes


RIGHT = ("49,25600,3/", "98,25600,1,5/", "99,25600,1,7/")


def test_control_totals_that_agree_prove_the_part() -> None:
    statement = bai2_statement(bai2_file(ENTRY, trailers=RIGHT))

    assert [(part.is_complete, part.findings) for part in statement.closed] == [(True, ())]


@pytest.mark.parametrize(
    ("trailers", "wording"),
    [
        (("49,25601,3/", "98,25601,1,5/", "99,25601,1,7/"), "the account has another control total in minor units"),
        (("49,25600,4/", *RIGHT[1:]), "the account has another number of records: 4 stated, 3 read"),
        (("49,x,3/", *RIGHT[1:]), "the account has another control total"),
        ((RIGHT[0], "98,1,1,5/", "99,1,1,7/"), "the group has another control total"),
        ((RIGHT[0], "98,25600,2,5/", RIGHT[2]), "the group has another number of members"),
        ((*RIGHT[:2], "99,25600,1,8/"), "the file has another number of records"),
        ((*RIGHT[:2], "99,25600,3,7/"), "the file has another number of members"),
    ],
)  # fmt: skip
def test_control_total_that_differs_says_where_and_loses_no_line(trailers: list[str], wording: str) -> None:
    statement = bai2_statement(bai2_file(ENTRY, trailers=trailers))

    assert statement.line.amount_minor == 11800
    assert statement.closed[0].is_complete is False
    (finding,) = statement.closed[0].findings
    assert finding.code == "control_total_mismatch"
    assert wording in finding.detail


def test_text_of_the_bank_without_an_amount_is_information() -> None:
    line = read("16,890,,,,,PLEASE CALL").line

    assert (line.amount_minor, line.is_final, line.narration) == (0, False, "PLEASE CALL")


@pytest.mark.parametrize("kind", ["252", "257", "552", "558"])
def test_reversal_codes_are_marked(kind: str) -> None:
    assert read(f"16,{kind},500,,,,TEXT").line.is_reversal


def test_files_may_follow_each_other() -> None:
    assert len(bai2_statement(bai2_file(ENTRY) + bai2_file(ENTRY)).lines) == 2


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("02,US,BANK,1,260501,,INR,2/\n", "line 1: expected a file header 01"),
        ("01,BANK,US,260501,0830,1,,,2/\n03,1,,/\n", "line 2: expected a group header 02"),
        ("01,BANK,US,260501,0830,1,,,2/\n02,US,BANK,1,,,INR,2/\n", "line 2: expected an as-of date"),
        ("01,BANK,US,260501,0830,1,,,2/\n02,US,BANK,1,260501,,RUPEE,2/\n", "line 2: expected a currency code"),
        ("01,BANK,US,260501,0830,1,,,2/\nhello\n", "line 2: expected a record code"),
        ("88,A/\n", "line 1: expected a record 01 before"),
        (bai2_file(account="03,1,,010,12.50,,/"), "line 3: expected type codes with amounts"),
        (bai2_file(ENTRY, trailers=()), "line 4: expected a file trailer 99 before the end"),
        (bai2_file(ENTRY, trailers=("49,,/", "99,,,/")), "line 6: expected the group trailer 98"),
        (bai2_file(ENTRY, trailers=("98,,,/",)), "line 5: expected the trailer 49"),
        (bai2_file("49,,/", ENTRY), "line 5: expected an account record 03 before the entry"),
        (bai2_file(trailers=("49,,/", "49,,/")), "line 5: expected an account record 03 before its trailer"),
        ("01,BANK,US,260501,0830,1,,,2/\n02,US,BANK,1,260501,,INR,2/\n98,5,0,2/\n", "line 3: expected totals that agree"),
        (bai2_file(ENTRY, *["88,X"] * 1_001), "line 1005: expected at most 1000 continuations"),
    ],
)  # fmt: skip
def test_broken_structure_is_refused_with_its_place(content: str, place: str) -> None:
    with pytest.raises(StatementUnreadable, match=place):
        bai2_statement(content)
