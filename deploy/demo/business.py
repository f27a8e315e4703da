"""Invents partners, invoices and bank lines; the same seed and day always give the same month."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

PAISA: Final = Decimal("0.01")
BANK_ACCOUNT: Final = "50200012345678"
FIRST_WORDS: Final = (
    "Sahyadri",
    "Godavari",
    "Konkan",
    "Deccan",
    "Narmada",
    "Chambal",
    "Vindhya",
    "Malwa",
    "Kaveri",
    "Satpura",
)
TRADES: Final = (
    "Diesel Works",
    "Gensets",
    "Power Systems",
    "Engine Sales",
    "Marine Services",
    "Agro Engines",
)
FORMS: Final = ("Private Limited", "LLP", "& Sons", "Agencies", "")
CITIES: Final = (
    ("Pune", "West", "27"), ("Nagpur", "West", "27"), ("Surat", "West", "24"), ("Delhi", "North", "07"),
    ("Kanpur", "North", "09"), ("Ludhiana", "North", "03"), ("Chennai", "South", "33"), ("Kochi", "South", "32"),
    ("Hyderabad", "South", "36"), ("Kolkata", "East", "19"), ("Patna", "East", "10"), ("Guwahati", "East", "18"),
)  # fmt: skip
BANKS: Final = ("HDFC", "ICIC", "SBIN", "UTIB", "KKBK", "BARB")
GSTIN_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class DemoPartner:
    code: str
    name: str
    city: str
    zone: str
    gstin: str
    ifsc: str
    bank_account: str


@dataclass(frozen=True, slots=True)
class DemoInvoice:
    number: str
    partner: DemoPartner
    issued_on: date
    due_on: date
    taxable: Decimal
    tax: Decimal

    @property
    def total(self) -> Decimal:
        return self.taxable + self.tax


@dataclass(frozen=True, slots=True)
class DemoBankLine:
    """Positive amounts are money in."""

    booked_on: date
    narration: str
    reference: str
    amount: Decimal


class DemoBusiness:
    """Forty partners, their invoices of two months, and last month's bank statement up to yesterday."""

    def __init__(self, today: date, seed: int = 2026) -> None:
        self._random = random.Random(seed)  # noqa: S311 -- invented data, no secret
        self._today = today
        self.partners = [self._partner(number) for number in range(1, 41)]
        self.invoices = [self._invoice(number) for number in range(1, 321)]
        self.bank_lines = sorted(self._lines(), key=lambda line: line.booked_on)

    def _partner(self, number: int) -> DemoPartner:
        pick = self._random
        name = f"{FIRST_WORDS[number % 10]} {TRADES[number % 6]} {pick.choice(FORMS)}".strip()
        city, zone, state = CITIES[number % len(CITIES)]
        pan = "".join(pick.choices("ABCDEFGHJKLMNPRSTUVWXYZ", k=3)) + "CK" + f"{pick.randrange(10**4):04d}"
        body = f"{state}{pan}{pick.choice('ABCDEFGH')}1Z"
        return DemoPartner(
            code=f"DP{number:04d}",
            name=name,
            city=city,
            zone=zone,
            gstin=body + gstin_check_character(body),
            ifsc=f"{BANKS[number % 6]}0{pick.randrange(10**6):06d}",
            bank_account=str(pick.randrange(10**12, 10**13)),
        )

    def _invoice(self, number: int) -> DemoInvoice:
        partner = self._random.choice(self.partners)
        issued_on = self._today - timedelta(days=self._random.randrange(5, 60))
        taxable = Decimal(self._random.randrange(15_000_00, 900_000_00)) / 100
        return DemoInvoice(
            number=f"ENG/{financial_year(issued_on)}/{number:05d}",
            partner=partner,
            issued_on=issued_on,
            due_on=issued_on + timedelta(days=30),
            taxable=taxable,
            tax=(taxable * Decimal("0.18")).quantize(PAISA, ROUND_HALF_UP),
        )

    def _lines(self) -> Iterator[DemoBankLine]:
        for position, invoice in enumerate(self.invoices):
            if self._random.random() < 0.35:
                continue  # not paid yet
            days = self._random.randrange(1, 31)
            paid_on = max(self._today - timedelta(days=days), invoice.issued_on + timedelta(days=1))
            paid_on = min(paid_on, self._today - timedelta(days=1))
            yield from self._payment(invoice, paid_on, position)
        yield DemoBankLine(self._today - timedelta(days=9), "INT.PD ON DEPOSIT", "", Decimal("18442.10"))
        yield DemoBankLine(
            self._today - timedelta(days=2),
            "IMPS-612298765432-UNKNOWN-XXXX-TEST",
            "612298765432",
            Decimal("9900.00"),
        )
        yield DemoBankLine(self._today - timedelta(days=4), "CHRG SMS ALERTS INCL GST", "", Decimal("-35.40"))

    def _payment(self, invoice: DemoInvoice, paid_on: date, position: int) -> Iterator[DemoBankLine]:
        amount = invoice.total
        if position % 7 == 0:  # tax deducted at source, 0.1 % of the value before tax
            amount -= (invoice.taxable / 1000).quantize(PAISA, ROUND_HALF_UP)
        elif position % 17 == 0:
            amount = (amount / 2).quantize(PAISA, ROUND_HALF_UP)
        elif position % 23 == 0:
            yield from self._bounced_cheque(invoice, paid_on)
            return
        reference = f"{invoice.partner.ifsc[:4]}R5{paid_on:%Y%m%d}{self._random.randrange(10**8):08d}"
        name = invoice.partner.name.upper()
        yield DemoBankLine(
            paid_on, f"RTGS CR-{invoice.partner.ifsc}-{name}-{invoice.number}-{reference}", reference, amount
        )

    def _bounced_cheque(self, invoice: DemoInvoice, paid_on: date) -> Iterator[DemoBankLine]:
        number = f"{self._random.randrange(100_000, 999_999)}"
        name, bank = invoice.partner.name.upper(), invoice.partner.ifsc[:4]
        narration = f"CHQ DEP-{number}-CLG-{bank} {invoice.partner.city.upper()}-{name}"
        yield DemoBankLine(paid_on, narration, number, invoice.total)
        returned_on = min(paid_on + timedelta(days=2), self._today - timedelta(days=1))
        yield DemoBankLine(returned_on, f"CHQ RET-{number}-FUNDS INSUFFICIENT", number, -invoice.total)


def gstin_check_character(body: str) -> str:
    """The 15th character of a GSTIN: base 36, weights 1 and 2, quotient plus remainder (GSTN's published scheme)."""
    total = 0
    for position, character in enumerate(body):
        product = GSTIN_ALPHABET.index(character) * (2 if position % 2 else 1)
        total += product // 36 + product % 36
    return GSTIN_ALPHABET[(36 - total % 36) % 36]


def financial_year(day: date) -> str:
    """India's year runs from April: 2 April 2026 lies in 26-27."""
    start = day.year if day.month >= 4 else day.year - 1
    return f"{start % 100:02d}-{(start + 1) % 100:02d}"
