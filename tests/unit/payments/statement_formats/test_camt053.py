"""CAMT.053 and its sisters."""

from datetime import UTC, date, datetime
from io import BytesIO

import pytest

from services.payments.adapters.statement_formats import StatementFormat, read_statement
from services.payments.domain.bank_statement import (
    Balance,
    PartClosed,
    PartOpened,
    StatementEvent,
    StatementLine,
)
from services.payments.domain.errors import StatementUnreadable
from tests.unit.payments.statement_formats.factories import (
    camt_balance,
    camt_document,
    camt_entry,
    camt_file,
    camt_statement,
)


def test_entry_is_read_with_its_references_and_payer() -> None:
    detail = (
        "<Refs><AcctSvcrRef>UTIBR52026050100000001</AcctSvcrRef><EndToEndId>E2E-9</EndToEndId><TxId>T-9</TxId>"
        "<UETR>eb6305c9-1f7f-49de-aed0-16487c27b42d</UETR><ChqNb>004211</ChqNb></Refs>"
        "<RltdPties><Dbtr><Pty><Nm>ALPHA DIESEL</Nm></Pty></Dbtr>"
        "<DbtrAcct><Id><Othr><Id>00123</Id></Othr></Id></DbtrAcct><Cdtr><Pty><Nm>OURSELVES</Nm></Pty></Cdtr></RltdPties>"
        "<RmtInf><Ustrd>INV/26-27/000001</Ustrd></RmtInf>"
    )

    line = camt_statement(camt_file(camt_entry("4120.50", details=[detail]))).line

    assert (line.amount_minor, line.currency) == (412050, "INR")
    assert (line.booked_on, line.value_on) == (date(2026, 5, 1), date(2026, 5, 2))
    assert (line.bank_reference, line.customer_reference) == ("UTIBR52026050100000001", "E2E-9")
    assert line.other_references == ("UETR:eb6305c9-1f7f-49de-aed0-16487c27b42d", "TXID:T-9", "CHEQUE:004211")
    assert (line.counterparty_name, line.counterparty_account) == ("ALPHA DIESEL", "00123")
    assert line.narration == "INV/26-27/000001"
    assert line.raw.startswith("<Ntry><Amt")


@pytest.mark.parametrize("version", ["02", "04", "08", "10"])
def test_every_version_gives_the_same_line(version: str) -> None:
    status = "<Sts>BOOK</Sts>" if version in ("02", "04") else "<Sts><Cd>BOOK</Cd></Sts>"
    name = "<Nm>BETA</Nm>" if version in ("02", "04") else "<Pty><Nm>BETA</Nm></Pty>"
    entry = camt_entry(status=status, details=[f"<RltdPties><Dbtr>{name}</Dbtr></RltdPties>"])

    line = camt_statement(camt_file(entry, version=version)).line

    assert (line.amount_minor, line.is_final, line.counterparty_name) == (10000, True, "BETA")


def test_namespace_prefix_envelope_and_leading_blank_lines_do_not_matter() -> None:
    body = camt_file(camt_entry()).partition("?>")[2]
    prefixed = body.replace("<", "<n:").replace("<n:/", "</n:").replace("xmlns=", "xmlns:n=")

    line = camt_statement(f"\ufeff\r\n\r\n<Envelope><AppHdr/>{prefixed}</Envelope>").line

    assert line.amount_minor == 10000


def test_part_tells_account_sequence_and_balances() -> None:
    balances = camt_balance("OPBD", "10.00", mark="DBIT") + camt_balance("CLBD", "90.00", on="2026-05-31")

    statement = camt_statement(camt_file(camt_entry(), balances=balances))

    assert statement.opened == [PartOpened(1, "50100099", "INR", "S-1", "7", is_final=True)]
    assert statement.closed == [
        PartClosed(1, Balance(-1000, "INR", date(2026, 5, 1)), Balance(9000, "INR", date(2026, 5, 31)))
    ]
    assert statement.balance_differences == [0]


def test_previous_closing_balance_serves_as_opening() -> None:
    statement = camt_statement(
        camt_file(balances=camt_balance("PRCD", "5.00") + camt_balance("CLBD", "5.00"))
    )

    assert statement.balance_differences == [0]


def test_interim_balances_prove_a_page() -> None:
    first = camt_file(
        camt_entry("1.00"), balances=camt_balance("OPBD", "5.00") + camt_balance("ITBD", "6.00")
    )
    later = camt_file(
        camt_entry("1.00"), balances=camt_balance("ITBD", "6.00") + camt_balance("ITBD", "7.00")
    )

    assert camt_statement(first).balance_differences == [0]
    assert camt_statement(later).balance_differences == [0]


