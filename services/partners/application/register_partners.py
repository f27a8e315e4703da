"""Takes partners into the master, or the changes of those it knows; both are told to the other services."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from uuid_utils.compat import uuid7

from services.partners.adapters.bank_store import approved_accounts
from services.partners.adapters.merge_store import alike_partners
from services.partners.adapters.published_facts import publish_versions
from services.partners.adapters.repositories import partners_to_change, write_versions
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.domain.partner import Partner, Registration, changed_partner, new_partner

# Of a first load it would be every pair of its partners: /v1/partner-duplicates lists them.
COMPARED_MAX: Final = 2_000


@dataclass(frozen=True, slots=True)
class RegistrationVerdict:
    """The partner as it is after this registration; a duplicate said nothing new.

    `keeps_account`: other bank details were told than two people approved, and were not taken. `alike`: partners that may
    be this new one, with the reasons, of at most COMPARED_MAX new ones at a time.
    """

    partner: Partner
    is_duplicate: bool
    keeps_account: bool = False
    alike: tuple[tuple[str, str], ...] = ()


async def register_partners(
    work: UnitOfWork, registrations: Sequence[Registration], *, actor: str, at: datetime
) -> list[RegistrationVerdict]:
    """One verdict per registration, in order; of two with the same code the later changes the earlier."""
    codes = [one.details.code for one in registrations]
    known = await partners_to_change(work.connection, codes)
    approved = await approved_accounts(work.connection, codes)
    verdicts = [_registered(one, known, approved.get(one.details.code)) for one in registrations]
    versions = [verdict.partner for verdict in verdicts if not verdict.is_duplicate]
    if versions:
        await write_versions(work.connection, versions, told_by=actor, at=at)
        publish_versions(work, versions)
    return await _compared(work, verdicts)


async def _compared(work: UnitOfWork, verdicts: list[RegistrationVerdict]) -> list[RegistrationVerdict]:
    new = [one.partner.code for one in verdicts if not one.is_duplicate and one.partner.version == 1]
    if not 0 < len(new) <= COMPARED_MAX:
        return verdicts
    alike = await alike_partners(work.connection, new)
    return [replace(one, alike=tuple(alike.get(one.partner.code, ()))) for one in verdicts]


def _registered(
    registration: Registration, known: dict[str, Partner], approved: tuple[str, str] | None
) -> RegistrationVerdict:
    """Bank details that two people approved are changed by two people only."""
    code, told = registration.details.code, registration.details
    keeps_account = False
    if approved is not None:
        ifsc, account = approved
        keeps_account = told.bank_account not in (None, account) or told.ifsc not in (None, ifsc)
        registration = replace(registration, details=replace(told, ifsc=ifsc, bank_account=account))
    earlier = known.get(code)
    if earlier is None:
        known[code] = new_partner(registration, uuid7())
    else:
        known[code] = changed_partner(earlier, registration)
    return RegistrationVerdict(known[code], is_duplicate=known[code] is earlier, keeps_account=keeps_account)
