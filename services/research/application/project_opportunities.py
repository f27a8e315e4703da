"""Keeps the opportunities as the CRM tells them, and opens research where one of them asks for it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from services.research.adapters.opportunities import keep_tellings
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.open_assignment import open_requested
from services.research.domain.opportunity import Opportunity
from shared.events.crm import OpportunityChangedV1
from shared.events.envelope import Envelope


async def project_opportunities(work: UnitOfWork, told: Sequence[Envelope[OpportunityChangedV1]]) -> None:
    """Any order of tellings ends alike: the later state is shown, and one that ever asked for research has its
    assignment, once."""
    at = datetime.now(UTC)
    opportunities = [_opportunity(one) for one in told]
    ids = await keep_tellings(work.connection, opportunities, at)
    asking = [(ids[one.organization_id, one.record_id], one) for one in opportunities if one.wants_research]
    await open_requested(work, asking, at=at)


def _opportunity(told: Envelope[OpportunityChangedV1]) -> Opportunity:
    data = told.data
    return Opportunity(
        organization_id=data.organization_id,
        record_id=data.record_id,
        system_modstamp=data.system_modstamp,
        sequence=told.sequence or 0,
        name=data.name,
        stage=data.stage,
        partner_code=data.partner_code,
        zone=data.zone,
        account_record_id=data.account_record_id,
        owner=data.owner,
        currency=data.currency,
        amount_minor=data.amount_minor,
        close_on=data.close_on,
        probability_percent=data.probability_percent,
        is_closed=bool(data.is_closed or data.is_won),
        is_won=bool(data.is_won),
        is_deleted=data.is_deleted,
        research_requested=data.research_requested,
        research_due_on=data.research_due_on,
        research_questions=data.research_questions,
    )
