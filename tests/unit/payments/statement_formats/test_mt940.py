"""MT940 and MT942, with what banks make of them."""

from datetime import date

import pytest

from services.payments.adapters.statement_formats import StatementFormat
from services.payments.domain.bank_statement import Balance, PartClosed, PartOpened
from services.payments.domain.errors import StatementUnreadable
from tests.unit.payments.statement_formats.factories import mt940_message, mt940_statement, statement_of

ENTRY = ":61:2605010501C100,00NTRFREF1//BANK1"


def test_entry_is_read_with_dates_kind_references_and_narration() -> None:
    line = mt940_statement(mt940_message(ENTRY, ":86:NEFT CR-ALPHA")).line

    assert (line.booked_on, line.value_on) == (date(2026, 5, 1), date(2026, 5, 1))
    assert (line.amount_minor, line.currency, line.kind_code) == (10000, "INR", "NTRF")
    assert (line.customer_reference, line.bank_reference) == ("REF1", "BANK1")
    assert (line.narration, line.is_final) == ("NEFT CR-ALPHA", True)
    assert line.raw == ":61:2605010501C100,00NTRFREF1//BANK1\n:86:NEFT CR-ALPHA"


def test_statement_tells_account_sequence_and_balances() -> None:
    statement = mt940_statement(mt940_message(opening="D260501INR10,5", closing="C260531INR20,"))

    assert statement.opened == [PartOpened(1, "50100099", "INR", "REF1", "5/1", is_final=True)]
    assert statement.closed == [
        PartClosed(1, Balance(-1050, "INR", date(2026, 5, 1)), Balance(2000, "INR", date(2026, 5, 31)))
    ]


@pytest.mark.parametrize(
    ("currency", "mark", "amount_minor", "is_reversal"),
    [
        ("INR", "C", 500, False),
        ("INR", "D", -500, False),
        ("INR", "CR", 500, False),
        ("INR", "DR", -500, False),
        ("INR", "RC", -500, True),
        ("INR", "RD", 500, True),
        ("INR", "RCR", -500, True),
        ("INR", "RDR", 500, True),
        ("USD", "CD", 500, False),
        ("USD", "DD", -500, False),
        ("USD", "RDD", 500, True),
    ],
)
def test_mark_and_funds_code_are_told_apart(
    currency: str, mark: str, amount_minor: int, *, is_reversal: bool
) -> None:
    balance = f"C260501{currency}0,"
    content = mt940_message(f":61:260501{mark}5,NTRFNONREF", opening=balance, closing=balance)

    line = mt940_statement(content).line

    assert (line.amount_minor, line.is_reversal, line.notes) == (amount_minor, is_reversal, ())


def test_foreign_funds_code_is_noted() -> None:
    line = mt940_statement(mt940_message(":61:260501CX5,NTRFNONREF")).line

    assert line.notes == ("funds code X is not the third letter of INR",)


def test_expected_entries_are_not_final() -> None:
    lines = mt940_statement(mt940_message(":61:260501EC5,NTRFA", ":61:260501ED5,NTRFB")).lines

    assert [(line.amount_minor, line.is_final) for line in lines] == [(500, False), (-500, False)]


@pytest.mark.parametrize(
    ("written", "minor"), [("5,", 500), ("5,0", 500), ("5.25", 525), ("5", 500), ("0005,1", 510)]
)
def test_amount_takes_comma_or_dot_or_nothing(written: str, minor: int) -> None:
    assert mt940_statement(mt940_message(f":61:260501C{written}NTRFNONREF")).line.amount_minor == minor


@pytest.mark.parametrize(
    ("value", "entry", "booked_on"),
    [
        ("260501", "", date(2026, 5, 1)),
        ("260501", "    ", date(2026, 5, 1)),
        ("260501", "0502", date(2026, 5, 2)),
        ("261231", "0102", date(2027, 1, 2)),
        ("270101", "1231", date(2026, 12, 31)),
    ],
)
def test_entry_date_takes_its_year_from_the_value_date(value: str, entry: str, booked_on: date) -> None:
    line = mt940_statement(mt940_message(f":61:{value}{entry}C5,NTRFNONREF")).line

    assert line.booked_on == booked_on


