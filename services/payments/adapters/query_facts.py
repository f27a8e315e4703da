"""Turns what became of a question into the events other services read."""

import re
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.payments.adapters.repositories import Row
from services.payments.adapters.unit_of_work import UnitOfWork
from shared.events.envelope import Event
from shared.events.payment_queries import (
    QueryAnsweredV1,
    QueryChangedV1,
    QueryLink,
    QueryOpenedV1,
    QueryOverdueV1,
)

RECORD_ID: Final = re.compile(r"[A-Za-z0-9]{18}")


async def publish_query_opened(work: UnitOfWork, query_id: UUID) -> None:
    query = await _query(work, query_id)
    event = QueryOpenedV1(
        query_id=query.id,
        number=query.number,
        partner_code=query.partner_code,
        zone=query.zone,
        category=query.category,
        subject=query.subject,
        owner=query.owner,
        due_at=query.due_at,
    )
    _publish(work, query, event)


async def publish_query_answered(work: UnitOfWork, query_id: UUID) -> None:
    query = await _query(work, query_id)
    event = QueryAnsweredV1(
        query_id=query.id,
        number=query.number,
        partner_code=query.partner_code,
        zone=query.zone,
        category=query.category,
        answered_at=query.answered_at,
        is_on_time=query.answered_at <= query.due_at,
        case_record_id=_case_of(query),
    )
    _publish(work, query, event)


async def publish_query_overdue(work: UnitOfWork, query_id: UUID) -> None:
    query = await _query(work, query_id)
    event = QueryOverdueV1(
        query_id=query.id,
        number=query.number,
        partner_code=query.partner_code,
        zone=query.zone,
        category=query.category,
        owner=query.owner,
        due_at=query.due_at,
    )
    _publish(work, query, event)


async def publish_query_changed(work: UnitOfWork, query_id: UUID) -> None:
    """Tell the question as its row says it is now."""
    await publish_queries_changed(work, [query_id])


async def publish_queries_changed(work: UnitOfWork, query_ids: Sequence[UUID]) -> None:
    """The same of several, by one statement."""
    rows = await work.connection.execute(
        sa.text(
            """
            SELECT q.*, (
                SELECT json_agg(json_build_array(l.kind, l.target_id) ORDER BY l.kind, l.target_id)
                FROM payment_query_links l WHERE l.query_id = q.id) AS links
            FROM payment_queries q WHERE q.id = ANY(CAST(:ids AS uuid[])) ORDER BY q.id
            """
        ),
        {"ids": list(query_ids)},
    )
    for query in rows:
        event = QueryChangedV1(
            query_id=query.id,
            number=query.number,
            partner_code=query.partner_code,
            category=query.category,
            subject=query.subject,
            state=query.state,
            opened_at=query.opened_at,
            due_at=query.due_at,
            answered_at=query.answered_at,
            closed_at=query.closed_at,
            links=tuple(QueryLink(kind=kind, target_id=target) for kind, target in query.links or ()),
            revision=query.revision,
        )
        _publish(work, query, event)


def _case_of(query: Row) -> str | None:
    """Scripts may open questions for Salesforce too, under ids of their own."""
    is_record = query.channel == "salesforce" and RECORD_ID.fullmatch(query.external_id or "")
    return str(query.external_id) if is_record else None


def _publish(work: UnitOfWork, query: Row, event: Event) -> None:
    work.publish(event, partition_key=str(query.id), subject=query.number)


async def _query(work: UnitOfWork, query_id: UUID) -> Row:
    return (
        await work.connection.execute(
            sa.text(
                "SELECT q.*, p.zone FROM payment_queries q JOIN partners p ON p.code = q.partner_code WHERE q.id = :id"
            ),
            {"id": query_id},
        )
    ).one()
