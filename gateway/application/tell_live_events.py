"""Keeps what happened for open streams and webhooks, in the transaction that takes the events in."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from pydantic import BaseModel, SerializeAsAny
from uuid_utils.compat import uuid7

from gateway.adapters.live_events import UntoldEvent, hold_the_telling, keep_live_events
from gateway.adapters.partner_zones import remember_zones, zones_of
from gateway.application.queue_deliveries import queue_deliveries
from gateway.application.translate_events import Telling, tellings
from gateway.domain.live_event import LiveEvent
from gateway.domain.live_event_types import BY_NAME
from shared.database import UnitOfWork
from shared.events.envelope import Envelope, Event
from shared.events.partners import PartnersChangedV1, PartnersRegisteredV1
from shared.wire import WireModel


class LiveEventBody(WireModel):
    """The frame of every live event; `data` is that of its type."""

    id: str
    type: str
    occurred_at: datetime
    data: SerializeAsAny[BaseModel]
    links: dict[str, str]


async def tell_live_events(work: UnitOfWork, envelopes: Sequence[Envelope[Event]]) -> None:
    """Tell each event, in their order."""
    told = [(envelopes[place].time, telling) for place, telling in tellings([one.data for one in envelopes])]
    await tell(work, told)


async def remember_partner_zones(
    work: UnitOfWork, envelopes: Sequence[Envelope[PartnersRegisteredV1 | PartnersChangedV1]]
) -> None:
    """Keep the zone of each partner, for facts that name a partner and not its zone."""
    partners = [partner for envelope in envelopes for partner in envelope.data.partners]
    await remember_zones(work.connection, {one.code: (one.zone, one.version) for one in partners})


async def tell(work: UnitOfWork, told: Sequence[tuple[datetime, Telling]]) -> list[LiveEvent]:
    """Keep the tellings under the next positions, queue them for webhooks, and return them.

    Positions are given out under a lock that is held until the commit: they are then in the order of the commits,
    and a reader that has seen one has seen all before it.
    """
    if not told:
        return []
    unzoned = {one.partner_code for _, one in told if one.zone is None and one.partner_code is not None}
    zones = await zones_of(work.connection, unzoned)
    await hold_the_telling(work.connection)
    events = await keep_live_events(work.connection, list(_untold(told, zones)))
    await queue_deliveries(work.connection, events)
    return events


def _untold(told: Sequence[tuple[datetime, Telling]], zones: dict[str, str]) -> Iterator[UntoldEvent]:
    for occurred_at, telling in told:
        event_id = uuid7()
        body = LiveEventBody(
            id=str(event_id),
            type=telling.type,
            occurred_at=occurred_at,
            data=telling.data,
            links={"resource": BY_NAME[telling.type].link(telling.key)},
        )
        yield UntoldEvent(
            id=event_id,
            type=telling.type,
            occurred_at=occurred_at,
            partner_code=telling.partner_code,
            zone=telling.zone or zones.get(telling.partner_code or ""),
            recipient=telling.recipient,
            body=body.model_dump_json(),
        )
