"""Whether a payment sheet is what the ledger says: its own figures beside those that payments told last."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

# Facts and figures come by the same way a moment after each other; what differs longer is an alarm.
PATIENCE: Final = timedelta(minutes=3)
ASK_AGAIN: Final = timedelta(minutes=1)


class ProofState(StrEnum):
    """Unchecked: there is something on the sheet of which payments never told what it comes to."""

    EQUAL = "equal"
    CATCHING_UP = "catching_up"
    DIFFERS = "differs"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSums:
    """One account in one currency. The hash is over each open item, so that two errors cannot make a right sum."""

    ledger_minor: int
    invoices_count: int
    invoices_minor: int
    advances_count: int
    advances_minor: int
    credit_notes_count: int
    credit_notes_minor: int
    items_sha256: str


@dataclass(frozen=True, slots=True)
class FigureDifference:
    """One figure that is not the same on the sheet and in the ledger; both as text."""

    figure: str
    sheet: str
    ledger: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedAccount:
    """An account by the facts here and by payments; `told` is None when payments never told it."""

    partner_code: str
    currency: str
    here: AccountSums
    told: AccountSums | None
    position: int | None
    told_at: datetime | None
    is_alarmed: bool

    @property
    def differences(self) -> tuple[FigureDifference, ...]:
        """Every figure that differs; empty when the account is proved."""
        if self.told is None:
            return (FigureDifference("ledger_minor", f"{self.here.ledger_minor}", "not told"),)
        pairs = (
            (one.name, getattr(self.here, one.name), getattr(self.told, one.name))
            for one in fields(AccountSums)
        )
        return tuple(
            FigureDifference(name, f"{here}", f"{told}") for name, here, told in pairs if here != told
        )

    @property
    def state(self) -> ProofState:
        if not self.differences:
            return ProofState.EQUAL
        if self.is_alarmed:
            return ProofState.DIFFERS
        return ProofState.UNCHECKED if self.told is None else ProofState.CATCHING_UP


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetProof:
    """What a sheet can say of itself; `position` and `told_at` are those of the oldest figures it was compared with."""

    state: ProofState
    position: int | None
    told_at: datetime | None
    differences: tuple[FigureDifference, ...]

    @property
    def is_equal(self) -> bool:
        return self.state is ProofState.EQUAL


_WORST_FIRST: Final = (ProofState.DIFFERS, ProofState.UNCHECKED, ProofState.CATCHING_UP, ProofState.EQUAL)


def proof_of(accounts: Sequence[ComparedAccount]) -> SheetProof:
    """Of all accounts of a partner, those of codes merged into it as well. No account is nothing to differ in."""
    return SheetProof(
        state=min((one.state for one in accounts), key=_WORST_FIRST.index, default=ProofState.EQUAL),
        position=min((one.position for one in accounts if one.position is not None), default=None),
        told_at=min((one.told_at for one in accounts if one.told_at is not None), default=None),
        differences=tuple(
            FigureDifference(f"{one.partner_code} {one.currency} {each.figure}", each.sheet, each.ledger)
            for one in accounts
            for each in one.differences
        ),
    )