def test_direction_mark_holds_for_reversals_too() -> None:
    reversal = camt_entry(mark="DBIT", extra="<RvslInd>true</RvslInd>")

    line = camt_statement(camt_file(reversal)).line

    assert (line.amount_minor, line.is_reversal) == (-10000, True)


def test_parties_of_a_return_keep_the_roles_of_the_payment_it_takes_back() -> None:
    detail = (
        "<RltdPties><Dbtr><Nm>OURSELVES</Nm></Dbtr><Cdtr><Nm>GAMMA</Nm></Cdtr></RltdPties>"
        "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"
    )

    line = camt_statement(camt_file(camt_entry(details=[detail]))).line

    assert (line.is_reversal, line.counterparty_name) == (True, "GAMMA")
    assert (line.kind_code, line.notes) == ("RTRN", ("returned: AC04",))


@pytest.mark.parametrize("status", ["PDNG", "INFO", "FUTR"])
@pytest.mark.parametrize("shape", ["<Sts>{}</Sts>", "<Sts><Cd>{}</Cd></Sts>"])
def test_what_is_not_booked_is_not_final(status: str, shape: str) -> None:
    line = camt_statement(camt_file(camt_entry(status=shape.format(status)))).line

    assert not line.is_final


def test_entry_without_status_is_not_final_and_says_so() -> None:
    line = camt_statement(camt_file(camt_entry(status=""))).line

    assert (line.is_final, line.notes) == (False, ("no status: not known to be booked",))


@pytest.mark.parametrize(
    ("message", "part", "statement_format"),
    [("BkToCstmrAcctRpt", "Rpt", "camt052"), ("BkToCstmrDbtCdtNtfctn", "Ntfctn", "camt054")],
)
def test_reports_and_notifications_are_never_final(message: str, part: str, statement_format: str) -> None:
    content = camt_file(camt_entry()).replace("BkToCstmrStmt", message).replace("Stmt>", f"{part}>")

    events = list(
        read_statement(BytesIO(content.encode()), StatementFormat(statement_format), default_currency="INR")
    )

    assert [event.is_final for event in events if isinstance(event, PartOpened | StatementLine)] == [
        False,
        False,
    ]


def test_date_with_time_and_offset_keeps_the_day_the_bank_wrote() -> None:
    booked = "<BookgDt><DtTm>2026-05-01T23:30:00+05:30</DtTm></BookgDt>"
    dates = f"{booked}<ValDt><DtTm>2026-05-02T00:10:00Z</DtTm></ValDt>"

    line = camt_statement(camt_file(camt_entry(dates=dates))).line

    assert (line.booked_on, line.value_on) == (date(2026, 5, 1), date(2026, 5, 2))


def test_missing_booking_date_is_the_value_date() -> None:
    line = camt_statement(camt_file(camt_entry(dates="<ValDt><Dt>2026-05-03</Dt></ValDt>"))).line

    assert line.booked_on == line.value_on == date(2026, 5, 3)


def test_batch_whose_transactions_sum_to_the_entry_becomes_one_line_each() -> None:
    details = [
        '<Amt Ccy="INR">70.00</Amt><RmtInf><Ustrd>A</Ustrd></RmtInf>',
        '<AmtDtls><TxAmt><Amt Ccy="INR">40.00</Amt></TxAmt></AmtDtls><RmtInf><Ustrd>B</Ustrd></RmtInf>',
        '<Amt Ccy="INR">10.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><RmtInf><Ustrd>C</Ustrd></RmtInf>',
    ]
    whole = "<AcctSvcrRef>BATCH</AcctSvcrRef><AddtlNtryInf>THE BATCH</AddtlNtryInf>"
    entry = camt_entry(extra=whole, details=details)

    lines = camt_statement(camt_file(entry, camt_entry("5.00"))).lines

    assert [line.amount_minor for line in lines] == [7000, 4000, -1000, 500]
    assert [line.line_number for line in lines] == [1, 2, 3, 4]
    assert [line.narration for line in lines] == ["A", "B", "C", ""]
    assert {line.bank_reference for line in lines[:3]} == {"BATCH"}


def test_transaction_of_a_batch_without_money_is_information_only() -> None:
    details = ['<Amt Ccy="INR">100.00</Amt>', '<Amt Ccy="INR">0.00</Amt>']

    lines = camt_statement(camt_file(camt_entry(details=details))).lines

    assert [(line.amount_minor, line.is_final) for line in lines] == [(10000, True), (0, False)]