@pytest.mark.parametrize(
    ("value", "value_on"),
    [("260230", date(2026, 2, 28)), ("280230", date(2028, 2, 29)), ("260229", date(2026, 2, 28))],
)
def test_thirtieth_of_february_is_the_last_of_february_and_noted(value: str, value_on: date) -> None:
    line = mt940_statement(mt940_message(f":61:{value}0301C5,NTRFNONREF")).line

    assert (line.value_on, line.booked_on) == (value_on, date(2026 if value[:2] == "26" else 2028, 3, 1))
    assert "30/360" in line.notes[0]


@pytest.mark.parametrize("reference", ["NONREF", "", "NOTPROVIDED"])
def test_reference_that_says_there_is_none_is_empty(reference: str) -> None:
    line = mt940_statement(mt940_message(f":61:260501C5,NTRF{reference}//NONREF")).line

    assert (line.customer_reference, line.bank_reference) == ("", "")


@pytest.mark.parametrize(
    ("written", "customer", "bank"),
    [
        ("341241773/1XXXXX//O/341241774", "341241773/1XXXXX", "O/341241774"),
        ("REFERENCE DO 111//MUL0408041114005", "REFERENCE DO 111", "MUL0408041114005"),
        ("REF//", "REF", ""),
        ("//BANK", "", "BANK"),
        ("A/B", "A/B", ""),
    ],
)
def test_references_split_at_the_first_double_slash(written: str, customer: str, bank: str) -> None:
    line = mt940_statement(mt940_message(f":61:260501C5,NTRF{written}")).line

    assert (line.customer_reference, line.bank_reference) == (customer, bank)


def test_supplementary_line_is_added_to_the_narration() -> None:
    lines = mt940_statement(mt940_message(ENTRY, "CARD PAYMENT", ":86:SHOP 12", ENTRY, "CARD ONLY")).lines

    assert [line.narration for line in lines] == ["SHOP 12 CARD PAYMENT", "CARD ONLY"]


def test_full_line_of_information_continues_without_a_blank() -> None:
    first = "RTGS-UTIBR72026050100131060-ALPHA DIESEL SALES LTD-0840102000131-"
    assert len(first) == 65

    line = mt940_statement(mt940_message(ENTRY, f":86:{first}", "UTIB0000084")).line

    assert line.narration == f"{first}UTIB0000084"


def test_short_line_of_information_continues_with_a_blank() -> None:
    line = mt940_statement(mt940_message(ENTRY, ":86:NEFT ALPHA ", "DIESEL")).line

    assert line.narration == "NEFT ALPHA DIESEL"


@pytest.mark.parametrize("prefix", ["/INF/", "/TXT/"])
def test_bank_prefix_before_the_narration_is_dropped(prefix: str) -> None:
    line = mt940_statement(mt940_message(ENTRY, f":86:{prefix}NEFT/ALPHA")).line

    assert line.narration == "NEFT/ALPHA"


def test_numbered_subfields_give_purpose_name_and_account() -> None:
    information = (
        ":86:166?00CREDIT?100399?20EREF+E2E-7?21SVWZ+Invoice 4711 of?22May?30BANK?31DE42?32ALPHA?33LTD"
    )

    line = mt940_statement(mt940_message(":61:260501C5,NTRFNONREF", information)).line

    assert line.narration == "CREDIT EREF+E2E-7 SVWZ+Invoice 4711 of May"
    assert (line.counterparty_name, line.counterparty_account) == ("ALPHA LTD", "DE42")
    assert line.customer_reference == "E2E-7"


def test_full_subfield_continues_without_a_blank() -> None:
    full = "A" * 24 + "UTR"

    line = mt940_statement(mt940_message(ENTRY, f":86:166?00X?20{full}?21123")).line

    assert line.narration == f"X {full}123"


