"""Our own registrations for goods and services tax: who we are on documents of law, from a day on."""

from dataclasses import dataclass
from datetime import date

from services.payments.domain.indian_state import STATE_NAMES, state_of_gstin
from shared.errors import FieldProblem, Invalid
from shared.gstin import is_gstin


class GstRegistrationInvalid(Invalid):
    """A registration whose number or State cannot be."""

    code, title = "gst_registration_invalid", "The registration contradicts itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class GstRegistration:
    """What a registration says from `valid_from` on; a newer day replaces, nothing is changed.

    `valid_to` is the last day of a registration that was given up.
    """

    gstin: str
    legal_name: str
    trade_name: str
    address: str
    city: str
    pin_code: str
    state_code: str
    is_default: bool
    valid_from: date
    valid_to: date | None
    source: str

    def __post_init__(self) -> None:
        problems = []
        if not is_gstin(self.gstin):
            problems.append(
                FieldProblem("/gstin", "expected 15 characters whose last one is the check character")
            )
        if self.state_code not in STATE_NAMES or self.state_code != state_of_gstin(self.gstin):
            problems.append(FieldProblem("/state_code", "expected the State code that the GSTIN begins with"))
        if self.valid_to is not None and self.valid_to < self.valid_from:
            problems.append(FieldProblem("/valid_to", "expected a day that is not before valid_from"))
        if problems:
            raise GstRegistrationInvalid(f"Registration {self.gstin} is refused", problems=problems)
