"""Compiles a battlecard from what holds today and freezes it as a version."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from services.research.adapters.battlecards import add_battlecard, next_version
from services.research.adapters.competitors import (
    Row,
    attributes,
    channels_of,
    competitor_row,
    our_row,
    plants_of,
    products_of,
)
from services.research.adapters.observations import live_observations
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.domain.assignment import day_in_india
from services.research.domain.battlecard import Known, Maker, Point, battlecard_content
from services.research.domain.observation import standings
from shared.identity import RowScope


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeBattlecard:
    """For everybody, or for the people of one zone, who then also read what was seen there."""

    zone: str | None
    positioning: str
    points: Sequence[Point]


async def freeze_battlecard(
    work: UnitOfWork, competitor: str, command: FreezeBattlecard, *, by: str, at: datetime
) -> UUID:
    """CompetitorUnknown; CitationInvalid. A card for everybody knows only what everybody may see."""
    theirs, ours = await competitor_row(work.connection, competitor), await our_row(work.connection)
    known = await attributes(work.connection)
    zones = frozenset() if command.zone is None else frozenset({command.zone})
    readers = RowScope(sees_all=False, zones=zones, partner_code=None)
    codes = [competitor] if ours is None else [competitor, ours.code]
    observations = await live_observations(work.connection, readers, codes)
    today = day_in_india(at)
    content = battlecard_content(
        Known(
            theirs=_maker(theirs),
            ours=None if ours is None or ours.code == competitor else _maker(ours),
            attributes=known,
            standings=standings(observations, known, today),
            observations=observations,
            today=today,
        ),
        command.positioning,
        command.points,
    )
    version = await next_version(work.connection, theirs.id, command.zone)
    battlecard_id = uuid7()
    await add_battlecard(
        work.connection,
        id=battlecard_id,
        competitor_id=theirs.id,
        zone=command.zone,
        version=version,
        content=content,
        content_sha256=hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest(),
        made_by=by,
        made_at=at,
    )
    return battlecard_id


def _maker(row: Row) -> Maker:
    return Maker(
        code=row.code,
        name=row.name,
        maker=row.maker,
        country=row.country,
        about=row.about,
        products=products_of(row),
        plants=plants_of(row),
        channels=channels_of(row),
    )
