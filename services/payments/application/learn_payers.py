"""Learns from people who pays for whom, and counts what they correct against what was believed before."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.payments.adapters.repositories.payer_aliases import (
    AliasObjection,
    LearnedAlias,
    aliases_of_partners,
    keep_aliases,
    object_to_aliases,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.narration import Narration
from services.payments.domain.payer_alias import (
    PayerAlias,
    confirmed_keys,
    is_partners_own,
    speaks_for,
)
from services.payments.domain.posting import Posting


@dataclass(frozen=True, slots=True)
class ConfirmedPayer:
    """A person says that the line's payer paid for the partner, in this revision of the line's decision."""

    bank_line_id: UUID
    revision: int
    narration: Narration
    partner_code: str
    partner_name: str


@dataclass(frozen=True, slots=True)
class DeniedPayer:
    """A person says that the line's payer did not pay for the partner; `is_booked`: it had been booked as if."""

    bank_line_id: UUID
    narration: Narration
    partner_code: str
    reason: str
    is_booked: bool


async def learn_confirmed(work: UnitOfWork, confirmed: Sequence[ConfirmedPayer], posting: Posting) -> None:
    """Each key of a payer that is not the partner itself is a proof from now on."""
    learned = [
        LearnedAlias(
            PayerAlias(key, one.partner_code, f"review:{one.bank_line_id}:{one.revision}"),
            one.bank_line_id,
            posting.actor,
        )
        for one in confirmed
        if not is_partners_own(one.narration, one.partner_name)
        for key in confirmed_keys(one.narration)
    ]
    await keep_aliases(work.connection, learned, posting.at)


async def count_denied(work: UnitOfWork, denied: Sequence[DeniedPayer], posting: Posting) -> None:
    """Each alias by which the payer was taken for that partner weighs less from now on."""
    if not denied:
        return
    aliases = await aliases_of_partners(work.connection, [one.partner_code for one in denied])
    objections = [
        AliasObjection(alias, "disproved" if one.is_booked else "corrected", one.reason, one.bank_line_id)
        for one in denied
        for alias in aliases
        if alias.partner_code == one.partner_code and speaks_for(alias, one.narration)
    ]
    await object_to_aliases(work.connection, objections, posting)
