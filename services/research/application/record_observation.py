"""Records what somebody saw of a competitor, tells it, and withdraws what was wrong."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from services.research.adapters.competitors import Row, attributes, competitor_row
from services.research.adapters.observations import (
    add_observation,
    observation_row,
    withdraw_observation_row,
)
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.domain.assignment import day_in_india
from services.research.domain.errors import (
    AttributeUnknown,
    ObservationInvalid,
    ZoneNeeded,
)
from services.research.domain.grade import Grade
from services.research.domain.observation import Value, checked_value
from shared.errors import FieldProblem, Forbidden
from shared.events.research import CompetitorObservedV1
from shared.identity import Caller

# Whoever keeps the facts may withdraw any; others what they recorded themselves.
_KEEPERS: Final = frozenset({"analyst", "coordinator", "integration", "admin"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordObservation:
    """As somebody saw it."""

    attribute: str
    product: str | None
    zone: str | None
    value: Value
    note: str
    source_kind: str
    source: str
    source_url: str | None
    seen_on: date
    grade: Grade


async def record_observation(
    work: UnitOfWork, competitor: str, command: RecordObservation, caller: Caller, *, at: datetime
) -> UUID:
    """CompetitorUnknown; AttributeUnknown; ObservationInvalid; ZoneNeeded for people of zones who name none of theirs."""
    row = await competitor_row(work.connection, competitor)
    known = await attributes(work.connection)
    if command.attribute not in known:
        raise AttributeUnknown(
            f"There is no attribute {command.attribute}; GET /v1/competitor-attributes lists them"
        )
    attribute = known[command.attribute]
    checked_value(attribute, command.value)
    _check(command, [one["code"] for one in row.products], day_in_india(at))
    scope = caller.row_scope()
    if not scope.sees_all and command.zone not in scope.zones:
        raise ZoneNeeded(f"Name one of your zones: {', '.join(sorted(scope.zones)) or 'you have none'}")
    observation_id = uuid7()
    await add_observation(
        work.connection,
        {
            "id": observation_id,
            "competitor_id": row.id,
            "product": command.product,
            "attribute": command.attribute,
            "zone": command.zone,
            "about": _about(row, command.product, attribute.title),
            "value_text": command.value.text,
            "value_number": command.value.number,
            "amount_minor": command.value.amount_minor,
            "currency": command.value.currency,
            "note": command.note,
            "source_kind": command.source_kind,
            "source": command.source,
            "source_url": command.source_url,
            "seen_on": command.seen_on,
            "reliability": command.grade.reliability.value,
            "credibility": command.grade.credibility,
            "recorded_by": caller.actor,
            "recorded_at": at,
        },
    )
    event = CompetitorObservedV1(
        observation_id=observation_id,
        competitor=competitor,
        competitor_name=row.name,
        product=command.product,
        attribute=command.attribute,
        title=attribute.title,
        value=command.value.shown(attribute.unit),
        zone=command.zone,
        seen_on=command.seen_on,
        grade=str(command.grade),
    )
    work.publish(event, partition_key=str(row.id), subject=str(observation_id))
    return observation_id


async def withdraw_observation(
    work: UnitOfWork, observation_id: UUID, reason: str, caller: Caller, *, at: datetime
) -> None:
    """ObservationUnknown; ObservationWithdrawn; Forbidden for somebody of a zone and what another recorded."""
    row = await observation_row(work.connection, caller.row_scope(), observation_id)
    if row.recorded_by != caller.actor and caller.roles.isdisjoint(_KEEPERS):
        raise Forbidden("Who recorded it withdraws it, or an analyst")
    await withdraw_observation_row(work.connection, observation_id, reason=reason, by=caller.actor, at=at)


def _about(row: Row, product: str | None, title: str) -> str:
    """What it is about in words, as they are today: `Kaveri Power · K125 · Lead time`."""
    products = {one["code"]: one["name"] for one in row.products}
    return " · ".join(part for part in (row.name, product and products[product], title) if part)


def _check(command: RecordObservation, products: list[str], today: date) -> None:
    problems: list[FieldProblem] = []
    if command.product is not None and command.product not in products:
        known = ", ".join(products) or "none yet"
        problems.append(FieldProblem("/product", f"expected a product of the profile: {known}"))
    if command.seen_on > today:
        problems.append(FieldProblem("/seen_on", f"expected {today.isoformat()} or before"))
    if problems:
        raise ObservationInvalid("The observation cannot be so", problems=problems)