def test_code_words_give_remittance_name_and_reference() -> None:
    information = ":86:/TRTP/SEPA/IBAN/NL42/NAME/ALPHA/REMI/USTD//INV 7/EREF/E2E-8"

    line = mt940_statement(mt940_message(":61:260501C5,NTRFNONREF", information)).line

    assert (line.narration, line.counterparty_name, line.counterparty_account) == ("INV 7", "ALPHA", "NL42")
    assert line.customer_reference == "E2E-8"


@pytest.mark.parametrize("text", ["10:15:30 PAID", ":30:15 PAID", ":99:PAID", "ORDER :61: PAID"])
def test_colons_in_a_narration_start_no_field(text: str) -> None:
    line = mt940_statement(mt940_message(ENTRY, ":86:AT", text)).line

    assert line.narration == f"AT {text}"


def test_information_after_the_closing_balance_belongs_to_the_statement() -> None:
    content = mt940_message(
        ENTRY, ":86:LINE", closing="C260531INR1,\r\n:64:C260531INR1,\r\n:86:WHOLE\r\nSTATEMENT\r\n:86:TWICE"
    )

    statement = mt940_statement(content)

    assert statement.line.narration == "LINE"
    assert statement.closed[0].information == "WHOLE STATEMENT\nTWICE"


def test_several_statements_in_a_file_are_parts() -> None:
    second = mt940_message(ENTRY, ENTRY).replace(":25:50100099", ":25:OTHER").replace("\r\n-\r\n", "\r\n")

    statement = mt940_statement(mt940_message(ENTRY) + second + mt940_message(ENTRY))

    assert [part.account_number for part in statement.opened] == ["50100099", "OTHER", "50100099"]
    assert [(line.part_number, line.line_number) for line in statement.lines] == [
        (1, 1),
        (2, 2),
        (2, 3),
        (3, 4),
    ]
    assert len(statement.closed) == 3


def test_second_statement_without_its_own_reference_is_a_part_too() -> None:
    content = mt940_message(ENTRY).replace("-\r\n", "") + mt940_message(ENTRY).replace(":20:REF1\r\n", "")

    assert [line.part_number for line in mt940_statement(content).lines] == [1, 2]


def test_blocks_around_a_message_do_not_matter() -> None:
    body = mt940_message(ENTRY).removesuffix("-\r\n")

    statement = mt940_statement(
        f"{{1:F01X}}{{2:I940XN}}{{4:\r\n{body}-}}{{5:}}\r\n{{1:F01X}}{{2:I940XN}}{{4:\r\n{body}-}}"
    )

    assert [part.is_final for part in statement.opened] == [True, True]
    assert len(statement.lines) == 2


def test_header_lines_blank_lines_and_control_characters_do_not_matter() -> None:
    content = "\x01\r\nBANKXX\r\n940\r\n" + mt940_message(ENTRY, ":86:A", "", ENTRY) + "\x03"

    assert len(mt940_statement(content).lines) == 2


def test_pages_prove_themselves_with_interim_balances() -> None:
    page = mt940_message(ENTRY, opening="C260501INR1,", closing="C260501INR101,")

    statement = mt940_statement(page.replace(":60F:", ":60M:").replace(":62F:", ":62M:"))

    assert statement.balance_differences == [0]


def test_intraday_report_is_never_final() -> None:
    content = (
        ":20:R\n:25:A\n:28C:1/1\n:34F:PLN0,\n:13D:2605011015+0530\n:61:260501CN5,NTRFX\n:90C:1PLN5,\n-\n"
    )

    statement = statement_of(content, StatementFormat.MT942)

    assert statement.opened == [PartOpened(1, "A", "PLN", "R", "1/1", is_final=False)]
    assert (statement.line.is_final, statement.line.amount_minor, statement.line.notes) == (False, 500, ())
    assert statement.closed == [PartClosed(1, None, None)]


def test_intraday_block_wins_over_the_format_that_was_asked_for() -> None:
    content = "{1:F01X}{2:O9421200}{4:\n" + mt940_message(ENTRY)

    assert not mt940_statement(content).line.is_final


