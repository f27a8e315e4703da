"""Delimited statements as Indian banks export them."""

from datetime import UTC, date, datetime

import pytest

from services.payments.domain.bank_statement import Balance, PartClosed, PartOpened
from services.payments.domain.errors import StatementUnreadable
from tests.unit.payments.statement_formats.factories import HEADINGS, delimited_file, delimited_statement

DEPOSIT = '01/05/26,NEFT CR-ALPHA,UTR1,02/05/26,,"4,12,037.16","14,12,037.16"'
WITHDRAWAL = '04/05/26,CHQ RETURN,004211,04/05/26,"75,000.00",,"13,37,037.16"'


def test_row_is_read_with_dates_amount_reference_and_running_balance() -> None:
    line = delimited_statement(delimited_file(DEPOSIT)).line

    assert (line.booked_on, line.value_on) == (date(2026, 5, 1), date(2026, 5, 2))
    assert (line.amount_minor, line.currency, line.running_balance_minor) == (41203716, "INR", 141203716)
    assert (line.narration, line.bank_reference) == ("NEFT CR-ALPHA", "UTR1")
    assert line.raw == DEPOSIT


def test_column_that_is_filled_gives_the_direction() -> None:
    lines = delimited_statement(delimited_file(DEPOSIT, WITHDRAWAL)).lines

    assert [line.amount_minor for line in lines] == [41203716, -7500000]


def test_words_of_the_narration_do_not_give_the_direction() -> None:
    line = delimited_statement(delimited_file("01/05/26,DR CHARGES DEBIT,,,,5.00,5.00")).line

    assert line.amount_minor == 500


LAYOUTS = {
    "HDFC": (HEADINGS, "01/05/26,PAID,REF,01/05/26,,100.00,600.00"),
    "ICICI": (
        (
            "S No.,Value Date,Transaction Date,Cheque Number,Transaction Remarks,Withdrawal Amount (INR ),"
            "Deposit Amount (INR ),Balance (INR )"
        ),
        "1,01/05/2026,01/05/2026,REF,PAID,0.00,100.00,600.00",
    ),
    "ICICI corporate": (
        (
            "No.,Transaction ID,Value Date,Txn Posted Date,ChequeNo.,Description,Cr/Dr,"
            "Transaction Amount(INR),Available Balance(INR)"
        ),
        '1,S1,01/05/2026,01/05/2026 07:51:08 AM,REF,PAID,CR,100.00,"600.00"',
    ),
    "SBI": (
        "Txn Date,Value Date,Description,Ref No./Cheque No.,Branch Code,Debit,Credit,Balance",
        "1 May 2026,1 May 2026,PAID,REF,00691, ,100.00,600.00",
    ),
    "Axis": (
        "Tran Date,Chq No,Particulars,Debit,Credit,Balance,Init.Br",
        "01-05-2026,REF,PAID,,100.00,600.00,084",
    ),
    "Axis one amount": (
        (
            "S.No,Transaction Date (dd/mm/yyyy),Value Date (dd/mm/yyyy),Particulars,Amount(INR),Debit/Credit,"
            "Balance(INR),Cheque Number,Branch Name(SOL)"
        ),
        "1,01/05/2026,01/05/2026,PAID,100.00,CR,600.00,REF,PUNE",
    ),
    "Kotak one column": (
        "Date,Narration,Chq/Ref No,Withdrawal (Dr)/Deposit (Cr),Balance",
        "01-05-2026,PAID,REF,100.00(Cr),600.00(Cr)",
    ),
    "Kotak marks": (
        "Sl. No.,Date,Description,Chq / Ref number,Amount,Dr / Cr,Balance,Dr / Cr",
        '1,01/05/2026,PAID,REF,100.00,CR,"600.00",CR',
    ),
    "Bank of Baroda": (
        "Serial No,Transaction Date,Value Date,Description,Cheque Number,Debit,Credit,Balance",
        '1,01-05-2026,01-05-2026,PAID,REF,-,100.00,"600.00 Cr"',
    ),
    "Canara": (
        "Txn Date,Value Date,Cheque No.,Description,Branch Code,Debit,Credit,Balance",
        '="01-05-2026 10:12:13",01 May 2026,="REF",PAID,33,,100.00,600.00',
    ),
    "IOB": ("DATE,CHQ NO,NARATION,COD,DEBIT,CREDIT,BALANCE", "01-May-26,REF,PAID,CD,,100.00,600.00Cr"),
    "Yes": (
        "Transaction Date,Value Date,Cheque No/Reference No,Description,Withdrawals,Deposits,Running Balance",
        "2026-05-01,2026-05-01,REF,PAID,,100.00,600.00",
    ),
    "Federal": (
        "Date,Value Date,Particulars,Tran Type,Tran ID,Cheque Details,Withdrawals,Deposits,Balance,DR/CR",
        "01/05/2026,01/05/2026,PAID,TFR,S1,REF,,100.00,600.00,CR",
    ),
    "PNB": (
        "Txn No.,Txn Date,Description,Branch Name,Cheque No.,Dr Amount,Cr Amount,Balance",
        "S1,01/05/2026,PAID,PUNE,REF,,100.00,600.00 Cr.",
    ),
}


