"""Ends an alias at a person's word: its proofs so far count no more, new ones may come."""

from uuid import UUID

from services.payments.adapters.repositories.payer_aliases import (
    AliasObjection,
    alias_by_id,
    object_to_aliases,
)
from services.payments.adapters.repositories.redecisions import request_redecision
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.errors import AliasWithdrawn
from services.payments.domain.payer_alias import PayerAlias
from services.payments.domain.posting import Posting
from shared.errors import NotFound


async def withdraw_alias(work: UnitOfWork, alias_id: UUID, reason: str, posting: Posting) -> None:
    """NotFound; AliasWithdrawn when no proof of it stands any more."""
    row = await alias_by_id(work.connection, alias_id)
    if row is None:
        raise NotFound(f"There is no payer alias {alias_id}")
    if row.proofs == 0:
        raise AliasWithdrawn(f"Payer alias {alias_id} does not stand any more")
    alias = PayerAlias(row.alias_key, row.partner_code, "")
    await object_to_aliases(work.connection, [AliasObjection(alias, "withdrawn", reason)], posting)
    await request_redecision(work.connection, "alias_withdrawn")
