"""An account of the CRM and the partner it is: what the CRM speaks of changes, what it does not know stays."""

from collections.abc import Mapping
from dataclasses import fields, replace
from enum import StrEnum

from services.partners.domain.partner import Partner, PartnerDetails


class AccountStanding(StrEnum):
    """Unresolved accounts wait for a partner code or for values that can be used; deleted ones leave the partner be."""

    LINKED = "linked"
    UNRESOLVED = "unresolved"
    DELETED = "deleted"


def told_details(told: Mapping[str, str | None], code: str, known: Partner | None) -> PartnerDetails:
    """The partner's details with what the CRM tells of them; PartnerInvalid when they cannot be used.

    A value that is told as None is cleared; one that is not told keeps what the master says.
    """
    names = {field.name for field in fields(PartnerDetails)} - {"code"}
    values = {name: value for name, value in told.items() if name in names}
    if known is not None:
        required = {name: value for name, value in values.items() if value or name not in ("name", "zone")}
        return replace(known.details, **required)  # type: ignore[arg-type] # told texts
    return PartnerDetails(**{"name": "", "zone": "", **values, "code": code})  # type: ignore[arg-type] # told texts
