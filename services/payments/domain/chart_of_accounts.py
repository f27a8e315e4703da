"""The ledger accounts this service posts to; the general ledger maps them to its own."""

from typing import Final

BANK_PREFIX: Final = "1100-bank-"  # then the number of the account
RECEIVABLES: Final = "1200-receivables"
TDS_RECEIVABLE: Final = "1310-tds-receivable"
CUSTOMER_ADVANCES: Final = "2100-customer-advances"
CUSTOMER_CREDIT_NOTES: Final = "2150-customer-credit-notes"
BILLING_CLEARING: Final = (
    "3900-billing-clearing"  # the billing system owns revenue and tax; this is its mirror
)
OUTPUT_CGST: Final = "2321-output-cgst"
OUTPUT_SGST: Final = "2322-output-sgst"
OUTPUT_IGST: Final = "2323-output-igst"
SALES_RETURNS: Final = "4110-sales-returns"
DISCOUNTS_ALLOWED: Final = "4120-discounts-allowed"
CHARGES_RECOVERED: Final = "4200-charges-recovered"
GST_ON_CHARGES: Final = "2310-gst-on-charges"
BANK_CHARGES: Final = "5100-bank-charges"
CURRENCY_CONVERSION: Final = "1150-currency-conversion"
EXCHANGE_GAIN: Final = "4700-exchange-gain"
EXCHANGE_LOSS: Final = "5700-exchange-loss"
OWN_TRANSFERS: Final = "1190-transfers-between-own-accounts"
TAX_REFUNDS: Final = "1320-tax-refunds-due"
INPUT_GST: Final = "1330-gst-on-bank-charges"
SUPPLIER_CLEARING: Final = "2400-payments-of-other-departments"
SUSPENSE: Final = "2900-suspense"
OPENING_BALANCES: Final = "3950-opening-balances"
INTEREST_RECEIVED: Final = "4300-interest-received"
OTHER_INCOME: Final = "4900-other-income"
INTEREST_PAID: Final = "5250-interest-paid"
OTHER_EXPENSES: Final = "5950-other-expenses"
EARLY_PAYMENT_DISCOUNTS: Final = "5200-early-payment-discounts"
FREIGHT_BORNE: Final = "5300-freight-borne"
ROUNDING_DIFFERENCES: Final = "5900-rounding-differences"

# What a partner owes us is the sum of these over the lines that carry its code.
PARTNER_ACCOUNTS: Final = (RECEIVABLES, CUSTOMER_ADVANCES, CUSTOMER_CREDIT_NOTES)

ACCOUNT_NAMES: Final = {
    RECEIVABLES: "Trade receivables",
    TDS_RECEIVABLE: "Tax deducted by customers, to be claimed",
    CUSTOMER_ADVANCES: "Advances from customers",
    CUSTOMER_CREDIT_NOTES: "Credit notes not yet used by customers",
    BILLING_CLEARING: "Invoices taken over from billing",
    OUTPUT_CGST: "Central tax payable, less what credit notes reduce",
    OUTPUT_SGST: "State tax payable, less what credit notes reduce",
    OUTPUT_IGST: "Integrated tax payable, less what credit notes reduce",
    SALES_RETURNS: "Returns and allowances of sales",
    DISCOUNTS_ALLOWED: "Discounts allowed without effect on tax",
    CHARGES_RECOVERED: "Charges recovered from customers",
    GST_ON_CHARGES: "GST payable on charges recovered",
    CURRENCY_CONVERSION: "Foreign money that the bank credited in rupees",
    EXCHANGE_GAIN: "Exchange gain realised",
    EXCHANGE_LOSS: "Exchange loss realised",
    BANK_CHARGES: "Bank charges",
    OWN_TRANSFERS: "Transfers between our own accounts, on their way",
    TAX_REFUNDS: "Tax refunds due",
    INPUT_GST: "GST paid on bank charges",
    SUPPLIER_CLEARING: "Payments of other departments, mirrored",
    SUSPENSE: "Suspense, to be cleared",
    OPENING_BALANCES: "Opening balances taken over",
    INTEREST_RECEIVED: "Interest received",
    OTHER_INCOME: "Other income",
    INTEREST_PAID: "Interest paid",
    OTHER_EXPENSES: "Other expenses",
    EARLY_PAYMENT_DISCOUNTS: "Discounts allowed for early payment",
    FREIGHT_BORNE: "Freight advanced by customers",
    ROUNDING_DIFFERENCES: "Rounding differences of a rupee at most",
}
# Where a line of the bank may go that is no customer's payment. Accounts of customers move by their documents only.
LINE_ACCOUNTS: Final = frozenset(
    {
        BANK_CHARGES, OWN_TRANSFERS, TAX_REFUNDS, INPUT_GST, SUPPLIER_CLEARING, SUSPENSE, INTEREST_RECEIVED,
        OTHER_INCOME, INTEREST_PAID, OTHER_EXPENSES,
    }
)  # fmt: skip
# Two accounts had the numbers of deductions' accounts until November 2026. Entries keep the code they were booked under,
# which stays another code of the same account; it is understood where a code is given, and nothing is posted to it any more.
FORMER_CODES: Final = {
    "5200-interest-paid": INTEREST_PAID,
    "5900-other-expenses": OTHER_EXPENSES,
}
# Which account bears what a payer kept back; the kinds are those the matching explains.
DEDUCTION_ACCOUNTS: Final = {
    "TDS194Q": TDS_RECEIVABLE,
    "BANK_CHARGE": BANK_CHARGES,
    "DISCOUNT": EARLY_PAYMENT_DISCOUNTS,
    "FREIGHT": FREIGHT_BORNE,
    "ROUNDING": ROUNDING_DIFFERENCES,
}


def bank_ledger_account(bank_account_number: str) -> str:
    """Each of our bank accounts is a ledger account of its own, so that it can be reconciled alone."""
    return f"{BANK_PREFIX}{bank_account_number}"


def is_bank_account(account_code: str) -> bool:
    """Whether it is the ledger account of one of our bank accounts."""
    return account_code.startswith(BANK_PREFIX)


def account_name(account_code: str) -> str:
    """The name people read; a bank account is named by its number."""
    return ACCOUNT_NAMES.get(code_in_force(account_code), account_code.removeprefix(BANK_PREFIX))


def code_in_force(account_code: str) -> str:
    """The code that is posted to: of a former code the one that took its place, else the code itself."""
    return FORMER_CODES.get(account_code, account_code)


def codes_of_account(account_code: str) -> frozenset[str]:
    """All codes under which entries of the same account stand."""
    code = code_in_force(account_code)
    return frozenset({code, *(former for former, now in FORMER_CODES.items() if now == code)})