@pytest.mark.parametrize("bank", LAYOUTS)
def test_layout_of_every_bank_is_read_by_the_meaning_of_its_headings(bank: str) -> None:
    headings, row = LAYOUTS[bank]

    line = delimited_statement(delimited_file(row, headings=headings)).line

    assert (line.booked_on, line.value_on) == (date(2026, 5, 1), date(2026, 5, 1))
    assert (line.amount_minor, line.running_balance_minor) == (10000, 60000)
    assert (line.narration, line.bank_reference) == ("PAID", "REF")


def test_transaction_id_is_kept_beside_the_reference() -> None:
    headings, row = LAYOUTS["PNB"]

    assert delimited_statement(delimited_file(row, headings=headings)).line.other_references == ("TXID:S1",)


@pytest.mark.parametrize(
    "written",
    [
        "01/05/26",
        "01/05/2026",
        "1/5/2026",
        "01-05-2026",
        "01.05.2026",
        "1 May 2026",
        "01-May-26",
        "01/MAY/2026",
        "01MAY2026",
        "2026-05-01",
        "01/05/2026 07:51:08 AM",
        "01-05-2026 19:51",
        "2026-05-01T19:51:08+05:30",
    ],
)
def test_date_shapes(written: str) -> None:
    assert delimited_statement(delimited_file(f"{written},X,,,,1.00,")).line.booked_on == date(2026, 5, 1)


@pytest.mark.parametrize("written", ["05/13/2026", "31/02/2026", "May 2026", "2026", "1/5", "01/05-2026"])
def test_what_is_no_day_month_year_is_rejected(written: str) -> None:
    assert delimited_statement(delimited_file(f"{written},X,,,,1.00,")).rejection.code == "invalid_date"


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        ("4,12,037.16", 41203716),
        ("12,34,56,789.00", 12345678900),
        ("412,037.16", 41203716),
        ("412037.16", 41203716),
        ("412037", 41203700),
        ("₹ 1,200.50", 120050),
        ("Rs. 1,200.50", 120050),
        ("INR 1,200.50", 120050),
        (".50", 50),
        ("1,200.500", 120050),
        ("100.00 Cr", 10000),
    ],
)
def test_amount_shapes(written: str, minor: int) -> None:
    assert delimited_statement(delimited_file(f'01/05/26,X,,,,"{written}",')).line.amount_minor == minor


@pytest.mark.parametrize("written", ["1,50", "1.234,56", "12,00", "1.505", "1O0.00", "USD 5.00", "1 200.00"])
def test_amount_that_could_mean_something_else_is_rejected(written: str) -> None:
    rejection = delimited_statement(delimited_file(f'01/05/26,X,,,,"{written}",')).rejection

    assert (rejection.code, rejection.line_number) == ("invalid_amount", 1)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("01/05/26,X,,,1.00,2.00,", "direction_unknown"),
        ("01/05/26,X,,,-1.00,,", "direction_unknown"),
        ("01/05/26,X,,,1.00 CR,,", "direction_unknown"),
        ("01/05/26,X,,,,,500.00", "invalid_amount"),
        ("01/05/26,X,,,,pending,500.00", "invalid_amount"),
        ("01/05/26,X,,soon,,1.00,", "invalid_date"),
        (",X,,,,1.00,", "invalid_date"),
        ("32/05/26,X,,,,,500.00", "invalid_date"),
        ("01/05/26,X,,,,1,200.00,5,200.00", "column_count"),
    ],
)
def test_row_that_may_be_an_entry_is_never_skipped(row: str, code: str) -> None:
    rejection = delimited_statement(delimited_file(row)).rejection

    assert (rejection.code, rejection.raw) == (code, row)
    assert rejection.detail.startswith("file line 2: ")


