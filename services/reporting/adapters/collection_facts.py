"""Turns what becomes of collections into the events that others hear."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.reporting.adapters.collection_store import NewCollection, NewRespondent, Row
from services.reporting.adapters.unit_of_work import UnitOfWork
from shared.events.template_collections import (
    CollectionClosedV1,
    DueNotice,
    SubmissionAskedV1,
    SubmissionDecidedV1,
    SubmissionDueV1,
)


def tell_asked(
    work: UnitOfWork, new: NewCollection, template: str, respondents: Sequence[NewRespondent]
) -> None:
    """One event for each respondent: who hears it is said by their partner and zone."""
    for one in respondents:
        event = SubmissionAskedV1(
            collection_id=new.id,
            respondent_id=one.id,
            title=new.plan.title,
            template=template,
            kind=one.kind,
            respondent=one.name,
            partner_code=one.partner_code,
            zone=one.zone,
            person=one.person,
            due_at=new.plan.due_at,
            first_month=new.plan.first_month,
            months=new.plan.months,
            workbook_path=workbook_path(new.id, one.id),
        )
        work.publish(event, partition_key=str(new.id), subject=str(one.id))


def tell_due(work: UnitOfWork, row: Row) -> None:
    event = SubmissionDueV1(
        **_respondent(row),
        notice=DueNotice(row.notice),
        days=row.days,
        owner=row.opened_by,
        workbook_path=workbook_path(row.collection_id, row.respondent_id),
    )
    work.publish(event, partition_key=str(row.collection_id), subject=str(row.respondent_id))


def tell_decided(work: UnitOfWork, collection: Row, submission: Row) -> None:
    """Of a submission as it is after the decision."""
    event = SubmissionDecidedV1(
        **_respondent(submission, collection),
        submission_id=submission.id,
        version=submission.version,
        is_accepted=submission.state == "accepted",
        findings_count=submission.findings_count,
        note=submission.note,
        decided_at=submission.decided_at,
    )
    work.publish(event, partition_key=str(collection.id), subject=str(submission.id))


def tell_closed(work: UnitOfWork, collection: Row, standing: dict[str, int]) -> None:
    event = CollectionClosedV1(
        collection_id=collection.id,
        title=collection.title,
        template=collection.template,
        first_month=collection.first_month,
        months=collection.months,
        respondents=sum(standing.values()),
        accepted=standing.get("accepted", 0),
        closed_at=collection.closed_at,
    )
    work.publish(event, partition_key=str(collection.id), subject=str(collection.id))


def workbook_path(collection_id: UUID, respondent_id: UUID) -> str:
    return f"/v1/collections/{collection_id}/respondents/{respondent_id}/workbook"


def _respondent(row: Row, collection: Row | None = None) -> dict[str, Any]:
    whole = collection or row
    return {
        "collection_id": row.collection_id,
        "respondent_id": row.respondent_id,
        "title": whole.title,
        "template": whole.template,
        "kind": row.kind,
        "respondent": row.name,
        "partner_code": row.partner_code,
        "zone": row.zone,
        "person": row.person,
        "due_at": whole.due_at,
    }
