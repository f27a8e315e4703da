"""Virtual account numbers: each partner's own, so that money paid into one tells its payer with certainty."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.payments.domain.bank_statement import StatementLine
from services.payments.domain.payer import PayerCandidate, PayerView, Relation

# Client code and partner code, up to 35 characters; fewer than eight could be a cheque number or a word.
NUMBER_SHAPE: Final = re.compile(r"[A-Z0-9]{8,35}")
_CERTAIN: Final = 50.0  # nats against anybody else: more than all other evidence together


@dataclass(frozen=True, slots=True)
class VirtualAccount:
    """From `valid_from` on the number is this partner's, until a later day gives it to another."""

    number: str
    partner_code: str
    valid_from: date


def virtual_account_key(number: str) -> str:
    """The number as it is kept: capitals, no blanks or separators."""
    return re.sub(r"[^0-9A-Z]", "", number.upper())


def possible_numbers(line: StatementLine) -> frozenset[str]:
    """Words of a credit that may be a virtual account number, wherever the bank puts it."""
    if line.amount_minor <= 0:
        return frozenset()
    texts = (line.narration, line.counterparty_account, line.customer_reference, *line.other_references)
    return frozenset(word for text in texts for word in NUMBER_SHAPE.findall(text.upper()))


def partner_paid(line: StatementLine, known: Mapping[str, Sequence[VirtualAccount]]) -> str:
    """The partner whose virtual account the line names on its day; '' when it names none, or those of several."""
    partners = {
        partner
        for number in possible_numbers(line)
        if (partner := _partner_on(known.get(number, ()), line.booked_on))
    }
    return partners.pop() if len(partners) == 1 else ""


def certain_view(partner_code: str) -> PayerView:
    """What a virtual account says of the payer: this partner and nobody else."""
    candidate = PayerCandidate(partner_code, 0.0, Relation.OWN, ("virtual_account",))
    return PayerView((candidate,), _CERTAIN, is_named=True)


def _partner_on(accounts: Iterable[VirtualAccount], day: date) -> str:
    valid = [account for account in accounts if account.valid_from <= day]
    return max(valid, key=lambda account: account.valid_from).partner_code if valid else ""
