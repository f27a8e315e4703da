"""Invents a month of one bank account with its truth: other firms, banks' layouts, number patterns and mixtures than any
sample we were given, so that the matching is not fitted to one of them."""

import random
import string
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from services.payments.domain.bank_statement import StatementLine
from services.payments.domain.deduction import tax_on
from services.payments.domain.deduction_terms import (
    NO_TERMS,
    DeductionTerms,
    DiscountTerm,
    FreightTerm,
)
from services.payments.domain.matching_policy import default_policy
from services.payments.domain.open_item import OpenInvoice
from services.payments.domain.payer import PartnerProfile
from tests.conformance.labelled_statement import LabelledStatement, Truth, with_purchases
from tests.conformance.narration_layouts import LAYOUTS, Said, cheque_return


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIRST = _listed(
    "Vaigai Bharani Sutlej Lakshmi Narayana Trimurti Ganpati Everest Zenith Pragati Sagar Kiran Adarsh Bhagwati Navyug "
    "Shakti Chetak Arihant Mahavir Panchsheel"
)
_SECOND = _listed("Tractors Pumps Motors Spares Engines Hardware Electric Marine Diesel Farm Tools Bearings")
_THIRD = _listed("Corporation House Centre Mart Emporium Traders Agencies Stores Company Enterprise")
_FORMS = ("", "", " Pvt Ltd", " Private Limited", " LLP", " & Co", " and Sons", " Ltd")
_GROUPS = ("Finserv", "Capital", "Family Trust", "Realty", "Overseas")
_CITIES = _listed(
    "Nagpur Indore Vadodara Rajkot Madurai Salem Mysuru Vijayawada Jodhpur Agra Dehradun Siliguri"
)
_BANKS = ("HDFC", "ICIC", "SBIN", "UTIB", "BARB", "KKBK", "PUNB", "CNRB", "UBIN", "INDB", "FDRL", "IOBA")
NUMBER_PATTERNS: dict[str, Callable[[int], str]] = {
    "ENG/26-27/00412": lambda n: f"ENG/26-27/{n:05d}",
    "INV-2026-1234": lambda n: f"INV-2026-{n:04d}",
    "SI2627000123": lambda n: f"SI2627{n:06d}",
    "2627000123": lambda n: f"2627{n:06d}",
    "GST/4123": lambda n: f"GST/{n}",
    "KP-26/0412/D": lambda n: f"KP-26/{n:05d}/D",
    "TI-00412/26-27": lambda n: f"TI-{n:05d}/26-27",
    "26-27/PN/412": lambda n: f"26-27/PN/{n}",
    "VE2627-04123": lambda n: f"VE2627-{n:05d}",
    "0412/2026": lambda n: f"{n:04d}/2026",
}
MILD = {"exact": 50, "many": 20, "tds": 10, "charge": 5, "over": 4, "partial": 4, "advance": 4, "none": 3}
HARD = {"exact": 36, "many": 24, "tds": 14, "charge": 8, "over": 5, "partial": 4, "advance": 5, "none": 4}
AGREED = {
    "exact": 32, "many": 14, "tds": 10, "charge": 5, "discount": 10, "freight": 8, "rounding": 8, "twice": 5, "over": 2,
    "partial": 2, "advance": 2, "none": 2,
}  # fmt: skip
_START = date(2026, 10, 1)
_DISCOUNT = Decimal(2)
_FREIGHT_MINOR = 850_00
_KEPT_BACK = ("tds", "charge", "discount", "freight", "rounding")


@dataclass(frozen=True, slots=True)
class Mixture:
    """Shares of 1: how often a name is damaged, no invoice named, another firm pays, the text is cut short."""

    kinds: dict[str, int]
    damaged_names: float
    unnamed: float
    third_party: float
    cut: float
    has_agreements: bool = False


MIXTURES = {
    "mild": Mixture(MILD, damaged_names=0.15, unnamed=0.25, third_party=0.05, cut=0.02),
    "hard": Mixture(HARD, damaged_names=0.5, unnamed=0.5, third_party=0.03, cut=0.1),
    "agreed": Mixture(
        AGREED, damaged_names=0.25, unnamed=0.35, third_party=0.03, cut=0.03, has_agreements=True
    ),
}


