"""Keeps the accounts of the CRM as entities: the later telling wins."""

from collections.abc import Sequence
from datetime import UTC, datetime

from services.research.adapters.repositories import keep_newest
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.domain.entity import Entity
from services.research.domain.entity_source import ACCOUNTS
from shared.events.crm import AccountChangedV1
from shared.events.envelope import Envelope

_MICROSECONDS = 1_000_000


async def project_accounts(work: UnitOfWork, told: Sequence[Envelope[AccountChangedV1]]) -> None:
    """An account that was deleted stays and is compared no more."""
    entities = [_entity(one) for one in told]
    await keep_newest(work.connection, ACCOUNTS, entities, at=datetime.now(UTC))


def _entity(told: Envelope[AccountChangedV1]) -> Entity:
    data = told.data
    named = (("partner", data.partner_code), ("gstin", data.gstin))
    status = data.status.value if data.status else "active"
    return Entity(
        source_key=f"{data.organization_id}:{data.record_id}",
        name=data.legal_name or data.name,
        city=data.city,
        zone=data.zone or None,
        gstin=data.gstin,
        status="deleted" if data.is_deleted else status,
        # Changes of one record are told with the time of the change, to the second; within one the sequence decides.
        version=int(data.system_modstamp.timestamp() * _MICROSECONDS) + (told.sequence or 0),
        street=data.address,
        region=data.state_code,
        postcode=data.pin_code,
        identifiers=tuple(f"{kind}:{value}" for kind, value in named if value),
    )
