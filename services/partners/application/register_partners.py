"""Takes partners into the master, or the changes of those it knows; both are told to the other services."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from uuid_utils.compat import uuid7

from services.partners.adapters.published_facts import publish_versions
from services.partners.adapters.repositories import partners_to_change, write_versions
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.domain.partner import Partner, Registration, changed_partner, new_partner


@dataclass(frozen=True, slots=True)
class RegistrationVerdict:
    """The partner as it is after this registration; a duplicate said nothing new."""

    partner: Partner
    is_duplicate: bool


async def register_partners(
    work: UnitOfWork, registrations: Sequence[Registration], *, actor: str, at: datetime
) -> list[RegistrationVerdict]:
    """One verdict per registration, in order; of two with the same code the later changes the earlier."""
    known = await partners_to_change(work.connection, (one.details.code for one in registrations))
    verdicts = [_registered(registration, known) for registration in registrations]
    versions = [verdict.partner for verdict in verdicts if not verdict.is_duplicate]
    if versions:
        await write_versions(work.connection, versions, told_by=actor, at=at)
        publish_versions(work, versions)
    return verdicts


def _registered(registration: Registration, known: dict[str, Partner]) -> RegistrationVerdict:
    code = registration.details.code
    earlier = known.get(code)
    if earlier is None:
        known[code] = new_partner(registration, uuid7())
    else:
        known[code] = changed_partner(earlier, registration)
    return RegistrationVerdict(known[code], is_duplicate=known[code] is earlier)
