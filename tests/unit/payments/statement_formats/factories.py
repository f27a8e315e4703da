"""Small statement files written by hand, and what is read from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from services.payments.adapters.statement_formats import StatementFormat, read_statement
from services.payments.domain.bank_statement import (
    PartClosed,
    PartOpened,
    RejectedLine,
    StatementEvent,
    StatementLine,
)


@dataclass(frozen=True, slots=True)
class Statement:
    events: list[StatementEvent]

    @property
    def opened(self) -> list[PartOpened]:
        return [event for event in self.events if isinstance(event, PartOpened)]

    @property
    def closed(self) -> list[PartClosed]:
        return [event for event in self.events if isinstance(event, PartClosed)]

    @property
    def lines(self) -> list[StatementLine]:
        return [event for event in self.events if isinstance(event, StatementLine)]

    @property
    def rejected(self) -> list[RejectedLine]:
        return [event for event in self.events if isinstance(event, RejectedLine)]

    @property
    def line(self) -> StatementLine:
        (line,) = self.lines
        assert not self.rejected, self.rejected
        return line

    @property
    def rejection(self) -> RejectedLine:
        (line,) = self.rejected
        assert not self.lines
        return line

    @property
    def balance_differences(self) -> list[int]:
        """Opening + lines - closing of every part; zero where the statement proves itself."""
        differences = []
        for part in self.closed:
            assert part.opening is not None
            assert part.closing is not None
            moved = sum(line.amount_minor for line in self.lines if line.part_number == part.part_number)
            differences.append(part.opening.amount_minor + moved - part.closing.amount_minor)
        return differences


def statement_of(
    content: str | bytes, statement_format: StatementFormat, *, currency: str = "INR", account: str = ""
) -> Statement:
    file = BytesIO(content.encode() if isinstance(content, str) else content)
    return Statement(
        list(read_statement(file, statement_format, default_currency=currency, account_number=account))
    )


def camt_statement(content: str | bytes, **request: str) -> Statement:
    return statement_of(content, StatementFormat.CAMT053, **request)


def mt940_statement(content: str | bytes, **request: str) -> Statement:
    return statement_of(content, StatementFormat.MT940, **request)


def delimited_statement(content: str | bytes, **request: str) -> Statement:
    return statement_of(content, StatementFormat.DELIMITED, **request)


def bai2_statement(content: str | bytes, **request: str) -> Statement:
    return statement_of(content, StatementFormat.BAI2, **request)


def ofx_statement(content: str | bytes, **request: str) -> Statement:
    return statement_of(content, StatementFormat.OFX, **request)


def camt_file(
    *entries: str,
    version: str = "08",
    account: str = "<Id><Othr><Id>50100099</Id></Othr></Id><Ccy>INR</Ccy>",
    balances: str = "",
) -> str:
    head = f"<Id>S-1</Id><ElctrncSeqNb>7</ElctrncSeqNb><Acct>{account}</Acct>{balances}"
    return camt_document(f"<Stmt>{head}{''.join(entries)}</Stmt>", version=version)


def camt_document(*statements: str, version: str = "08") -> str:
    namespace = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{namespace}">'
        f"<BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr>{''.join(statements)}</BkToCstmrStmt></Document>"
    )


def camt_balance(
    kind: str, amount: str, *, mark: str = "CRDT", currency: str = "INR", on: str = "2026-05-01"
) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{amount}</Amt>'
        f"<CdtDbtInd>{mark}</CdtDbtInd><Dt><Dt>{on}</Dt></Dt></Bal>"
    )


def camt_entry(
    amount: str = "100.00",
    *,
    mark: str = "CRDT",
    currency: str = "INR",
    status: str = "<Sts><Cd>BOOK</Cd></Sts>",
    dates: str = "<BookgDt><Dt>2026-05-01</Dt></BookgDt><ValDt><Dt>2026-05-02</Dt></ValDt>",
    extra: str = "",
    details: Sequence[str] = (),
) -> str:
    transactions = "".join(f"<TxDtls>{detail}</TxDtls>" for detail in details)
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd>{status}{dates}{extra}'
        f"<NtryDtls>{transactions}</NtryDtls></Ntry>"
    )


def mt940_message(
    *fields: str, opening: str = "C260501INR1000,00", closing: str = "C260531INR1000,00"
) -> str:
    body = "\r\n".join(
        (":20:REF1", ":25:50100099", ":28C:5/1", f":60F:{opening}", *fields, f":62F:{closing}")
    )
    return f"{body}\r\n-\r\n"


HEADINGS = "Date,Narration,Chq./Ref.No.,Value Dt,Withdrawal Amt.,Deposit Amt.,Closing Balance"


def delimited_file(*rows: str, headings: str = HEADINGS, preamble: Sequence[str] = ()) -> str:
    return "\n".join((*preamble, headings, *rows)) + "\n"
