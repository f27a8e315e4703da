"""A labelled bank statement: what the bank told, what was open, and what the payer of each line meant.

A folder holds partners.csv, invoices.csv, truth.csv and one statement: statement-*.csv, *.camt053.xml or *.mt940, read as
the product reads it.
"""

import csv
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import NAMESPACE_OID, UUID, uuid5

from services.payments.adapters.statement_formats import detect_format, read_statement
from services.payments.domain.bank_statement import RejectedLine, StatementLine
from services.payments.domain.deduction_terms import NO_TERMS, DeductionTerms
from services.payments.domain.open_item import OpenInvoice
from services.payments.domain.payer import PartnerProfile

Pairs = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """What the payer meant. Deductions are (invoice, amount)."""

    line_number: int
    category: str
    partner_code: str
    allocations: Pairs
    deductions: Pairs
    on_account_minor: int


@dataclass(frozen=True, slots=True)
class LabelledStatement:
    partners: tuple[PartnerProfile, ...]
    invoices: tuple[OpenInvoice, ...]
    lines: tuple[StatementLine, ...]
    truths: tuple[Truth, ...]
    terms: DeductionTerms = NO_TERMS


def minor(text: str) -> int:
    return int((Decimal(text or "0") * 100).to_integral_value())


def read_labelled_statement(folder: Path) -> LabelledStatement:
    partners = tuple(PartnerProfile(**row) for row in _rows(folder / "partners.csv"))
    invoices = with_purchases([_invoice(row) for row in _rows(folder / "invoices.csv")])
    lines = _lines(_statement_of(folder))
    truths = tuple(_truth(row) for row in _rows(folder / "truth.csv"))
    if len(lines) != len(truths):
        raise ValueError(f"{folder} has {len(lines)} lines of the bank and {len(truths)} truths")
    return LabelledStatement(partners, invoices, lines, truths)


def with_purchases(invoices: Iterable[OpenInvoice]) -> tuple[OpenInvoice, ...]:
    """Each with the partner's purchases of its financial year before it, as the service counts them; the order stays."""
    listed = list(invoices)
    bought: Counter[tuple[str, int]] = Counter()
    before: dict[UUID, int] = {}
    for invoice in sorted(listed, key=lambda one: (one.issued_on, one.number)):
        year = invoice.issued_on.year - (invoice.issued_on.month < 4)
        before[invoice.id] = bought[invoice.partner_code, year]
        bought[invoice.partner_code, year] += invoice.taxable_minor
    return tuple(replace(invoice, purchases_before_minor=before[invoice.id]) for invoice in listed)


def _statement_of(folder: Path) -> Path:
    """The first in the order csv, camt053, mt940 and of names; they tell the same."""
    for ending in ("*.csv", "*.xml", "*.mt940", "*.sta"):
        for path in sorted(folder.glob(f"statement-{ending}")):
            return path
    raise FileNotFoundError(f"{folder} holds no statement-*.csv, *.xml or *.mt940")


def _lines(path: Path) -> tuple[StatementLine, ...]:
    with path.open("rb") as file:
        statement_format = detect_format(file.read(1 << 16), file_name=path.name)
        events = list(read_statement(file, statement_format, default_currency="INR"))
    rejected = [event for event in events if isinstance(event, RejectedLine)]
    if rejected:
        raise ValueError(f"{path}: line {rejected[0].line_number}: {rejected[0].detail}")
    return tuple(event for event in events if isinstance(event, StatementLine))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _invoice(row: dict[str, str]) -> OpenInvoice:
    total = minor(row["total_amount"])
    return OpenInvoice(
        id=uuid5(NAMESPACE_OID, row["number"]),
        number=row["number"],
        partner_code=row["partner_code"],
        issued_on=date.fromisoformat(row["issue_date"]),
        due_on=date.fromisoformat(row["due_date"]),
        currency=row["currency"],
        taxable_minor=minor(row["taxable_amount"]),
        tax_minor=minor(row["tax_amount"]),
        total_minor=total,
        open_minor=total,
    )


def _truth(row: dict[str, str]) -> Truth:
    return Truth(
        line_number=int(row["line"]),
        category=row["category"],
        partner_code=row["partner_code"],
        allocations=tuple((number, minor(amount)) for number, amount in json.loads(row["allocations"])),
        deductions=tuple((number, minor(amount)) for number, _, amount in json.loads(row["deductions"])),
        on_account_minor=minor(row["on_account"]),
    )
