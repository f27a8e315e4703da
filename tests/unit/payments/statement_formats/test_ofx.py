"""OFX and QFX: SGML without closing tags and XML, FITIDs that are used again, decimal commas and time zones."""

from datetime import date

import pytest

from services.payments.domain.bank_statement import Balance, PartOpened
from services.payments.domain.errors import StatementUnreadable
from tests.unit.payments.statement_formats.factories import Statement, ofx_statement

HEAD = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\n\n"
ACCOUNT = "<BANKACCTFROM><BANKID>HDFC<ACCTID>50100099<ACCTTYPE>CHECKING</BANKACCTFROM>"
BALANCE = "<LEDGERBAL><BALAMT>1180.00<DTASOF>20260531</LEDGERBAL>"


def entry(
    amount: str = "1180.00",
    *extra: str,
    posted: str = "20260501120000[+5.5:IST]",
    kind: str = "CREDIT",
    fitid: str = "F1",
    name: str = "RTGS CR-ALPHA",
    tag: str = "STMTTRN",
) -> str:
    values = f"<TRNTYPE>{kind}<DTPOSTED>{posted}<TRNAMT>{amount}<FITID>{fitid}<NAME>{name}"
    return f"<{tag}>{values}{''.join(extra)}</{tag}>\n"


def ofx_file(
    *entries: str, balance: str = BALANCE, days: str = "", head: str = HEAD, account: str = ACCOUNT
) -> str:
    listed = f"<BANKTRANLIST>{days}{''.join(entries)}</BANKTRANLIST>"
    statement = f"<STMTRS><CURDEF>INR{account}{listed}{balance}</STMTRS>"
    return f"{head}<OFX><BANKMSGSRSV1><STMTTRNRS><TRNUID>1{statement}</STMTTRNRS></BANKMSGSRSV1></OFX>"


def read(*entries: str, **parts: str) -> Statement:
    return ofx_statement(ofx_file(*entries, **parts))


def test_entry_is_read_with_day_amount_and_fitid() -> None:
    line = read(entry()).line

    assert (line.booked_on, line.value_on) == (date(2026, 5, 1), date(2026, 5, 1))
    assert (line.amount_minor, line.currency, line.kind_code) == (118000, "INR", "CREDIT")
    assert (line.narration, line.other_references, line.is_final) == ("RTGS CR-ALPHA", ("FITID:F1",), True)
    assert line.raw.startswith("<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260501")


def test_part_tells_account_currency_and_ledger_balance_and_no_opening() -> None:
    statement = read(entry())

    assert statement.opened == [PartOpened(1, "50100099", "INR", "", "", is_final=True)]
    assert (statement.closed[0].opening, statement.closed[0].closing) == (
        None,
        Balance(118000, "INR", date(2026, 5, 31)),
    )


XML = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<?OFX OFXHEADER="200" VERSION="220" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>
<OFX>
  <SIGNONMSGSRSV1><SONRS><STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS></SONRS></SIGNONMSGSRSV1>
  <BANKMSGSRSV1><STMTTRNRS><STMTRS>
    <CURDEF>INR</CURDEF>
    <BANKACCTFROM><BANKID>HDFC</BANKID><ACCTID>50100099</ACCTID></BANKACCTFROM>
    <BANKTRANLIST><!-- <STMTTRN> was here -->
      <STMTTRN>
        <TRNTYPE>CREDIT</TRNTYPE><DTPOSTED>20260501120000[+5.5:IST]</DTPOSTED><TRNAMT>1180.00</TRNAMT>
        <FITID>F1</FITID><NAME><![CDATA[RTGS CR-A&B <LTD>]]></NAME><MEMO/>
      </STMTTRN>
    </BANKTRANLIST>
    <LEDGERBAL><BALAMT>1180.00</BALAMT><DTASOF>20260531</DTASOF></LEDGERBAL>
  </STMTRS></STMTTRNRS></BANKMSGSRSV1>
