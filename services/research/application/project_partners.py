"""Keeps the partners as entities, as the partners service tells them: the later version wins."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from services.research.adapters.repositories import keep_newest
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.domain.entity import Entity
from services.research.domain.entity_source import PARTNERS
from shared.events.envelope import Envelope
from shared.events.partners import PartnersChangedV1, PartnersRegisteredV1, PartnerState


async def project_registered(work: UnitOfWork, told: Sequence[Envelope[PartnersRegisteredV1]]) -> None:
    await _project(work, (state for one in told for state in one.data.partners))


async def project_changed(work: UnitOfWork, told: Sequence[Envelope[PartnersChangedV1]]) -> None:
    await _project(work, (state for one in told for state in one.data.partners))


async def _project(work: UnitOfWork, states: Iterable[PartnerState]) -> None:
    entities = [_entity(state) for state in states]
    await keep_newest(work.connection, PARTNERS, entities, at=datetime.now(UTC))


def _entity(state: PartnerState) -> Entity:
    return Entity(
        source_key=state.code,
        name=state.name,
        city=state.city,
        zone=state.zone,
        gstin=state.gstin,
        status=state.status.value,
        version=state.version,
        identifiers=(f"partner:{state.code}", *([f"gstin:{state.gstin}"] if state.gstin else [])),
    )
