"""A channel partner: who buys from us, and what its payments are recognised by."""

import re
from collections.abc import Iterator
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
# Shapes of the Income Tax Department's numbers: the fourth letter of a PAN says what its holder is.
_PAN: Final = re.compile(r"[A-Z]{5}[0-9]{4}[A-Z]")
_TAN: Final = re.compile(r"[A-Z]{4}[0-9]{5}[A-Z]")
_NUMBERS: Final = frozenset(
    "gstin ifsc bank_account pin_code state_code stated_pan tan shipping_pin_code shipping_state_code".split()
)


class PartnerStatus(StrEnum):
    """Whether we sell to the partner; its payments are booked in every state."""

    ACTIVE = "active"
    ON_HOLD = "on_hold"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerDetails:
    """What the master says of a partner. PartnerInvalid when code, name or zone cannot be used.

    Documents of law name a partner by its legal name and address; the name is what its people call it.
    `address` is where bills go; goods go there too unless a shipping address is told. The tax deduction number (TAN)
    is there for partners who keep back tax. Blanks around and inside are made single; an empty text is None. Numbers
    of banks and tax offices are kept even if they look wrong (see `doubts`): a payment may carry the same slip.
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
    stated_pan: str | None = None
    tan: str | None = None
    territory: str | None = None
    shipping_address: str | None = None
    shipping_city: str | None = None
    shipping_pin_code: str | None = None
    shipping_state_code: str | None = None

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
        """As stated, else the one inside the GSTIN."""
        return self.stated_pan or (pan_of_gstin(self.gstin) if self.gstin else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A partner as it is told to us; without a status the present one stays."""

    details: PartnerDetails
    status: PartnerStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A partner as it is; `version` grows by one with every change.

    One that was merged is another code of the partner `merged_into`: it is closed until the merge is taken back.
    """

    id: UUID
    details: PartnerDetails
    status: PartnerStatus
    version: int
    merged_into: str | None = None

    @property
    def code(self) -> str:
        return self.details.code


def new_partner(registration: Registration, partner_id: UUID) -> Partner:
    status = registration.status or PartnerStatus.ACTIVE
    return Partner(id=partner_id, details=registration.details, status=status, version=1)


def changed_partner(earlier: Partner, registration: Registration) -> Partner:
    """The partner as told now; `earlier` itself when nothing differs. No telling opens a partner that was merged."""
    status = registration.status if registration.status and not earlier.merged_into else earlier.status
    later = replace(earlier, details=registration.details, status=status)
    return earlier if later == earlier else replace(later, version=earlier.version + 1)


def doubts(details: PartnerDetails) -> tuple[FieldProblem, ...]:
    """What looks mistyped but is kept: nothing is lost because of a checksum."""
    found = [FieldProblem(f"/{name}", f"not {what}") for name, what in _misshapen(details)]
    if details.gstin and not is_gstin(details.gstin):
        found.insert(0, FieldProblem("/gstin", "not a GSTIN: shape or check character is wrong"))
    inside = pan_of_gstin(details.gstin) if details.gstin else None
    if details.stated_pan and inside and inside != details.stated_pan:
        found.append(FieldProblem("/pan", f"not the PAN inside the GSTIN, {inside}"))
    if _is_state(details.state_code) and details.gstin and details.gstin[:2] != details.state_code:
        found.append(FieldProblem("/state_code", "not the State that the GSTIN begins with"))
    return tuple(found)


def _misshapen(details: PartnerDetails) -> Iterator[tuple[str, str]]:
    """Names of fields whose shape is wrong, and what they are not."""
    pin_code, state = "a PIN code: expected six digits", "a State code: expected two digits, e.g. 27"
    shapes = (
        ("ifsc", details.ifsc, _IFSC, "an IFSC: expected four letters, 0, six letters or digits"),
        ("pan", details.stated_pan, _PAN, "a PAN: expected five letters, four digits, a letter"),
        ("tan", details.tan, _TAN, "a TAN: expected four letters, five digits, a letter"),
        ("pin_code", details.pin_code, _PIN_CODE, pin_code),
        ("state_code", details.state_code, _STATE_CODE, state),
        ("shipping_pin_code", details.shipping_pin_code, _PIN_CODE, pin_code),
        ("shipping_state_code", details.shipping_state_code, _STATE_CODE, state),
    )
    for name, told, shape, what in shapes:
        if told and not shape.fullmatch(told):
            yield name, what


def _is_state(code: str | None) -> bool:
    return code is not None and _STATE_CODE.fullmatch(code) is not None


def _tidied(field: str, text: str | None) -> str | None:
    """Names keep their inner blanks as one; numbers lose them and are written in capitals."""
    words = (text or "").split()
    if field in _NUMBERS:
        return "".join(words).upper() or None
    return " ".join(words) or None
