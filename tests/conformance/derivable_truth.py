"""Whether a bank line holds enough to know what its payer meant, judged by the truth and the text alone.

A line allows the answer when it tells the partner and, should it pay invoices, which. It tells the partner when it shows
the beginning of its name, its branch or account, or the number of an invoice paid; or when a single invoice of anybody is
open over just the amount. It tells the invoices when it names one of them or when the amount follows from what was open:
paid in full, with or without a deduction. A part of an invoice that is not named could be a part of any.
"""

import re
from collections import Counter

from services.payments.domain.invoice_number import normalised_number, serial_of
from tests.conformance.labelled_statement import LabelledStatement, Truth

_NAME_LETTERS = 5
_SERIAL_DIGITS = 4
_ACCOUNT_DIGITS = 4


class Derivation:
    """Of one labelled statement."""

    def __init__(self, statement: LabelledStatement) -> None:
        self._lines = {line.line_number: line for line in statement.lines}
        self._partners = {partner.code: partner for partner in statement.partners}
        self._totals = {invoice.number: invoice.total_minor for invoice in statement.invoices}
        self._alike = Counter(self._totals.values())

    def allows(self, truth: Truth, line_number: int) -> bool:
        """Judge by the line that was decided, which of two equal payments may be the other one."""
        line = self._lines[line_number]
        text = re.sub(r"[^A-Z0-9]", "", line.narration.upper())
        is_named = any(_is_in(number, line.narration.upper()) for number, _ in truth.allocations)
        paid = sum(amount for _, amount in (*truth.allocations, *truth.deductions))
        is_whole = paid == sum(self._totals[number] for number, _ in truth.allocations)
        is_single = len(truth.allocations) == 1 and self._alike[line.amount_minor] == 1 and is_whole
        tells_partner = is_named or is_single or self._tells(truth.partner_code, text)
        return tells_partner and (is_named or is_whole)

    def _tells(self, partner_code: str, text: str) -> bool:
        """More of the partner's name is shown than of any other's, or its branch or account."""
        partner = self._partners[partner_code]
        account = partner.bank_account[-_ACCOUNT_DIGITS:]
        is_account = bool(account) and re.search(rf"X{account}(?!\d)", text) is not None
        if is_account or (bool(partner.ifsc) and partner.ifsc in text):
            return True
        shown = {code: _shown_letters(other.name, text) for code, other in self._partners.items()}
        most = shown.pop(partner_code)
        return most >= _NAME_LETTERS and most > max(shown.values(), default=0)


def _shown_letters(name: str, text: str) -> int:
    """How many letters of the name, from its beginning, stand in the text."""
    letters = re.sub(r"[^A-Z]", "", name.upper())
    return next((length for length in range(len(letters), 0, -1) if letters[:length] in text), 0)


def _is_in(number: str, text: str) -> bool:
    """The number, its serial, or at the very end its beginning with the serial; all stand alone, because digits inside a
    longer run, such as a bank's reference, name nothing."""
    whole, serial = normalised_number(number), serial_of(number)
    shown = [r"\W{0,3}".join(re.findall(r"[A-Z]+|\d+", number.upper()))]
    if len(serial) >= _SERIAL_DIGITS:
        shown.append(rf"0*{serial[-_SERIAL_DIGITS:]}")
        shown += [rf"{whole[:end]}$" for end in range(whole.index(serial) + len(serial), len(whole))]
    return any(re.search(rf"(?<!\d){form}(?!\d)", text) for form in shown)