def test_unquoted_delimiters_in_a_narration_are_put_together_again_and_noted() -> None:
    line = delimited_statement(delimited_file("01/05/26,ALPHA, BETA, SONS,UTR1,01/05/26,,100.00,100.00")).line

    assert (line.narration, line.bank_reference, line.amount_minor) == ("ALPHA,BETA,SONS", "UTR1", 10000)
    assert line.notes == ("narration put together from 3 cells",)


def test_quoted_narration_may_hold_line_ends() -> None:
    line = delimited_statement(delimited_file('01/05/26,"ALPHA\nBETA",,,,1.00,1.00')).line

    assert line.narration == "ALPHA BETA"


def test_quote_that_would_swallow_entries_is_refused_with_its_place() -> None:
    row = '01/05/26,"5 INCH PIPE,,,,1.00,1.00'

    with pytest.raises(StatementUnreadable, match="line 3: expected the quote opened here"):
        delimited_statement(delimited_file(DEPOSIT, row, WITHDRAWAL))


def test_quote_that_is_never_closed_is_refused_before_it_takes_the_whole_file() -> None:
    with pytest.raises(
        StatementUnreadable, match="line 2: expected the quote opened here to be closed within"
    ):
        delimited_statement(delimited_file('01/05/26,"X', *["text"] * 30))


def test_header_is_found_below_a_preamble_that_names_account_and_currency() -> None:
    preamble = [
        "SOME BANK Ltd.,,,",
        "Account No : XXXXXX4821,,,",
        "Currency : USD",
        "From : 01/05/26 To : 04/05/26",
        ",,,",
    ]

    statement = delimited_statement(delimited_file(DEPOSIT, preamble=preamble), account="ignored")

    assert statement.opened == [PartOpened(1, "XXXXXX4821", "USD", "", "", is_final=True)]
    assert statement.line.currency == "USD"


@pytest.mark.parametrize(
    ("preamble", "account"),
    [
        ("Account Number\t_00000012345678901", "00000012345678901"),
        ("A/C No:\t\t5020 0012 3456", "502000123456"),
        ("Account No. 50200012345678 INR", "50200012345678"),
        ("Branch\tPUNE", "of the request"),
    ],
)
def test_account_number_is_taken_from_the_preamble(preamble: str, account: str) -> None:
    content = (
        preamble
        + "\n"
        + delimited_file("01/05/26\tX\t\t\t\t1.00\t1.00", headings=HEADINGS.replace(",", "\t"))
    )

    assert delimited_statement(content, account="of the request").opened[0].account_number == account


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found(delimiter: str) -> None:
    content = delimited_file("01/05/26,X,R,,,1.00,1.00").replace(",", delimiter)

    assert delimited_statement(content).line.amount_minor == 100


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1"])
def test_encoding_is_found(encoding: str) -> None:
    content = delimited_file("01/05/26,CAFÉ £ 1,,,,1.00,1.00")
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""

    assert delimited_statement(mark + content.encode(encoding)).line.narration == "CAFÉ £ 1"


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n"])
def test_line_ends_do_not_matter(line_end: str) -> None:
    assert len(delimited_statement(delimited_file(DEPOSIT, WITHDRAWAL).replace("\n", line_end)).lines) == 2


@pytest.mark.parametrize(
    "rows",
    [
        ["********,********,********", "", DEPOSIT],
        [
            DEPOSIT,
            "STATEMENT SUMMARY :-",
            "Opening Balance,Dr Count,Cr Count,Debits,Credits,Closing Bal",
            '"9.00",0,1,,0.00,5.00,5.00',
        ],
        [DEPOSIT, ",Total,,,0.00,5.00,"],
        [DEPOSIT, "Grand Total:,,,,0.00,5.00,"],
        [DEPOSIT, "This statement, being generated by computer, needs, no, signature, or, stamp, at, all"],
        [DEPOSIT, "05/05/2026 10:12:13"],
        [HEADINGS, DEPOSIT],
        [DEPOSIT, HEADINGS],
    ],
)
def test_rows_around_the_entries_are_passed_over(rows: list[str]) -> None:
    statement = delimited_statement(delimited_file(*rows))

    assert statement.line.amount_minor == 41203716


