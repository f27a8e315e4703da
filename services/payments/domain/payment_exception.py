"""Which steps an exception may take, and who may take them."""

from dataclasses import dataclass
from enum import StrEnum

from services.payments.domain.errors import CauseStands, ExceptionState, MakerIsChecker
from shared.actors import is_same_person


class ExceptionStanding(StrEnum):
    """OPEN waits for somebody; ACCEPTED is known and borne; RESOLVED is over, with its cause."""

    OPEN = "open"
    ACCEPTED = "accepted"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class ExceptionFacts:
    """What decides whether a step is allowed."""

    standing: ExceptionStanding
    owner: str
    raised_by: str
    is_cause_standing: bool = False

    def refuse_if_over(self) -> None:
        """ExceptionState for one that is resolved."""
        if self.standing is ExceptionStanding.RESOLVED:
            raise ExceptionState("The exception is resolved; reopen it first")

    def refuse_acceptance(self, actor: str, *, waives_money: bool) -> None:
        """ExceptionState unless open; MakerIsChecker when who raised or owns it would waive money."""
        if self.standing is not ExceptionStanding.OPEN:
            raise ExceptionState(f"The exception is {self.standing.value}; only an open one is accepted")
        if waives_money and any(is_same_person(actor, one) for one in (self.owner, self.raised_by)):
            raise MakerIsChecker("Who raised or owns an exception does not waive its money")

    def refuse_resolution(self) -> None:
        """ExceptionState when it is resolved; CauseStands while the bank's line is still not in the books."""
        self.refuse_if_over()
        if self.is_cause_standing:
            raise CauseStands("The bank's line is still not in the books; book it, or have it accepted")

    def refuse_reopening(self) -> None:
        """ExceptionState for one that is open."""
        if self.standing is ExceptionStanding.OPEN:
            raise ExceptionState("The exception is open")