@pytest.mark.parametrize(
    ("share", "note"),
    [
        ('<Amt Ccy="INR">1.00</Amt>', "batch_sum_mismatch: 2 transactions sum to 200 minor units"),
        ("", "batch of 2 transactions without amounts of their own"),
        ('<Amt Ccy="INR">1.005</Amt>', "batch of 2 transactions without amounts of their own"),
    ],
)
def test_batch_that_does_not_sum_stays_one_line_with_all_its_texts(share: str, note: str) -> None:
    details = [f"{share}<RmtInf><Ustrd>{name}</Ustrd></RmtInf>" for name in ("FIRST", "SECOND")]

    line = camt_statement(camt_file(camt_entry(details=details))).line

    assert (line.amount_minor, line.narration, line.notes) == (10000, "FIRST SECOND", (note,))


def test_single_detail_in_another_currency_leaves_the_entry_amount() -> None:
    line = camt_statement(camt_file(camt_entry(details=['<Amt Ccy="SEK">0</Amt>']))).line

    assert line.amount_minor == 10000


def test_end_to_end_id_not_provided_is_no_reference() -> None:
    line = camt_statement(
        camt_file(camt_entry(details=["<Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>"]))
    ).line

    assert line.customer_reference == ""


def test_repeated_unstructured_texts_join_without_a_blank_only_where_one_was_full() -> None:
    full = "X" * 138 + "UT"
    detail = f"<RmtInf><Ustrd>{full}</Ustrd><Ustrd>R123</Ustrd><Ustrd>NOTE</Ustrd></RmtInf>"

    line = camt_statement(camt_file(camt_entry(details=[detail]))).line

    assert line.narration == f"{full}R123 NOTE"


def test_structured_remittance_gives_document_numbers() -> None:
    detail = (
        "<RmtInf><Strd><RfrdDocInf><Nb>INV/1</Nb></RfrdDocInf><RfrdDocInf><Nb>INV/2</Nb></RfrdDocInf></Strd>"
        "<Strd><CdtrRefInf><Ref>RF18</Ref></CdtrRefInf><AddtlRmtInf>less TDS</AddtlRmtInf></Strd></RmtInf>"
    )

    line = camt_statement(camt_file(camt_entry(details=[detail]))).line

    assert line.document_numbers == ("INV/1", "INV/2")
    assert (line.other_references, line.narration) == (("CREDITOR:RF18",), "less TDS")


def test_additional_entry_text_is_the_narration_where_there_is_no_other() -> None:
    line = camt_statement(camt_file(camt_entry(extra="<AddtlNtryInf>CHQ DEP 004211</AddtlNtryInf>"))).line

    assert line.narration == "CHQ DEP 004211"


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("8.85000", 885), ("8.8", 880), ("8", 800), ("0.01", 1), ("10000000.00", 1000000000)],
)
def test_zeros_beyond_the_currency_do_not_matter(amount: str, expected: int) -> None:
    assert camt_statement(camt_file(camt_entry(amount))).line.amount_minor == expected


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (camt_entry("8.85001"), "invalid_amount"),
        (camt_entry("-5.00"), "invalid_amount"),
        (camt_entry(""), "invalid_amount"),
        (camt_entry("1e3"), "invalid_amount"),
        (camt_entry("99999999999999999999.00"), "invalid_amount"),
        (camt_entry(currency="USD"), "currency_mismatch"),
        (camt_entry(mark="X"), "direction_unknown"),
        (camt_entry(dates=""), "invalid_date"),
        (camt_entry(dates="<BookgDt><Dt>2026-02-30</Dt></BookgDt>"), "invalid_date"),
    ],
)
def test_entry_that_cannot_be_read_is_kept_as_rejected(entry: str, code: str) -> None:
    statement = camt_statement(camt_file(entry))

    assert (statement.rejection.line_number, statement.rejection.code) == (1, code)
    assert statement.rejection.raw.startswith("<Ntry>")
    assert "file line 1" in statement.rejection.detail


def test_rejected_entries_count_as_lines() -> None:
    statement = camt_statement(camt_file(camt_entry("x"), camt_entry()))

    assert (statement.rejected[0].line_number, statement.lines[0].line_number) == (1, 2)


def test_zero_amount_is_information_only() -> None:
    line = camt_statement(camt_file(camt_entry("0.00"))).line

    assert (line.amount_minor, line.is_final) == (0, False)


def test_currency_without_decimals_is_exact() -> None:
    account = "<Id><IBAN>JP1</IBAN></Id><Ccy>JPY</Ccy>"

    assert (
        camt_statement(camt_file(camt_entry("2700", currency="JPY"), account=account)).line.amount_minor
        == 2700
    )


