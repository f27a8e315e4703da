"""Bank statement files in the formats banks send, written from the same entries."""

import csv
import io
import itertools
from dataclasses import dataclass
from datetime import date
from typing import Final
from xml.sax.saxutils import escape

import xlsxwriter

from shared.money import text_from_minor
from tests.factories.payments import ACCOUNT_NUMBER, RECEIVED_ON

OPENING_MINOR: Final = 1_000_000
BAI2_LENGTH: Final = 80
HEADINGS: Final = (
    "Date", "Narration", "Chq./Ref.No.", "Value Dt", "Withdrawal Amt.", "Deposit Amt.", "Closing Balance",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One booked entry of the bank; positive amounts are money in."""

    amount_minor: int
    narration: str
    reference: str = ""
    booked_on: date = RECEIVED_ON
    currency: str = "INR"
    is_pending: bool = False


def csv_file(*entries: Entry, opening_minor: int = OPENING_MINOR) -> bytes:
    """With a running balance, as most banks' net banking exports have it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    balance = opening_minor
    for entry in entries:
        balance += entry.amount_minor
        amount = text_from_minor(abs(entry.amount_minor), entry.currency)
        day = entry.booked_on.strftime("%d/%m/%Y")
        out, into = (amount, "") if entry.amount_minor < 0 else ("", amount)
        writer.writerow(
            (day, entry.narration, entry.reference, day, out, into, text_from_minor(balance, "INR"))
        )
    return text.getvalue().encode()


def xlsx_file(*entries: Entry, opening_minor: int = OPENING_MINOR, newest_first: bool = False) -> bytes:
    """As net banking exports a workbook: preamble, real dates, amounts as numbers, a total and a legend below."""
    content = io.BytesIO()
    balances = list(itertools.accumulate((entry.amount_minor for entry in entries), initial=opening_minor))[
        1:
    ]
    listed = list(zip(entries, balances, strict=True))
    with xlsxwriter.Workbook(content, {"in_memory": True, "default_date_format": "dd/mm/yyyy"}) as book:
        sheet = book.add_worksheet("Statement")
        sheet.write_row(0, 0, ("Account No :", ACCOUNT_NUMBER))
        sheet.write_row(2, 0, HEADINGS)
        for number, (entry, balance) in enumerate(reversed(listed) if newest_first else listed, start=3):
            sheet.write(number, 0, entry.booked_on)
            sheet.write_string(number, 1, entry.narration)
            sheet.write_string(number, 2, entry.reference)
            sheet.write(number, 3, entry.booked_on)
            sheet.write_number(number, 4 + (entry.amount_minor > 0), abs(entry.amount_minor) / 100)
            sheet.write_number(number, 6, balance / 100)
        sheet.write_row(len(listed) + 3, 0, ("Total", "", "", "", 0, 0))
        sheet.write_row(len(listed) + 5, 0, ("Legends :",))
    return content.getvalue()


def camt_file(
    *entries: Entry,
    opening_minor: int = OPENING_MINOR,
    closing_minor: int | None = None,
    account_number: str = ACCOUNT_NUMBER,
) -> bytes:
    """One CAMT.053 statement; the closing balance follows from the entries unless given."""
    closing = (
        opening_minor + sum(e.amount_minor for e in entries if not e.is_pending)
        if closing_minor is None
        else closing_minor
    )
    parts = "".join(_camt_entry(entry) for entry in entries)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId>'
        "<CreDtTm>2026-10-14T20:00:00+05:30</CreDtTm></GrpHdr><Stmt><Id>S1</Id><ElctrncSeqNb>1</ElctrncSeqNb>"
        f"<Acct><Id><Othr><Id>{account_number}</Id></Othr></Id><Ccy>INR</Ccy></Acct>"
        f"{_camt_balance('OPBD', opening_minor)}{_camt_balance('CLBD', closing)}{parts}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def _camt_balance(kind: str, amount_minor: int) -> str:
    sign = "DBIT" if amount_minor < 0 else "CRDT"
    amount = text_from_minor(abs(amount_minor), "INR")
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy='INR'>{amount}</Amt>"
        f"<CdtDbtInd>{sign}</CdtDbtInd><Dt><Dt>{RECEIVED_ON}</Dt></Dt></Bal>"
    )