def test_zero_amount_is_information_only() -> None:
    line = mt940_statement(mt940_message(":61:260501C0,00NDEFNONREF//", "/BALANCE/C 17376,67")).line

    assert (line.amount_minor, line.is_final, line.narration) == (0, False, "/BALANCE/C 17376,67")


def test_long_statement_number_is_kept_as_written() -> None:
    content = mt940_message().replace(":28C:5/1", ":28C:0001234567/001")

    assert mt940_statement(content).opened[0].sequence == "0001234567/001"


def test_statement_without_entries_is_legal() -> None:
    assert mt940_statement(mt940_message()).balance_differences == [0]


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (":61:GARBAGE", "invalid_entry"),
        (":61:260501X5,NTRFNONREF", "invalid_entry"),
        (":61:260501C1.000,00NTRFNONREF", "invalid_amount"),
        (":61:260501C1,234NTRFNONREF", "invalid_amount"),
        (":61:261301C5,NTRFNONREF", "invalid_date"),
        (":61:260231C5,NTRFNONREF", "invalid_date"),
        (":61:2605011350C5,NTRFNONREF", "invalid_date"),
    ],
)
def test_entry_that_cannot_be_read_is_kept_with_its_information(entry: str, code: str) -> None:
    rejection = mt940_statement(mt940_message(entry, ":86:WHAT IT WAS")).rejection

    assert (rejection.line_number, rejection.code) == (1, code)
    assert rejection.detail.startswith("file line 5: ")
    assert rejection.raw == f"{entry}\n:86:WHAT IT WAS"


@pytest.mark.parametrize("separator", ["-\r\n", ""])
def test_entry_outside_any_statement_is_kept_as_rejected(separator: str) -> None:
    content = (
        mt940_message(ENTRY).replace("-\r\n", separator) + ":61:260502C9,NMSCX//Y\r\nLATE\r\n:86:STRAY\r\n"
    )

    statement = mt940_statement(content)

    assert [line.line_number for line in statement.lines] == [1]
    (stray,) = statement.rejected
    assert (stray.line_number, stray.code) == (2, "outside_statement")
    assert stray.raw == ":61:260502C9,NMSCX//Y\nLATE\n:86:STRAY"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encoding_is_found(encoding: str) -> None:
    content = mt940_message(ENTRY, ":86:MÜLLER & SÖHNE").encode(encoding)

    assert mt940_statement(content).line.narration == "MÜLLER & SÖHNE"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty"),
        ("1\n2\n3\n", "no statement in the file"),
        (":61:260501C5,NTRFNONREF\n", "line 1: expected :20: and :60F: before the first :61:"),
        (":20:A\n:25:B\n:61:260501C5,NTRFNONREF\n:62F:C260501INR5,\n", "line 3: expected :60F: or :60M:"),
        (":20:A\n:60F:260501INR5,\n", "line 2: expected C or D, YYMMDD, currency and amount in :60F:"),
        (":20:A\n:60F:C261399INR5,\n", "line 2: expected a balance"),
        (":20:A\n:60F:C260501INR5,\n:61:260501C5,NTRFNONREF\n", "cut off"),
        (":20:A\n:60F:C260501INR5,\n:20:B\n:60F:C260501INR5,\n", "line 3: expected :62F:"),
        (b"\x00\x01\x02" * 50, "binary"),
        (":20:A\n:60F:C260501INR5,\n" + ":86:X\n" + "Y\n" * 300, "a tag within 200 lines"),
        (":20:A\n:86:" + "X" * 60_000, "a line end within"),
    ],
)
def test_broken_structure_is_refused_with_its_place(content: str | bytes, message: str) -> None:
    with pytest.raises(StatementUnreadable, match=message):
        mt940_statement(content)


def test_closing_balance_that_is_missing_before_the_end_mark_is_none() -> None:
    content = mt940_message(ENTRY).replace(":62F:C260531INR1000,00\r\n", "")

    assert mt940_statement(content).closed[0].closing is None