def test_account_without_currency_takes_it_from_balance_then_entry_then_request() -> None:
    account = "<Id><IBAN>X</IBAN></Id>"
    by_balance = camt_file(account=account, balances=camt_balance("OPBD", "1.00", currency="EUR"))
    by_entry = camt_file(camt_entry(currency="USD"), account=account)
    by_request = camt_file(account=account)

    assert [camt_statement(each).opened[0].currency for each in (by_balance, by_entry, by_request)] == [
        "EUR",
        "USD",
        "INR",
    ]


def test_several_statements_are_parts_and_lines_are_counted_over_the_file() -> None:
    account = "<Acct><Id><IBAN>{}</IBAN></Id><Ccy>INR</Ccy></Acct>"
    parts = [f"<Stmt><Id>{name}</Id>{account.format(name)}{camt_entry()}</Stmt>" for name in ("A", "B")]

    statement = camt_statement(camt_document(*parts))

    assert [part.account_number for part in statement.opened] == ["A", "B"]
    assert [(line.part_number, line.line_number) for line in statement.lines] == [(1, 1), (2, 2)]


def test_statement_without_entries_is_legal() -> None:
    statement = camt_statement(camt_file())

    assert (len(statement.opened), len(statement.closed), statement.lines) == (1, 1, [])


def test_account_of_the_request_holds_where_the_file_names_none() -> None:
    statement = camt_statement(camt_file(account="<Ccy>INR</Ccy>"), account="50100099")

    assert statement.opened[0].account_number == "50100099"


def test_file_cut_off_gives_the_lines_before_and_then_says_where() -> None:
    content = camt_file(camt_entry(), camt_entry()).replace("<Ntry>", "\n<Ntry>")
    cut = content[: content.rindex("<BookgDt>")]
    events = list[StatementEvent]()
    reading = read_statement(BytesIO(cut.encode()), StatementFormat.CAMT053, default_currency="INR")

    with pytest.raises(StatementUnreadable, match="line 3: expected well-formed XML"):
        events.extend(reading)

    assert [type(event) for event in events] == [PartOpened, StatementLine]


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE Document [<!ENTITY x "1">]>',
        '<!DOCTYPE Document SYSTEM "http://localhost:1/x.dtd">',
        "<!DOCTYPE Document>",
    ],
)
def test_document_type_is_refused(declaration: str) -> None:
    content = camt_file(camt_entry()).replace("?>", f"?>{declaration}", 1)

    with pytest.raises(StatementUnreadable, match="DOCTYPE"):
        camt_statement(content)


def test_entities_that_multiply_are_refused_and_cost_nothing() -> None:
    entities = '<!ENTITY a "lol">' + "".join(
        f'<!ENTITY {name} "{"&" + previous + ";"}{("&" + previous + ";") * 9}">'
        for previous, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    content = camt_file(camt_entry("&i;")).replace("?>", f"?><!DOCTYPE Document [{entities}]>", 1)

    with pytest.raises(StatementUnreadable):
        camt_statement(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty"),
        ("<Document/>", "no statement"),
        (camt_document(), "expected Stmt"),
        ("<Other><Ntry/></Other>", "no Document"),
        (camt_file(balances=camt_balance("OPBD", "x")), "a balance with amount"),
        ("<Document>" + "<a>" * 300 + "</a>" * 300 + "</Document>", "well-formed XML"),
    ],
)
def test_structure_that_is_no_statement_is_refused(content: str, message: str) -> None:
    with pytest.raises(StatementUnreadable, match=message):
        camt_statement(content)


@pytest.mark.parametrize(
    ("stated", "credited_at"),
    [
        ("2026-05-01T18:04:11+05:30", datetime(2026, 5, 1, 12, 34, 11, tzinfo=UTC)),
        ("2026-05-01T12:34:11Z", datetime(2026, 5, 1, 12, 34, 11, tzinfo=UTC)),
        (
            "2026-05-01T18:04:11",
            datetime(2026, 5, 1, 12, 34, 11, tzinfo=UTC),
        ),  # the bank's own time is India's
        ("2026-05-01T00:00:00+05:30", None),  # midnight stands for a day
        ("2026-05-01T23:00:00Z", None),  # another day in India than the one the bank writes
    ],
)
def test_the_instant_of_a_credit_is_kept_when_it_says_more_than_the_day(
    stated: str, credited_at: datetime | None
) -> None:
    line = camt_statement(camt_file(camt_entry(dates=f"<BookgDt><DtTm>{stated}</DtTm></BookgDt>"))).line

    assert (line.booked_on, line.credited_at) == (date(2026, 5, 1), credited_at)


def test_an_entry_with_a_day_only_has_no_instant() -> None:
    assert camt_statement(camt_file(camt_entry())).line.credited_at is None
