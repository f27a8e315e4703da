"""What a bank statement file says, whatever its format: parts, lines, balances, unreadable lines."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance the bank states; negative when the account is overdrawn."""

    amount_minor: int
    currency: str
    balance_on: date | None


@dataclass(frozen=True, slots=True)
class PartOpened:
    """A file holds one or more statements ("parts"): an MT940 message, a CAMT Stmt, or a whole CSV."""

    part_number: int  # 1, 2, … in file order
    account_number: str  # as the file writes it; '' when the file does not say
    currency: str
    identification: str  # :20:, Stmt/Id or ''
    sequence: str  # :28C:, ElctrncSeqNb or ''
    is_final: bool  # False for intraday information (MT942, camt.052): never booked


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One booked entry of the bank. Positive amounts are money in, negative ones money out."""

    line_number: int  # 1, 2, … over the whole file, rejected lines counted too
    part_number: int
    booked_on: date
    value_on: date
    amount_minor: int
    currency: str
    narration: str
    bank_reference: str = ""  # the bank's own reference, UTR or cheque number column; '' when none
    customer_reference: str = ""  # EndToEndId, :61: reference; may be a prefix of a UTR; '' when none
    counterparty_name: str = ""
    counterparty_account: str = ""
    kind_code: str = ""  # NTRF, NCHK, NRTI, BkTxCd … as the bank writes it
    is_reversal: bool = False  # the bank marks it as taking back an earlier entry
    is_final: bool = True  # False for PDNG / INFO entries and everything intraday
    running_balance_minor: int | None = None
    document_numbers: tuple[str, ...] = ()  # structured remittance information
    raw: str = ""  # the line as the file had it, for evidence; at most 2,000 characters
    other_references: tuple[str, ...] = ()  # further keys as 'UETR:…', 'TXID:…', 'CHEQUE:…'
    notes: tuple[str, ...] = ()  # what the reader had to decide, e.g. a value date of 30 February
    credited_at: datetime | None = None  # the bank's own instant of the entry, aware; few statements tell it


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line of the file that holds an entry we cannot read. It is stored and shown, never skipped."""

    line_number: int
    part_number: int
    code: str  # invalid_date, invalid_amount, currency_mismatch, batch_sum_mismatch, …
    detail: str
    raw: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a part that a person has to look at."""

    code: str  # control_total_mismatch, statement_corrected, …
    detail: str


@dataclass(frozen=True, slots=True)
class PartClosed:
    """The end of a part with the balances the bank states; None where it states none."""

    part_number: int
    opening: Balance | None
    closing: Balance | None
    balance_breaks: tuple[int, ...] = ()  # lines whose running balance does not follow
    information: str = ""  # what the bank says about the statement as a whole
    is_complete: bool | None = None  # whether control totals of the format agree; None where it has none
    findings: tuple[Finding, ...] = ()


StatementEvent = PartOpened | StatementLine | RejectedLine | PartClosed
