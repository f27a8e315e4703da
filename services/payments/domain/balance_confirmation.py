"""Balance confirmations: what a reply leads to, what a difference means, and when silence ends.

Standard on Auditing 505 (ICAI): a positive request wants a reply in any case, a negative one only when the partner
differs. A reply that nobody signed is no evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from services.payments.domain.errors import ConfirmationState, ReplyContradicts


class ConfirmationKind(StrEnum):
    POSITIVE = "positive"
    NEGATIVE = "negative"


class Standing(StrEnum):
    """Where a confirmation stands; the last five are its ends."""

    ASKED = "asked"
    UNANSWERED = "unanswered"
    DISPUTED = "disputed"
    AGREED = "agreed"
    RECONCILED = "reconciled"
    DIFFERENCE_ACCEPTED = "difference_accepted"
    NOT_CONTESTED = "not_contested"
    ALTERNATIVE = "alternative"


# A partner may still differ after its silence was taken for consent, or after other procedures were begun.
REPLY_EXPECTED: Final = frozenset({Standing.ASKED, Standing.UNANSWERED, Standing.NOT_CONTESTED})
COVERED: Final = frozenset(
    {Standing.AGREED, Standing.RECONCILED, Standing.NOT_CONTESTED, Standing.ALTERNATIVE}
)


class DifferenceKind(StrEnum):
    """The layout of Indian practice: what one side has in its books and the other has not."""

    INVOICE_NOT_RECEIVED = "invoice_not_received"
    REMITTANCE_NOT_RECEIVED = "remittance_not_received"
    DEBIT_NOTE_OF_OURS = "debit_note_of_ours"
    DEBIT_NOTE_OF_PARTNER = "debit_note_of_partner"
    CREDIT_NOTE_OF_OURS = "credit_note_of_ours"
    CREDIT_NOTE_OF_PARTNER = "credit_note_of_partner"
    OTHER = "other"


_RAISES_PARTNER_BALANCE: Final = frozenset(
    {DifferenceKind.CREDIT_NOTE_OF_OURS, DifferenceKind.CREDIT_NOTE_OF_PARTNER}
)


def effect_of(kind: DifferenceKind, amount_minor: int) -> int:
    """What it adds to the balance by the partner's books, compared with ours.

    We have an invoice of 1,180.00 that never reached the partner: its balance is 1,180.00 lower. A credit note of
    ours that it has not booked: higher. Of `other` the sign is the caller's; ReplyContradicts for amounts below one.
    """
    if kind is DifferenceKind.OTHER:
        if amount_minor == 0:
            raise ReplyContradicts("A difference of zero is none")
        return amount_minor
    if amount_minor <= 0:
        raise ReplyContradicts(f"The amount of {kind.value} is positive; its kind tells the direction")
    return amount_minor if kind in _RAISES_PARTNER_BALANCE else -amount_minor


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed, as what, and how the reply came."""

    name: str
    designation: str
    manner: str
    reference: str = ""

    @property
    def is_evidence(self) -> bool:
        return bool(self.name and self.designation) and self.manner != "unsigned"


@dataclass(frozen=True, slots=True)
class Answer:
    """The partner's balance in minor units, and whether it says that it agrees."""

    is_agreed: bool
    partner_balance_minor: int


def after_reply(standing: Standing, balance_minor: int, answer: Answer, signature: Signature) -> Standing:
    """Where the reply leads. ConfirmationState when none is expected any more; ReplyContradicts for one that does."""
    if standing not in REPLY_EXPECTED:
        raise ConfirmationState(f"The confirmation is {standing.value}; no reply is expected")
    if answer.is_agreed != (answer.partner_balance_minor == balance_minor):
        raise ReplyContradicts(
            f"The balance asked about is {balance_minor} minor units; {answer.partner_balance_minor} "
            + ("is not in agreement with it" if answer.is_agreed else "does not differ from it")
        )
    if not signature.is_evidence:
        return standing
    return Standing.AGREED if answer.is_agreed else Standing.DISPUTED


def residual_of(balance_minor: int, partner_balance_minor: int, explained_minor: Sequence[int]) -> int:
    """What no explanation covers: (partner's balance − ours) − everything explained."""
    return partner_balance_minor - balance_minor - sum(explained_minor)


def after_explanation(standing: Standing, residual_minor: int) -> Standing:
    """Reconciled as soon as nothing is left. ConfirmationState unless it is disputed or was just reconciled."""
    if standing not in (Standing.DISPUTED, Standing.RECONCILED):
        raise ConfirmationState(f"The confirmation is {standing.value}; there is nothing to explain")
    return Standing.RECONCILED if residual_minor == 0 else Standing.DISPUTED


@dataclass(frozen=True, slots=True)
class ChaseRule:
    """Days after asking."""

    remind_after_days: tuple[int, ...]
    alternative_after_days: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A confirmation that waits for its partner."""

    kind: ConfirmationKind
    standing: Standing
    asked_on: date
    due_on: date
    reminded: int


class ChaseStep(StrEnum):
    REMIND = "reminded"
    CLOSE = "not_contested"
    GIVE_UP_WAITING = "unanswered"


def chase_step(waiting: Waiting, rule: ChaseRule, today: date) -> ChaseStep | None:
    """What is due today. A negative request is never chased: silence until its due day is the reply."""
    if waiting.standing is not Standing.ASKED:
        return None
    if waiting.kind is ConfirmationKind.NEGATIVE:
        return ChaseStep.CLOSE if today > waiting.due_on else None
    if today > waiting.asked_on + timedelta(days=rule.alternative_after_days):
        return ChaseStep.GIVE_UP_WAITING
    days_due = [days for days in rule.remind_after_days if today >= waiting.asked_on + timedelta(days=days)]
    return ChaseStep.REMIND if len(days_due) > waiting.reminded else None
