"""Changes single fields of a partner; the earlier version stays in the history and the others are told."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from services.partners.adapters.repositories import partners_to_change
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.register_partners import RegistrationVerdict, register_partners
from services.partners.domain.partner import PartnerStatus, Registration
from shared.errors import Stale


async def change_partner(
    work: UnitOfWork,
    partner: tuple[str, int],
    changes: Mapping[str, str | None],
    status: PartnerStatus | None,
    *,
    by: tuple[str, datetime],
) -> RegistrationVerdict:
    """`partner` is its code and the version the caller saw: Stale when it is not the latest. `by` is who, when.

    What `changes` does not name stays. PartnerInvalid when name or zone would be empty.
    """
    code, decided_on = partner
    held = (await partners_to_change(work.connection, [code]))[code]
    if held.version != decided_on:
        raise Stale(f"Partner {code} is at version {held.version}, not {decided_on}; read it again")
    details = replace(held.details, **changes)  # type: ignore[arg-type] # fields by name, checked by the body
    registration = Registration(details=details, status=status)
    (verdict,) = await register_partners(work, [registration], actor=by[0], at=by[1])
    return verdict
