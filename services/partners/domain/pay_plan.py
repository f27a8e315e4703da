"""What to pay by when: open invoices by due day, less the credits that are there, and what cheques in hand promise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.partners.domain.sheet_memos import SheetCheque


@dataclass(frozen=True, slots=True, kw_only=True)
class DueAmount:
    """Everything that is open in one currency and due on one day."""

    currency: str
    due_on: date
    invoices: int
    open_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayBy:
    """One line of the plan: what is open, what credits cover of it, what is left to pay, and the sum up to here.

    `pay_by` is None for everything overdue, which comes first. Cheques by then are for memory: those in hand that are
    dated not later; they lower nothing before the bank credits them.
    """

    currency: str
    pay_by: date | None
    invoices: int
    open_minor: int
    covered_minor: int
    running_minor: int
    cheques_by_then_minor: int

    @property
    def to_pay_minor(self) -> int:
        return self.open_minor - self.covered_minor

    @property
    def left_after_cheques_minor(self) -> int:
        """What is still to be paid by then if every cheque in hand is good."""
        return max(0, self.running_minor - self.cheques_by_then_minor)


def pay_plan(
    dues: Sequence[DueAmount], credits_minor: Mapping[str, int], cheques: Sequence[SheetCheque], *, on: date
) -> tuple[PayBy, ...]:
    """By currency and day; credits cover what is due earliest. Due on the day itself is not overdue.

    100 open since last week, 50 due tomorrow, 120 of credits: nothing is left of the first, 30 of the second.
    """
    plan: list[PayBy] = []
    for currency in sorted({one.currency for one in dues}):
        mine = sorted((one for one in dues if one.currency == currency), key=lambda one: one.due_on)
        promised = [one for one in cheques if one.currency == currency and one.is_promise(on)]
        left, running = max(0, credits_minor.get(currency, 0)), 0
        for pay_by, lines in _by_day(mine, on):
            open_minor = sum(one.open_minor for one in lines)
            covered = min(left, open_minor)
            left -= covered
            running += open_minor - covered
            until = pay_by or on
            plan.append(
                PayBy(
                    currency=currency,
                    pay_by=pay_by,
                    invoices=sum(one.invoices for one in lines),
                    open_minor=open_minor,
                    covered_minor=covered,
                    running_minor=running,
                    cheques_by_then_minor=sum(one.amount_minor for one in promised if one.cheque_on <= until),
                )
            )
    return tuple(plan)


def _by_day(dues: Sequence[DueAmount], on: date) -> list[tuple[date | None, list[DueAmount]]]:
    overdue = [one for one in dues if one.due_on < on]
    first: list[tuple[date | None, list[DueAmount]]] = [(None, overdue)] if overdue else []
    return first + [(one.due_on, [one]) for one in dues if one.due_on >= on]