def test_payer_whose_name_starts_like_a_total_is_an_entry() -> None:
    line = delimited_statement(delimited_file("01/05/26,TOTAL ENERGIES,,,,5.00,5.00")).line

    assert line.narration == "TOTAL ENERGIES"


def test_dated_entries_after_a_summary_are_read() -> None:
    assert len(delimited_statement(delimited_file(DEPOSIT, "STATEMENT SUMMARY", WITHDRAWAL)).lines) == 2


def test_opening_and_closing_rows_are_balances_and_no_entries() -> None:
    rows = [
        "01/05/26,Opening Balance,,,,,100.00",
        "02/05/26,X,,,,5.00,105.00",
        "31/05/26,Closing Balance,,,,,105.00",
    ]

    statement = delimited_statement(delimited_file(*rows))

    assert statement.line.line_number == 1
    assert statement.closed == [
        PartClosed(1, Balance(10000, "INR", date(2026, 5, 1)), Balance(10500, "INR", date(2026, 5, 31)))
    ]


def test_balances_are_derived_from_the_first_and_last_running_balance() -> None:
    statement = delimited_statement(delimited_file(DEPOSIT, WITHDRAWAL))

    assert statement.closed == [
        PartClosed(
            1, Balance(100000000, "INR", date(2026, 5, 1)), Balance(133703716, "INR", date(2026, 5, 4))
        )
    ]
    assert statement.balance_differences == [0]


def test_newest_first_is_yielded_oldest_first_with_the_line_numbers_of_the_file() -> None:
    rows = ["03/05/26,C,,,,1.00,16.00", "01/05/26,B,,,,5.00,15.00", "01/05/26,A,,,,10.00,10.00"]

    statement = delimited_statement(delimited_file(*rows))

    assert [(line.line_number, line.narration) for line in statement.lines] == [(3, "A"), (2, "B"), (1, "C")]
    assert statement.closed == [
        PartClosed(1, Balance(0, "INR", date(2026, 5, 1)), Balance(1600, "INR", date(2026, 5, 3)))
    ]


def test_newest_first_keeps_rejected_rows_in_their_place() -> None:
    rows = [
        "03/05/26,C,,,,1.00,16.00",
        "02/05/26,?,,,,x,15.00",
        "01/05/26,A,,,,10.00,10.00",
        "01/05/26,Z,,,,0.50,0.00",
    ]

    events = delimited_statement(delimited_file(*rows)).events

    assert [getattr(event, "line_number", None) for event in events[1:-1]] == [4, 3, 2, 1]


def test_dates_decide_the_order_where_there_are_no_balances() -> None:
    rows = ["03/05/26,B,,,,1.00,", "01/05/26,A,,,,5.00,"]

    statement = delimited_statement(delimited_file(*rows))

    assert [line.narration for line in statement.lines] == ["A", "B"]
    assert statement.closed == [PartClosed(1, None, None)]


def test_running_balance_that_does_not_follow_is_discoverable() -> None:
    rows = [
        "01/05/26,A,,,,10.00,10.00",
        "02/05/26,B,,,,5.00,16.00",
        "03/05/26,C,,,,1.00,17.00",
        "04/05/26,D,,,,1.00,18.00",
    ]

    statement = delimited_statement(delimited_file(*rows))

    assert statement.closed[0].balance_breaks == (2,)
    assert statement.balance_differences == [-100]


def test_missing_running_balances_are_bridged() -> None:
    rows = [
        "01/05/26,A,,,,10.00,",
        "02/05/26,B,,,,5.00,15.00",
        "03/05/26,C,,,,1.00,",
        "04/05/26,D,,,,1.00,17.00",
    ]

    statement = delimited_statement(delimited_file(*rows))

    assert statement.closed[0].balance_breaks == ()
    assert statement.balance_differences == [0]


