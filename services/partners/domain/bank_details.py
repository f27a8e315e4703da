"""Bank details of a partner: one person proposes them, another decides."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.partners.domain.errors import BankDetailsDecided, BankDetailsInvalid, MakerIsChecker
from shared.actors import is_same_person
from shared.errors import FieldProblem

_IFSC: Final = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}")
_ACCOUNT: Final = re.compile(r"[0-9A-Z]{6,34}")


class BankDetailsStanding(StrEnum):
    """The approved ones decided last are current; those before them are superseded."""

    PROPOSED = "proposed"
    CURRENT = "current"
    SUPERSEDED = "superseded"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankDetails:
    """An account of the partner. BankDetailsInvalid: a mistyped account is where money would go."""

    holder_name: str
    account_number: str
    ifsc: str

    def __post_init__(self) -> None:
        for name in ("account_number", "ifsc"):
            object.__setattr__(self, name, "".join(getattr(self, name).split()).upper())
        problems = []
        if not _ACCOUNT.fullmatch(self.account_number):
            problems.append(FieldProblem("/account_number", "expected 6 to 34 letters and digits"))
        if not _IFSC.fullmatch(self.ifsc):
            problems.append(FieldProblem("/ifsc", "expected four letters, 0, six letters or digits"))
        if problems:
            raise BankDetailsInvalid("Nothing could be paid to this account", problems=problems)


def check_decision(detail_id: UUID, standing: BankDetailsStanding, proposed_by: str, decided_by: str) -> None:
    """BankDetailsDecided when somebody was first; MakerIsChecker for whoever proposed, also by a key of theirs."""
    if standing is not BankDetailsStanding.PROPOSED:
        raise BankDetailsDecided(f"Bank details {detail_id} are {standing}")
    if is_same_person(proposed_by, decided_by):
        raise MakerIsChecker("Who proposes bank details does not decide about them")
