"""A channel partner: who buys from us, and what its payments are recognised by."""

import re
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.partners.domain.errors import PartnerInvalid
from shared.errors import FieldProblem
from shared.gstin import is_gstin, pan_of_gstin

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_CODE_EXPECTED: Final = "expected 1 to 32 letters, digits or . _ -, the first of them a letter or digit"
_IFSC: Final = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}")
_PIN_CODE: Final = re.compile(r"[1-9][0-9]{5}")
_STATE_CODE: Final = re.compile(r"[0-9]{2}")


class PartnerStatus(StrEnum):
    """Whether we sell to the partner; its payments are booked in every state."""

    ACTIVE = "active"
    ON_HOLD = "on_hold"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerDetails:
    """What the master says of a partner. PartnerInvalid when code, name or zone cannot be used.

    Documents of law name a partner by its legal name and address; the name is what its people call it.
    Blanks around and inside are made single; an empty text is None. Numbers of banks and tax offices are kept
    even if they look wrong (see `doubts`), because a payment may carry the same slip.
    """

    code: str
    name: str
    zone: str
    city: str | None = None
    gstin: str | None = None
    ifsc: str | None = None
    bank_account: str | None = None
    legal_name: str | None = None
    address: str | None = None
    pin_code: str | None = None
    state_code: str | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, _tidied(field.name, getattr(self, field.name)))
        missing = [name for name in ("name", "zone") if not getattr(self, name)]
        problems = [FieldProblem(f"/{name}", "expected a text") for name in missing]
        if not _CODE.fullmatch(self.code or ""):
            problems.insert(0, FieldProblem("/code", _CODE_EXPECTED))
        if problems:
            raise PartnerInvalid("A partner needs a code, a name and a zone", problems=problems)

    @property
    def pan(self) -> str | None:
        return pan_of_gstin(self.gstin) if self.gstin else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A partner as it is told to us; without a status the present one stays."""

    details: PartnerDetails
    status: PartnerStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A partner as it is; `version` grows by one with every change."""

    id: UUID
    details: PartnerDetails
    status: PartnerStatus
    version: int

    @property
    def code(self) -> str:
        return self.details.code


def new_partner(registration: Registration, partner_id: UUID) -> Partner:
    status = registration.status or PartnerStatus.ACTIVE
    return Partner(id=partner_id, details=registration.details, status=status, version=1)


def changed_partner(earlier: Partner, registration: Registration) -> Partner:
    """The partner as told now; `earlier` itself when nothing differs."""
    later = replace(earlier, details=registration.details, status=registration.status or earlier.status)
    return earlier if later == earlier else replace(later, version=earlier.version + 1)


def doubts(details: PartnerDetails) -> tuple[FieldProblem, ...]:
    """What looks mistyped but is kept: nothing is lost because of a checksum."""
    found: list[FieldProblem] = []
    if details.gstin and not is_gstin(details.gstin):
        found.append(FieldProblem("/gstin", "not a GSTIN: shape or check character is wrong"))
    if details.ifsc and not _IFSC.fullmatch(details.ifsc):
        found.append(FieldProblem("/ifsc", "not an IFSC: expected four letters, 0, six letters or digits"))
    if details.pin_code and not _PIN_CODE.fullmatch(details.pin_code):
        found.append(FieldProblem("/pin_code", "not a PIN code: expected six digits"))
    if details.state_code and not _STATE_CODE.fullmatch(details.state_code):
        found.append(FieldProblem("/state_code", "not a State code: expected two digits, e.g. 27"))
    elif details.state_code and details.gstin and details.gstin[:2] != details.state_code:
        found.append(FieldProblem("/state_code", "not the State that the GSTIN begins with"))
    return tuple(found)


def _tidied(field: str, text: str | None) -> str | None:
    """Names keep their inner blanks as one; numbers lose them and are written in capitals."""
    words = (text or "").split()
    if field in {"gstin", "ifsc", "bank_account", "pin_code", "state_code"}:
        return "".join(words).upper() or None
    return " ".join(words) or None
