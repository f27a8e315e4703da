"""Rules that tell to which account lines of the bank belong that are no customers' payments."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

_SEPARATORS = re.compile(r"[^A-Z0-9]+")


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """A line of the bank that is not in the books; `narration_kind` is what the matching said it is, e.g. interest."""

    id: UUID
    bank_account_id: UUID
    booked_on: date
    amount_minor: int
    narration: str
    narration_kind: str


@dataclass(frozen=True, slots=True)
class ReconciliationRule:
    """Dated. `words` are phrases of which the narration has to hold one, whole words only."""

    id: UUID
    name: str
    is_credit: bool
    narration_kind: str
    words: tuple[str, ...]
    bank_account_id: UUID | None
    amount_max_minor: int | None
    account_code: str
    valid_from: date
    valid_to: date | None

    def fits(self, line: WaitingLine) -> bool:
        """Every condition that is set has to hold: 'CHRG' fits 'CHRG/SMS/OCT', not 'RECHRG'."""
        if (line.amount_minor > 0) is not self.is_credit:
            return False
        if not self.valid_from <= line.booked_on <= (self.valid_to or date.max):
            return False
        if self.bank_account_id not in (None, line.bank_account_id):
            return False
        if self.amount_max_minor is not None and abs(line.amount_minor) > self.amount_max_minor:
            return False
        if self.narration_kind and self.narration_kind != line.narration_kind:
            return False
        return not self.words or _holds_one(line.narration, self.words)


def rule_for(line: WaitingLine, rules: Iterable[ReconciliationRule]) -> ReconciliationRule | None:
    """The one rule that fits; None when none does or when two disagree about the account."""
    fitting = [rule for rule in rules if rule.fits(line)]
    if len({rule.account_code for rule in fitting}) != 1:
        return None
    return fitting[0]


def _holds_one(narration: str, words: Iterable[str]) -> bool:
    text = f" {_plain(narration)} "
    return any(f" {_plain(phrase)} " in text for phrase in words if _plain(phrase))


def _plain(text: str) -> str:
    return _SEPARATORS.sub(" ", text.upper()).strip()
