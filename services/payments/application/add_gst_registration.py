"""Says who we are for the tax office from a day on; what was said of earlier days stays."""

from dataclasses import asdict

from services.payments.adapters.repositories.gst import add_registration, registration_from
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.errors import RegistrationTaken
from services.payments.domain.gst_registration import GstRegistration
from services.payments.domain.posting import Posting


async def add_gst_registration(work: UnitOfWork, registration: GstRegistration, posting: Posting) -> bool:
    """Whether it is new; the same again changes nothing, RegistrationTaken when it differs."""
    values = asdict(registration)
    if await add_registration(work.connection, {**values, "at": posting.at, "by": posting.actor}):
        return True
    known = await registration_from(work.connection, registration.gstin, registration.valid_from)
    if any(getattr(known, name) != value for name, value in values.items()):
        raise RegistrationTaken(
            f"{registration.gstin} is told otherwise from {registration.valid_from}; choose a later day"
        )
    return False
