"""Says what a returned cheque costs from a day on; what was charged before stays."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.payments.adapters.repositories.instruments import add_charge_rule
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.errors import RuleTaken
from services.payments.domain.posting import Posting


@dataclass(frozen=True, slots=True)
class AddChargeRule:
    """Minor units of INR per return, GST as a fraction, and who decided it."""

    valid_from: date
    amount_minor: int
    gst_rate: Decimal
    source: str


async def add_bounce_charge_rule(work: UnitOfWork, command: AddChargeRule, posting: Posting) -> None:
    """RuleTaken when a rule begins on that day already."""
    values = {
        "valid_from": command.valid_from,
        "amount_minor": command.amount_minor,
        "gst_rate": command.gst_rate,
        "source": command.source,
        "at": posting.at,
        "by": posting.actor,
    }
    if not await add_charge_rule(work.connection, values):
        raise RuleTaken(f"A rule begins on {command.valid_from} already; choose a later day")
