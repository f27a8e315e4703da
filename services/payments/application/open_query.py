"""Opens a question about a payment: numbered, owned, with a clock from the first minute."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.query_facts import publish_query_changed, publish_query_opened
from services.payments.adapters.repositories.invoices import known_partner_codes
from services.payments.adapters.repositories.payment_queries import (
    add_links,
    add_message,
    add_query,
    answer_hours,
    next_query_number,
    query_of_external,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.business_day import financial_year
from services.payments.domain.errors import PartnerUnknown, QueryTaken
from services.payments.domain.posting import Posting

HOURS_IF_NOT_SET: Final = 48
SHARED_DESK: Final = "desk"  # nobody's in particular: whoever is on duty


@dataclass(frozen=True, slots=True)
class OpenQuery:
    """`links` are (kind, id) of what it is about; `external_id` is unique within its channel."""

    partner_code: str
    category: str
    subject: str
    body: str
    channel: str
    external_id: str | None = None
    owner: str = SHARED_DESK
    links: tuple[tuple[str, str], ...] = ()


async def open_query(work: UnitOfWork, command: OpenQuery, posting: Posting) -> tuple[UUID, bool]:
    """The question's id and whether it is new. PartnerUnknown; QueryTaken when the external id is another partner's."""
    if command.external_id is not None:
        known = await query_of_external(work.connection, command.channel, command.external_id)
        if known is not None:
            if known.partner_code != command.partner_code:
                raise QueryTaken(f"{command.external_id} is question {known.number} of another partner")
            return known.id, False
    if not await known_partner_codes(work.connection, [command.partner_code]):
        raise PartnerUnknown(f"There is no partner {command.partner_code}")
    hours = await answer_hours(work.connection, command.category, posting.effective_on)
    query_id = uuid7()
    values = {
        "id": query_id,
        "number": await next_query_number(work.connection, financial_year(posting.effective_on)),
        "partner_code": command.partner_code,
        "category": command.category,
        "subject": command.subject,
        "channel": command.channel,
        "external_id": command.external_id,
        "owner": command.owner,
        "at": posting.at,
        "by": posting.actor,
        "due_at": posting.at + timedelta(hours=hours or HOURS_IF_NOT_SET),
    }
    await add_query(work.connection, values)
    await add_links(work.connection, query_id, command.links)
    question = {
        "kind": "question", "body": command.body, "evidence": {}, "author": posting.actor, "at": posting.at
    }  # fmt: skip
    await add_message(work.connection, query_id, question)
    await publish_query_opened(work, query_id)
    await publish_query_changed(work, query_id)
    return query_id, True