</OFX>"""


def test_xml_of_version_2_is_read_like_sgml() -> None:
    statement = ofx_statement(XML)

    assert statement.line.narration == "RTGS CR-A&B <LTD>"
    assert statement.line.amount_minor == 118000
    assert statement.closed[0].closing == Balance(118000, "INR", date(2026, 5, 31))


def test_file_without_any_line_end_is_read() -> None:
    entries = [entry(fitid=str(number), posted="20260501").strip() for number in range(2_000)]

    assert len(ofx_statement(ofx_file(*entries).replace("\n", "")).lines) == 2_000


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        ("1234.56", 123456), ("-1234.56", -123456), ("+1234.5", 123450), ("1234,56", 123456), ("-1234,5", -123450),
        ("4,12,037.16", 41203716), ("-412,037.16", -41203716), ("100", 10000), ("0.10", 10),
    ],
)  # fmt: skip
def test_amount_shapes(written: str, minor: int) -> None:
    assert read(entry(written)).line.amount_minor == minor


@pytest.mark.parametrize(
    "written", ["1,000", "1.234,56", "1,00,000", "12.345", "1e3", "ten", "1 000.00", "5.00 DR"]
)
def test_amount_that_could_mean_something_else_is_rejected(written: str) -> None:
    assert read(entry(written)).rejection.code == "invalid_amount"


def test_sign_gives_the_direction_whatever_the_type_says() -> None:
    assert read(entry("-5.00", kind="CREDIT")).line.amount_minor == -500


@pytest.mark.parametrize(
    ("posted", "day"),
    [
        ("20260501", 1),
        ("20260501235959", 1),
        ("20260501235959.999[+5.5:IST]", 1),
        ("20260501000000[+5:30:IST]", 1),
        ("20260501000000[5.5]", 1),
        ("20260501230000[-5:EST]", 1),
        ("20260501183000[0:GMT]", 2),
        ("20260501182959[0:GMT]", 1),
        ("20260501[0:GMT]", 1),
    ],
)
def test_day_is_the_one_the_bank_wrote_unless_it_wrote_greenwich_time(posted: str, day: int) -> None:
    assert read(entry(posted=posted)).line.booked_on == date(2026, 5, day)


@pytest.mark.parametrize("posted", ["", "260501", "20260231", "01/05/2026", "20260501T12", "tomorrow"])
def test_what_is_no_date_is_rejected(posted: str) -> None:
    rejected = read(entry(posted=posted)).rejection

    assert (rejected.code, rejected.line_number) == ("invalid_date", 1)


def test_available_day_is_the_value_day() -> None:
    line = read(entry("5.00", "<DTAVAIL>20260504")).line

    assert (line.booked_on.day, line.value_on.day) == (1, 4)


@pytest.mark.parametrize(
    ("name", "memo", "narration"),
    [
        ("NEFT CR-UTIBR72026050100131060-A", "LPHA LTD", "NEFT CR-UTIBR72026050100131060-ALPHA LTD"),
        ("NEFT CR-ALPHA", "NEFT CR-ALPHA LTD-INV 412", "NEFT CR-ALPHA LTD-INV 412"),
        ("ALPHA LTD", "INV 412", "ALPHA LTD INV 412"),
        ("ALPHA LTD INV", "ALPHA", "ALPHA LTD INV"),
    ],
)
def test_memo_goes_on_where_a_full_name_was_cut(name: str, memo: str, narration: str) -> None:
    assert read(entry("5.00", f"<MEMO>{memo}", name=name)).line.narration == narration


def test_reference_number_and_cheque_number_are_references() -> None:
    both = read(entry("5.00", "<CHECKNUM>004211<REFNUM>UTR1")).line
    cheque = read(entry("5.00", "<CHECKNUM>004211")).line

    assert (both.bank_reference, both.customer_reference) == ("UTR1", "004211")
    assert (cheque.bank_reference, cheque.customer_reference) == ("004211", "")


def test_payee_is_the_counterparty_and_its_name_no_narration() -> None:
    line = read(
        entry(
            "5.00", "<PAYEE><NAME>ALPHA LTD<CITY>PUNE</PAYEE><BANKACCTTO><ACCTID>123</BANKACCTTO>", name="A"
        )
    ).line

    assert (line.counterparty_name, line.counterparty_account, line.narration) == ("ALPHA LTD", "123", "A")


def test_fitid_used_again_for_another_day_or_amount_is_another_entry() -> None:
    statement = read(entry("5.00"), entry("6.00"), entry("5.00", posted="20260502"))

    assert [line.amount_minor for line in statement.lines] == [500, 600, 500]
    assert not statement.rejected


def test_fitid_with_the_same_content_again_is_one_entry_told_twice() -> None:
    statement = read(entry("5.00"), entry("5.00"), entry("5.00", fitid="F2"), entry("5.00", fitid=""))

    assert [line.line_number for line in statement.lines] == [1, 3, 4]
    (rejected,) = statement.rejected
    assert (rejected.line_number, rejected.code) == (2, "repeated_entry")


def test_entries_without_a_fitid_are_never_taken_for_one() -> None:
    assert len(read(entry("5.00", fitid=""), entry("5.00", fitid="")).lines) == 2


@pytest.mark.parametrize(
    "written",
    [
        entry("5.00", tag="STMTTRNP"),
        entry("5.00", kind="HOLD"),
        entry("5.00", "<CORRECTFITID>F0<CORRECTACTION>REPLACE"),
        entry("0.00"),
    ],
)
def test_what_is_not_a_booked_entry_is_information(written: str) -> None:
    assert read(written).line.is_final is False


def test_amount_in_another_currency_is_rejected_and_a_converted_one_is_read() -> None:
    assert (
        read(entry("5.00", "<CURRENCY><CURRATE>83<CURSYM>USD</CURRENCY>")).rejection.code
        == "currency_mismatch"
    )
    assert read(entry("5.00", "<ORIGCURRENCY><CURRATE>83<CURSYM>USD</ORIGCURRENCY>")).line.amount_minor == 500


def test_balance_later_than_the_list_proves_nothing() -> None:
    (closed,) = read(entry(), days="<DTSTART>20260501<DTEND>20260515").closed

    assert closed.closing is None
    assert "2026-05-31" in closed.information


def test_several_statements_are_parts() -> None:
    twice = ofx_file(entry()).replace(
        "</STMTRS>", "</STMTRS><STMTRS><CURDEF>USD<BANKACCTFROM><ACCTID>7</BANKACCTFROM></STMTRS>"
    )

    statement = ofx_statement(twice)

    assert [(part.account_number, part.currency) for part in statement.opened] == [
        ("50100099", "INR"),
        ("7", "USD"),
    ]


@pytest.mark.parametrize(
    ("text", "narration"),
    [
        ("A &amp; B", "A & B"),
        ("A & B", "A & B"),
        ("&#65;&#x42;", "AB"),
        ("&#0;", ""),
        ("&copy; A", "&copy; A"),
    ],
)
def test_escapes_are_resolved_once_and_others_left_alone(text: str, narration: str) -> None:
    assert read(entry(name=text)).line.narration == narration


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ('<?xml version="1.0"?><!DOCTYPE OFX [<!ENTITY a "b">]><OFX></OFX>', "line 1: expected no document type"),
        (HEAD + "<OFX>" + "<A>" * 70, "line 5: expected at most 64 levels"),
        (HEAD + "<OFX><NAME>" + "x" * 20_001, "line 5: expected an element of at most"),
        (HEAD + "<OFX><" , "line 5: expected the section or tag"),
        (HEAD + "<OFX><!-- ", "line 5: expected the section or tag"),
        (HEAD + "<OFX><1>", "line 5: expected the tag <1"),
        (ofx_file(entry()).partition("</STMTRS>")[0], "line 6: expected </STMTRS> before the end; the file is cut off"),
        (ofx_file("<STMTTRN><TRNTYPE>X"), "</STMTTRN> of the entry"),
        (ofx_file("<STMTTRN>", entry()), "</STMTTRN> of the entry that starts on line 5"),
        (HEAD + "<OFX>" + entry(), "<STMTRS> before the first entry"),
        (HEAD + "<OFX><STMTRS><STMTRS>", "to end with </STMTRS>"),
        (HEAD + "<OFX></OFX>", "holds no bank statement"),
        (HEAD + "<STATUS><CODE>2000<SEVERITY>ERROR</STATUS>", "answered with error 2000"),
        (ofx_file(balance="<LEDGERBAL><BALAMT>x<DTASOF>20260501</LEDGERBAL>"), "an amount and a date in LEDGERBAL"),
        (ofx_file(days="<DTEND>x"), "a date in DTEND"),
        (ofx_file().replace("INR", "RUPEE"), "a currency in CURDEF"),
        (ofx_file("<STMTTRN>" + "".join(f"<A{n}>1" for n in range(101))), "at most 100 values in one entry"),
    ],
)  # fmt: skip
def test_broken_structure_is_refused_with_its_place(content: str, place: str) -> None:
    with pytest.raises(StatementUnreadable, match=place):
        ofx_statement(content)


def test_million_comments_and_sections_cost_nothing() -> None:
    comments = "<!---->" * 200_000

    assert len(ofx_statement(ofx_file(comments, entry())).lines) == 1