def test_rejected_row_shows_as_a_difference_not_as_a_break() -> None:
    rows = ["01/05/26,A,,,,10.00,10.00", "02/05/26,B,,,,x,15.00", "03/05/26,C,,,,1.00,16.00"]

    statement = delimited_statement(delimited_file(*rows))

    assert (statement.closed[0].balance_breaks, statement.balance_differences) == ((), [-500])


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        ("500.00 DR", -50000),
        ("500.00Dr.", -50000),
        ("(500.00)", -50000),
        ("-500.00", -50000),
        ("500 Cr", 50000),
    ],
)
def test_balance_suffix_says_overdrawn_and_nothing_about_the_line(written: str, minor: int) -> None:
    line = delimited_statement(delimited_file(f"01/05/26,X,,,,5.00,{written}")).line

    assert (line.amount_minor, line.running_balance_minor) == (500, minor)


ONE_AMOUNT = "Date,Narration,Amount,Balance"


def test_signed_amounts_are_credits_and_debits() -> None:
    rows = ["01/05/26,A,10.00,10.00", "02/05/26,B,-4.00,6.00"]

    lines = delimited_statement(delimited_file(*rows, headings=ONE_AMOUNT)).lines

    assert [line.amount_minor for line in lines] == [1000, -400]


def test_amounts_without_any_sign_or_mark_have_no_direction() -> None:
    statement = delimited_statement(delimited_file("01/05/26,A,10.00,10.00", headings=ONE_AMOUNT))

    assert statement.rejection.code == "direction_unknown"


@pytest.mark.parametrize(
    ("mark", "minor"), [("C", 500), ("Credit", 500), ("DR", -500), ("d", -500), ("Debit", -500)]
)
def test_mark_column_gives_the_direction(mark: str, minor: int) -> None:
    content = delimited_file(f"01/05/26,A,5.00,{mark},5.00", headings="Date,Narration,Amount,Type,Balance")

    assert delimited_statement(content).line.amount_minor == minor


def test_zero_amount_is_information_only() -> None:
    line = delimited_statement(delimited_file("01/05/26,CHEQUE STOPPED,,,0.00,0.00,5.00")).line

    assert (line.amount_minor, line.is_final) == (0, False)


def test_headings_alone_are_a_statement_without_entries() -> None:
    statement = delimited_statement(HEADINGS)

    assert statement.events == [PartOpened(1, "", "INR", "", "", is_final=True), PartClosed(1, None, None)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\x00\x01\x02\x03" * 100, "binary"),
        (b"code,name\nA,B\n", "headings for a date, amounts and a narration"),
        (b"Date,Narration,Debit\n01/05/26,X,5\n", "headings for a date, amounts and a narration"),
        (("x\n" * 41 + delimited_file(DEPOSIT)).encode(), "within the first 40 rows"),
        (b"\xff\xfeD\x00a", "marked as utf-16"),
    ],
)
def test_what_is_no_statement_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(StatementUnreadable, match=message):
        delimited_statement(content)


@pytest.mark.parametrize(
    ("written", "credited_at"),
    [
        ("01/05/2026 07:51:08 AM", datetime(2026, 5, 1, 2, 21, 8, tzinfo=UTC)),
        ("01/05/2026 07:51 pm", datetime(2026, 5, 1, 14, 21, tzinfo=UTC)),
        ("01-May-2026 12:05:00 PM", datetime(2026, 5, 1, 6, 35, tzinfo=UTC)),
        ("2026-05-01T18:04:11+05:30", datetime(2026, 5, 1, 12, 34, 11, tzinfo=UTC)),
        ("2026-05-01 18:04", datetime(2026, 5, 1, 12, 34, tzinfo=UTC)),
        ("01/05/2026", None),
        ("01/05/2026 00:00:00", None),  # midnight stands for a day
        ("01/05/2026 12:00:00 AM", None),
        ("01/05/2026 13:05 PM", None),  # no such hour
        ("2026-05-01T23:00:00Z", None),  # another day in India
    ],
)
def test_a_posting_date_with_a_time_tells_the_instant_of_the_credit(
    written: str, credited_at: datetime | None
) -> None:
    line = delimited_statement(delimited_file(f"{written},PAID,REF,02/05/26,,100.00,600.00")).line

    assert (line.booked_on, line.credited_at) == (date(2026, 5, 1), credited_at)


def test_the_time_of_a_value_date_is_not_the_credits() -> None:
    line = delimited_statement(delimited_file("01/05/26,PAID,REF,01/05/26 07:51:08,,100.00,600.00")).line

    assert line.credited_at is None