def _camt_entry(entry: Entry) -> str:
    sign = "DBIT" if entry.amount_minor < 0 else "CRDT"
    status = "PDNG" if entry.is_pending else "BOOK"
    reference = f"<Refs><EndToEndId>{entry.reference}</EndToEndId></Refs>" if entry.reference else ""
    return (
        f"<Ntry><Amt Ccy='{entry.currency}'>{text_from_minor(abs(entry.amount_minor), entry.currency)}</Amt>"
        f"<CdtDbtInd>{sign}</CdtDbtInd><Sts>{status}</Sts><BookgDt><Dt>{entry.booked_on}</Dt></BookgDt>"
        f"<ValDt><Dt>{entry.booked_on}</Dt></ValDt><NtryDtls><TxDtls>{reference}"
        f"<RmtInf><Ustrd>{escape(entry.narration)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def mt940_file(*entries: Entry, opening_minor: int = OPENING_MINOR) -> bytes:
    """References longer than 16 characters are cut, as the format demands."""
    closing = opening_minor + sum(entry.amount_minor for entry in entries)
    lines = [":20:STMT1", f":25:{ACCOUNT_NUMBER}", ":28C:1/1", f":60F:{_swift_balance(opening_minor)}"]
    for entry in entries:
        sign = "D" if entry.amount_minor < 0 else "C"
        day = entry.booked_on
        amount = text_from_minor(abs(entry.amount_minor), "INR").replace(".", ",")
        lines.append(f":61:{day:%y%m%d}{day:%m%d}{sign}{amount}NTRF{entry.reference[:16] or 'NONREF'}")
        lines.append(f":86:{entry.narration}")
    lines.append(f":62F:{_swift_balance(closing)}")
    return "\r\n".join([*lines, "-", ""]).encode()


def _swift_balance(amount_minor: int) -> str:
    sign = "D" if amount_minor < 0 else "C"
    return f"{sign}{RECEIVED_ON:%y%m%d}INR{text_from_minor(abs(amount_minor), 'INR').replace('.', ',')}"


def bai2_file(
    *entries: Entry,
    opening_minor: int = OPENING_MINOR,
    account_number: str = ACCOUNT_NUMBER,
    status: str = "1",
    control_error_minor: int = 0,
) -> bytes:
    """One group and account a day; texts are cut where a record is full and go on in the next."""
    groups, balance = [], opening_minor
    days = sorted({entry.booked_on for entry in entries}) or [RECEIVED_ON]
    for day in days:
        of_day = [entry for entry in entries if entry.booked_on == day]
        closing = balance + sum(entry.amount_minor for entry in of_day)
        body = [f"03,{account_number},INR,010,{balance:+d},,,015,{closing:+d},,/"]
        for entry in of_day:
            body += _bai2_entry(entry)
        total = balance + closing + sum(abs(entry.amount_minor) for entry in of_day) + control_error_minor
        body.append(f"49,{total:+d},{len(body) + 1}/")
        groups.append((day, body, total))
        balance = closing
    lines = [f"01,BANK,US,261015,0600,1,{BAI2_LENGTH},,2/"]
    for day, body, total in groups:
        lines += [f"02,US,BANK,{status},{day:%y%m%d},,INR,2/", *body, f"98,{total:+d},1,{len(body) + 2}/"]
    lines.append(f"99,{sum(total for _, _, total in groups):+d},{len(groups)},{len(lines) + 1}/")
    return "\r\n".join([*lines, ""]).encode()


def _bai2_entry(entry: Entry) -> list[str]:
    kind = "195" if entry.amount_minor > 0 else "495"
    text = f"16,{kind},{abs(entry.amount_minor)},Z,,{entry.reference},{entry.narration}"
    room = BAI2_LENGTH - len("88,")
    rest = text[BAI2_LENGTH:]
    return [text[:BAI2_LENGTH], *(f"88,{rest[start : start + room]}" for start in range(0, len(rest), room))]


def ofx_file(
    *entries: Entry,
    opening_minor: int = OPENING_MINOR,
    closing_minor: int | None = None,
    account_number: str = ACCOUNT_NUMBER,
    is_xml: bool = False,
) -> bytes:
    """Version 1 leaves out the closing tags of values, version 2 is XML; NAME holds 32 characters, MEMO goes on."""
    closing = opening_minor + sum(entry.amount_minor for entry in entries)
    closing = closing if closing_minor is None else closing_minor
    last = max((entry.booked_on for entry in entries), default=RECEIVED_ON)

    def value(name: str, text: str) -> str:
        return f"<{name}>{escape(text)}</{name}>" if is_xml else f"<{name}>{escape(text)}\n"

    transactions = "".join(
        f"<STMTTRN>{value('TRNTYPE', 'CREDIT' if entry.amount_minor > 0 else 'DEBIT')}"
        f"{value('DTPOSTED', f'{entry.booked_on:%Y%m%d}120000[+5.5:IST]')}"
        f"{value('TRNAMT', text_from_minor(entry.amount_minor, entry.currency))}"
        f"{value('FITID', str(number))}"
        f"{value('REFNUM', entry.reference) if entry.reference else ''}"
        f"{value('NAME', entry.narration[:32])}"
        f"{value('MEMO', entry.narration[32:]) if len(entry.narration) > 32 else ''}</STMTTRN>"
        for number, entry in enumerate(entries, start=1)
    )
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE"?>\n'
        if is_xml
        else "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:UTF-8\n\n"
    )
    return (
        f"{head}<OFX><BANKMSGSRSV1><STMTTRNRS><STATUS>{value('CODE', '0')}{value('SEVERITY', 'INFO')}</STATUS>"
        f"<STMTRS>{value('CURDEF', 'INR')}<BANKACCTFROM>{value('BANKID', 'BANK')}{value('ACCTID', account_number)}"
        f"</BANKACCTFROM><BANKTRANLIST>{value('DTEND', f'{last:%Y%m%d}')}{transactions}</BANKTRANLIST><LEDGERBAL>"
        f"{value('BALAMT', text_from_minor(closing, 'INR'))}{value('DTASOF', f'{last:%Y%m%d}')}</LEDGERBAL></STMTRS>"
        "</STMTTRNRS></BANKMSGSRSV1></OFX>"
    ).encode()
