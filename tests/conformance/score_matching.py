"""Scores the matching on a labelled statement: python -m tests.conformance.score_matching DATA_DIR [--misses]

A labelled statement is a folder with partners.csv, invoices.csv, one statement-*.csv in HDFC's columns and truth.csv.
"""

import csv
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

from services.payments.domain.bank_statement import StatementLine
from services.payments.domain.decision import Decision, Outcome
from services.payments.domain.invoice_number import learn_number_patterns, number_keys
from services.payments.domain.matching import LookupKeys, decide_batch, lookup_keys, read_batch
from services.payments.domain.matching_policy import MatchingPolicy, default_policy
from services.payments.domain.open_item import OpenInvoice
from services.payments.domain.payer import PartnerIndex, PartnerProfile
from services.payments.domain.payer_alias import PayerAlias

_NO_RECEIPTS = ("bounce", "not_a_receipt")
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


@dataclass(slots=True)
class Score:
    receipts: int = 0
    booked: int = 0
    right: int = 0
    safe: int = 0
    wrong: int = 0
    by_category: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    misses: list[tuple[str, Truth, Decision]] = field(default_factory=list)

    @property
    def right_share(self) -> float:
        return self.right / max(1, self.receipts)

    @property
    def precision(self) -> float:
        return 1 - self.wrong / max(1, self.right + self.safe + self.wrong)

    def table(self) -> str:
        rows = [
            f"receipts                      {self.receipts}",
            f"booked without a person       {self.booked / max(1, self.receipts):.4f}",
            f"straight through and right    {self.right_share:.4f}",
            f"safe, waiting on account      {self.safe / max(1, self.receipts):.4f}",
            f"precision of automatic        {self.precision:.4f}  ({self.wrong} wrong)",
        ]
        for category, tally in sorted(self.by_category.items()):
            figures = "  ".join(
                f"{verdict} {tally[verdict]}" for verdict in ("right", "safe", "wrong", "asked")
            )
            rows.append(f"  {category:26s} {figures}  of {tally.total()}")
        return "\n".join(rows)


def minor(text: str) -> int:
    return int((Decimal(text or "0") * 100).to_integral_value())


def read_labelled_statement(folder: Path) -> LabelledStatement:
    partners = tuple(PartnerProfile(**row) for row in _rows(folder / "partners.csv"))
    invoices = tuple(_invoice(row) for row in _rows(folder / "invoices.csv"))
    statement = next(folder.glob("statement-*.csv"))
    lines = tuple(_line(number, row) for number, row in enumerate(_rows(statement), start=1))
    truths = tuple(_truth(row) for row in _rows(folder / "truth.csv"))
    return LabelledStatement(partners, invoices, lines, truths)


def decide(statement: LabelledStatement, policy: MatchingPolicy, *, chunk: int = 100_000) -> list[Decision]:
    """Runs chunk by chunk, with invoices and learned payers carried over as a service would."""
    index = PartnerIndex(statement.partners)
    patterns = learn_number_patterns(invoice.number for invoice in statement.invoices)
    left = {invoice.id: invoice.open_minor for invoice in statement.invoices}
    aliases: list[PayerAlias] = []
    decisions: list[Decision] = []
    for start in range(0, len(statement.lines), chunk):
        batch = read_batch(
            statement.lines[start : start + chunk], index, patterns, aliases=aliases, policy=policy
        )
        keys = lookup_keys(batch)
        fetched = [
            _reduced(i, left[i.id]) for i in statement.invoices if left[i.id] > 0 and _is_asked_for(i, keys)
        ]
        for decision in decide_batch(batch, fetched, {}):
            decisions.append(decision)
            aliases += decision.learned_aliases
            if decision.outcome is Outcome.AUTO:
                for allocation in decision.allocations:
                    left[allocation.invoice_id] -= allocation.amount_minor
                for deduction in decision.deductions:
                    left[deduction.invoice_id] -= deduction.amount_minor
    return decisions


def score(statement: LabelledStatement, decisions: Sequence[Decision]) -> Score:
    alike = {i.number: f"{i.partner_code} {i.taxable_minor} {i.total_minor}" for i in statement.invoices}
    result = Score()
    for truth, decision in zip(statement.truths, decisions, strict=True):
        is_auto = decision.outcome is Outcome.AUTO and decision.kind == "receipt"
        is_receipt = truth.category not in _NO_RECEIPTS
        verdict = (
            _verdict(truth, decision, alike) if is_auto and is_receipt else "wrong" if is_auto else "asked"
        )
        result.receipts += is_receipt
        result.booked += is_auto and is_receipt
        result.right += verdict == "right"
        result.safe += verdict == "safe"
        result.wrong += verdict == "wrong"
        result.by_category[truth.category][verdict] += 1
        if verdict != "right" and (is_receipt or is_auto):
            result.misses.append((verdict, truth, decision))
    return result


def _verdict(truth: Truth, decision: Decision, alike: dict[str, str]) -> str:
    pairs = Counter((alike[a.invoice_number], a.amount_minor) for a in decision.allocations)
    cuts = Counter((alike[d.invoice_number], d.amount_minor) for d in decision.deductions)
    true_pairs = Counter((alike[number], amount) for number, amount in truth.allocations)
    true_cuts = Counter((alike[number], amount) for number, amount in truth.deductions)
    if decision.partner_code != truth.partner_code:
        return "wrong"
    if (pairs, cuts, decision.on_account_minor) == (true_pairs, true_cuts, truth.on_account_minor):
        return "right"
    return "wrong" if pairs - true_pairs or cuts - true_cuts else "safe"


def _is_asked_for(invoice: OpenInvoice, keys: LookupKeys) -> bool:
    return (
        invoice.partner_code in keys.partner_codes
        or invoice.open_minor in keys.amounts_minor
        or not keys.number_keys.isdisjoint(number_keys(invoice.number))
    )


def _reduced(invoice: OpenInvoice, open_minor: int) -> OpenInvoice:
    return replace(invoice, open_minor=open_minor)


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


def _line(number: int, row: dict[str, str]) -> StatementLine:
    day = datetime.strptime(row["Value Dt"], "%d/%m/%y").date()  # noqa: DTZ007 — a date without time
    return StatementLine(
        line_number=number,
        part_number=1,
        booked_on=day,
        value_on=day,
        amount_minor=minor(row["Deposit Amt."]) - minor(row["Withdrawal Amt."]),
        currency="INR",
        narration=row["Narration"],
        bank_reference=row["Chq./Ref.No."],
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


def main(arguments: Sequence[str]) -> None:
    statement = read_labelled_statement(Path(arguments[0]))
    started = time.process_time()
    decisions = decide(statement, default_policy())
    elapsed = time.process_time() - started
    result = score(statement, decisions)
    print(result.table())
    print(f"{len(decisions)} lines in {elapsed:.2f} s of one core")
    if "--misses" in arguments:
        for verdict, truth, decision in result.misses:
            line = statement.lines[truth.line_number - 1]
            print(f"{verdict:6s} {truth.line_number:5d} {line.narration} | {line.amount_minor / 100:.2f}")
            print(f"       truth {truth}")
            print(f"       given {decision.outcome} {decision.partner_code} {decision.score}", end=" ")
            print(
                [(a.invoice_number, a.amount_minor) for a in decision.allocations], decision.on_account_minor
            )
            print("      ", [r.code for r in decision.reasons], end=" ")
            print(
                [
                    (a.partner_code, [x.invoice_number for x in a.allocations], a.share)
                    for a in decision.alternatives
                ]
            )


if __name__ == "__main__":
    main(sys.argv[1:])
