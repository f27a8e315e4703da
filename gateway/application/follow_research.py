"""Keeps what Salesforce will be told of research that was shared."""

from collections.abc import Sequence
from datetime import UTC, datetime

from gateway.adapters.salesforce_writes import Draft, queue_writes
from gateway.domain.salesforce_write import WriteSubject
from shared.database import UnitOfWork
from shared.events.envelope import Envelope
from shared.events.research import FindingsSharedV1


async def follow_findings(work: UnitOfWork, told: Sequence[Envelope[FindingsSharedV1]]) -> None:
    """One record for each assignment about an opportunity; a later brief of it takes the place of the earlier."""
    drafts = [
        Draft(
            subject=WriteSubject.RESEARCH_BRIEF,
            name=str(one.data.assignment_id),
            values={
                "opportunity_record_id": one.data.opportunity_record_id,
                "subject": one.data.subject,
                "summary": one.data.summary,
                "version": one.data.version,
                "brief_id": str(one.data.brief_id),
                "shared_at": one.data.shared_at.isoformat(),
            },
        )
        for one in sorted(told, key=lambda one: one.data.version)
        if one.data.opportunity_record_id is not None
    ]
    await queue_writes(work.connection, drafts, datetime.now(UTC))