@dataclass(slots=True)
class _Month:
    """The world of one statement while it is invented."""

    random: random.Random
    mixture: Mixture
    layout: str
    partners: list[PartnerProfile]
    friends: dict[str, tuple[str, str]]
    left: dict[str, list[OpenInvoice]]
    paid: list[tuple[PartnerProfile, list[OpenInvoice], int]] = field(default_factory=list)
    lines: list[StatementLine] = field(default_factory=list)
    truths: list[Truth] = field(default_factory=list)


def invented_statement(
    *, seed: int, layout: str, pattern: str, mixture: str, partner_count: int = 40, line_count: int = 240
) -> LabelledStatement:
    chance = random.Random(f"{seed}/{layout}/{pattern}/{mixture}")
    partners = [_partner(chance, number) for number in range(1, partner_count + 1)]
    invoices = _invoices(chance, partners, NUMBER_PATTERNS[pattern], line_count * 8 // 5)
    left: dict[str, list[OpenInvoice]] = {partner.code: [] for partner in partners}
    for invoice in invoices:
        left[invoice.partner_code].append(invoice)
    friends = {
        p.code: (f"{chance.choice(_FIRST)} {chance.choice(_GROUPS)} Pvt Ltd".upper(), _ifsc(chance))
        for p in chance.sample(partners, max(1, partner_count // 8))
    }
    month = _Month(chance, MIXTURES[mixture], layout, partners, friends, left)
    for number in range(1, line_count + 1):
        _add_line(month, number, _START + timedelta(days=number * 28 // line_count))
    return LabelledStatement(
        tuple(partners),
        with_purchases(invoices),
        tuple(month.lines),
        tuple(month.truths),
        _agreements(partners) if month.mixture.has_agreements else NO_TERMS,
    )


def _agreements(partners: list[PartnerProfile]) -> DeductionTerms:
    """A fifth of the partners has a discount for paying within the quarter, another fifth advances the freight."""
    since = date(2026, 4, 1)
    return DeductionTerms(
        discounts=tuple(
            DiscountTerm(p.code, _DISCOUNT, 90, since, None)
            for p in partners
            if _agreed(p.code) == "discount"
        ),
        freights=tuple(
            FreightTerm(p.code, _FREIGHT_MINOR, None, since, None)
            for p in partners
            if _agreed(p.code) == "freight"
        ),
    )


def _agreed(partner_code: str) -> str:
    return {1: "discount", 2: "freight"}.get(int(partner_code[1:]) % 5, "")


def _partner(chance: random.Random, number: int) -> PartnerProfile:
    name = f"{chance.choice(_FIRST)} {chance.choice(_SECOND)} {chance.choice(_THIRD)}{chance.choice(_FORMS)}"
    account = str(chance.randrange(10**11, 10**13))
    return PartnerProfile(f"P{number:04d}", name, chance.choice(_CITIES), "West", "", _ifsc(chance), account)


def _ifsc(chance: random.Random) -> str:
    return f"{chance.choice(_BANKS)}0{chance.randrange(10**6):06d}"


def _invoices(
    chance: random.Random, partners: list[PartnerProfile], numbered: Callable[[int], str], count: int
) -> list[OpenInvoice]:
    weights = [chance.paretovariate(1.2) for _ in partners]
    invoices = []
    for serial in range(3000, 3000 + count):
        issued = date(2026, 8, 1) + timedelta(days=(serial - 3000) * 60 // count)
        round_value = chance.random() < 0.12
        taxable = (
            chance.choice((2500000, 5000000, 11800000))
            if round_value
            else chance.randrange(100_000, 60_000_000)
        )
        tax = tax_on(taxable, chance.choice((18, 18, 28)) * default_policy().tds_rules[0].rate * 10)
        total = taxable + tax
        due = issued + timedelta(days=chance.choice((15, 30, 45, 60)))
        partner = chance.choices(partners, weights)[0].code
        key = UUID(int=serial)
        invoices.append(
            OpenInvoice(key, numbered(serial), partner, issued, due, "INR", taxable, tax, total, total)
        )
    return invoices


def _add_line(month: _Month, number: int, day: date) -> None:
    kinds = month.mixture.kinds
    kind = month.random.choices(list(kinds), list(kinds.values()))[0]
    if kind == "twice" and month.paid:
        _add_repeated(month, number, day)
        return
    partner = _payer(month, kind)
    if kind == "none":
        truth = Truth(number, "not_a_receipt", "", (), (), 0)
        _add(month, number, day, month.random.randrange(1000, 2_000_000), _no_receipt(month), truth)
        return
    invoices = month.left[partner.code]
    if kind == "advance" or not invoices:
        amount = month.random.randrange(20, 900) * 100_000
        truth = Truth(number, "advance", partner.code, (), (), amount)
        _add(month, number, day, amount, _said(month, partner, []), truth)
        return
    size = min(len(invoices), month.random.choice((2, 2, 3, 3, 4, 5))) if kind == "many" else 1
    if kind in ("tds", "charge", "discount", "freight", "rounding") and month.random.random() < 0.35:
        size = min(len(invoices), month.random.choice((2, 3, 4)))
    start = min(len(invoices) - size, int(month.random.expovariate(0.9)))
    chosen = invoices[start : start + size]
    amount, truth = _paid(month, number, kind, partner.code, chosen)
    said = _said(month, partner, chosen, must_name=kind == "partial")
    if truth.category != "partial":
        del invoices[start : start + size]
    else:
        invoices.remove(chosen[0])
    if truth.category in ("exact", "many") and said.ifsc == partner.ifsc:
        month.paid.append((partner, chosen, amount))
    _add(month, number, day, amount, said, truth)


def _payer(month: _Month, kind: str) -> PartnerProfile:
    """Discounts and freight are kept back by those who agreed on them."""
    owing = [p for p in month.partners if month.left[p.code]]
    if kind in ("discount", "freight"):
        owing = [p for p in owing if _agreed(p.code) == kind] or owing
    return month.random.choice(owing or month.partners)


def _add_repeated(month: _Month, number: int, day: date) -> None:
    """The same paid once more by mistake, with a reference of its own. Where an open invoice asks for just as much, only
    the number named tells the mistake from a payment."""
    partner, chosen, amount = month.paid.pop(month.random.randrange(len(month.paid)))
    is_due_again = any(i.total_minor == amount for i in month.left[partner.code])
    said = _said(month, partner, chosen, must_name=is_due_again)
    _add(month, number, day, amount, said, Truth(number, "twice", partner.code, (), (), amount))


def _paid(
    month: _Month, number: int, kind: str, partner: str, chosen: list[OpenInvoice]
) -> tuple[int, Truth]:
    cuts = _kept_back(month, kind, chosen)
    kind = kind if cuts or kind not in _KEPT_BACK else "exact" if len(chosen) == 1 else "many"
    rest = 0
    if kind == "over":
        rest = month.random.choice((40, 100, 10000, 50000, 500000))
    cut = dict(cuts)
    pairs = tuple((i.number, i.total_minor - cut.get(i.number, 0)) for i in chosen)
    if kind == "partial":
        pairs = ((chosen[0].number, max(100, int(chosen[0].total_minor * month.random.uniform(0.2, 0.9)))),)
    amount = sum(paid for _, paid in pairs) + rest
    return amount, Truth(number, kind, partner, pairs, cuts, rest)


def _kept_back(month: _Month, kind: str, chosen: list[OpenInvoice]) -> tuple[tuple[str, int], ...]:
    """By invoice; nothing where the kind does not apply: a sum without paise, a payer without the agreement."""
    code = chosen[0].partner_code
    if kind in ("tds", "discount"):
        share = default_policy().tds_rules[0].rate if kind == "tds" else _DISCOUNT / 100
        is_total = month.random.random() < 0.2
        is_agreed = kind == "tds" or _agreed(code) == kind
        bases = [(i.number, i.total_minor if is_total else i.taxable_minor) for i in chosen]
        return tuple((number, tax_on(base, share)) for number, base in bases) if is_agreed else ()
    if kind == "charge":
        return ((chosen[0].number, month.random.choice((590, 1180, 1770, 2950, 295))),)
    if kind == "freight" and _agreed(code) == kind:
        return ((chosen[0].number, _FREIGHT_MINOR),)
    paise = sum(invoice.total_minor for invoice in chosen) % 100
    return ((chosen[-1].number, paise),) if kind == "rounding" and paise else ()


def _said(
    month: _Month, partner: PartnerProfile, chosen: list[OpenInvoice], *, must_name: bool = False
) -> Said:
    chance = month.random
    name, ifsc, account = partner.name.upper(), partner.ifsc, partner.bank_account
    note = ""
    if chosen and (must_name or chance.random() >= month.mixture.unnamed):
        note = _named(chance, [invoice.number for invoice in chosen])
    elif chance.random() < 0.3 and chosen:
        note = chance.choice(("PMT OCT", "PAYMENT", "AGAINST SUPPLY", "OLD DUES"))
    if partner.code in month.friends and chosen and chance.random() < month.mixture.third_party * 8:
        name, ifsc = month.friends[partner.code]
        account = "".join(chance.choices(string.digits, k=12))
    elif chance.random() < month.mixture.damaged_names:
        name = _damaged(chance, name)
    name = name.replace(
        "PRIVATE LIMITED", chance.choice(("PRIVATE LIMITED", "PVT LTD", "P LTD", "PVT. LTD."))
    )
    # Two firms of one name have two addresses, because each belongs to one account.
    address = f"{''.join(partner.name.split()[:2]).lower()}{partner.code[-2:]}@okhdfcbank"
    rail = chance.choice(("NEFT", "NEFT", "RTGS", "IMPS", "UPI", "CHEQUE"))
    return Said(name, ifsc, account, partner.city.upper(), note, address, rail)


def _named(chance: random.Random, numbers: list[str]) -> str:
    style = chance.random()
    if style < 0.45:
        return chance.choice((" ", ", ", ";")).join(numbers)
    if style < 0.6:
        return " ".join("".join(c for c in number if c.isalnum()) for number in numbers)
    serials = [_serial(number) for number in numbers]
    start = chance.choice(("INV ", "BILL ", "INVOICE NO ", "TI ", "AGST INV ", "INV NO.", ""))
    return start + chance.choice((",", " ", "/", "+", " & ")).join(serials)


def _serial(number: str) -> str:
    """The four digits that people in accounts would write: those that no year is made of."""
    for year in ("/26-27", "26-27/", "/2026", "-2026", "2627", "-26/"):
        number = number.replace(year, "/", 1)
    return "".join(c for c in number if c.isdigit())[-4:]


def _damaged(chance: random.Random, name: str) -> str:
    style = chance.randrange(4)
    if style == 0:
        return name[: chance.randrange(9, max(10, len(name)))].strip()
    if style == 1:
        return " ".join(word[: chance.choice((4, 5, 6))] for word in name.split())
    position = chance.randrange(3, len(name) - 2)
    if style == 2:
        return name[:position] + name[position + 1 :]
    return name[:position] + name[position + 1] + name[position] + name[position + 2 :]


def _no_receipt(month: _Month) -> str:
    digits = "".join(month.random.choices(string.digits, k=9))
    return month.random.choice(
        (
            f"INT.PD:01-07-2026 TO 30-09-2026 {digits}",
            f"NEFT CR-RBIS0GSTPMT-GST REFUND-{digits}",
            f"IMPS-9{digits}21-UNKNOWN-XXXX-TEST",
            f"NEFT RETURN-HDFCN26{digits}1-ACCOUNT CLOSED",
            f"CHRG REV-NEFT CHARGES {digits}",
            f"ITDTAX REFUND 2026-27 {digits}",
        )
    )


def _add(month: _Month, number: int, day: date, amount: int, said: Said | str, truth: Truth) -> None:
    if isinstance(said, str):
        text, reference = said, ""
    else:
        text, reference = LAYOUTS[month.layout](said, month.random, day)
        if truth.category == "partial" and said.note not in text:
            truth = replace(truth, category="partial_unnamed", allocations=(), on_account_minor=amount)
        if month.random.random() < month.mixture.cut:
            text = text[: month.random.choice((50, 60, 70))]
    month.lines.append(StatementLine(number, 1, day, day, amount, "INR", text, bank_reference=reference))
    month.truths.append(truth)


def returned(statement: LabelledStatement, line_number: int) -> StatementLine:
    """The return of a cheque of the statement."""
    line = statement.lines[line_number - 1]
    text = cheque_return(line.bank_reference)
    number = len(statement.lines) + 1
    return StatementLine(
        number, 1, line.booked_on, line.value_on, -line.amount_minor, "INR", text, line.bank_reference
    )
