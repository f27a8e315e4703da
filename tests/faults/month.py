"""A month of payments whose outcome is known beforehand: the oracle of the fault tests, free of our own code."""

from dataclasses import dataclass, field

PARTNER_COUNT = 20
INVOICE_HEADER = "number,partner_code,issue_date,due_date,currency,taxable_amount,tax_amount,total_amount"
PARTNER_HEADER = "code,name,city,zone,gstin,ifsc,bank_account"
STATEMENT_HEADER = "Date,Narration,Chq./Ref.No.,Value Dt,Withdrawal Amt.,Deposit Amt.,Closing Balance"
NAMES = (
    "SAHYADRI",
    "GODAVARI",
    "KONKAN",
    "NARMADA",
    "CHAMBAL",
    "VINDHYA",
    "MALWA",
    "KAVERI",
    "SATPURA",
    "DECCAN",
)


@dataclass(frozen=True, slots=True)
class Month:
    """`count` invoices, each paid by one bank line that names it; `name` keeps months apart."""

    name: str
    count: int
    references: dict[str, int] = field(default_factory=dict)  # UTR → paise, filled by `statement`

    def partners(self) -> bytes:
        rows = [
            f"{self._partner(number)},{NAMES[number % 10]} {'DIESEL' if number < 10 else 'MARINE'} WORKS,"
            f"Pune,West,,HDFC00{number:05d},"
            for number in range(PARTNER_COUNT)
        ]
        return "\n".join([PARTNER_HEADER, *rows, ""]).encode()

    def invoices(self) -> bytes:
        rows = [
            f"{self._invoice(number)},{self._partner(number)},2026-09-01,2026-10-01,INR,"
            f"{_rupees(self._paise(number))},0.00,{_rupees(self._paise(number))}"
            for number in range(self.count)
        ]
        return "\n".join([INVOICE_HEADER, *rows, ""]).encode()

    def statement(self) -> bytes:
        """Chronological; the running balance starts at one crore."""
        balance, rows = 10_000_000_00, []
        for number in range(self.count):
            utr, paise, day = (
                f"HDFCN5202610{1 + number * 28 // self.count:02d}{number:08d}",
                self._paise(number),
                "",
            )
            day = f"{1 + number * 28 // self.count:02d}/10/26"
            balance += paise
            narration = f"NEFT CR-HDFC00{number % PARTNER_COUNT:05d}-{self._payer(number)}-{self._invoice(number)}-{utr}"
            rows.append(f"{day},{narration},{utr},{day},,{_rupees(paise)},{_rupees(balance)}")
            self.references[utr] = paise
        return "\n".join([STATEMENT_HEADER, *rows, ""]).encode()

    def _partner(self, number: int) -> str:
        return f"{self.name}{number % PARTNER_COUNT:02d}"

    def _payer(self, number: int) -> str:
        partner = number % PARTNER_COUNT
        return f"{NAMES[partner % 10]} {'DIESEL' if partner < 10 else 'MARINE'} WORKS"

    def _invoice(self, number: int) -> str:
        return f"{self.name}/26-27/{number:06d}"

    def _paise(self, number: int) -> int:
        return 100_000_00 + number * 1_037


def _rupees(paise: int) -> str:
    return f"{paise // 100}.{paise % 100:02d}"
