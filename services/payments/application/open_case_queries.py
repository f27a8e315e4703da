"""Opens a question for each case of the CRM, once, with links to the invoices and receipts that its words name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.payments.adapters.repositories.invoices import known_partner_codes
from services.payments.adapters.repositories.payment_queries import documents_named
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.open_query import OpenQuery, open_query
from services.payments.domain.business_day import business_day
from services.payments.domain.errors import PartnerAwaited
from services.payments.domain.named_documents import named_documents
from services.payments.domain.payment_query import CATEGORIES
from services.payments.domain.posting import Posting

ACTOR: Final = "salesforce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case as it was told last; `record_id` names it for ever."""

    record_id: str
    partner_code: str
    category: str
    subject: str
    body: str
    opened_at: datetime


async def open_case_queries(work: UnitOfWork, cases: Sequence[Case], *, at: datetime) -> None:
    """A case told before opens nothing, whatever it says now: from here on the question is ours to answer, and the clock
    runs from when it was asked there. PartnerAwaited when a partner has not reached us; QueryTaken when the case was
    given to another partner after its question was opened."""
    codes = {case.partner_code for case in cases}
    missing = sorted(codes - await known_partner_codes(work.connection, sorted(codes)))
    if missing:
        raise PartnerAwaited(f"Cases name partners that have not reached us: {', '.join(missing)}")
    links = await documents_named(
        work.connection,
        [(case.partner_code, named_documents(f"{case.subject}\n{case.body}")) for case in cases],
    )
    for case, documents in zip(cases, links, strict=True):
        opened_at = min(case.opened_at, at)
        command = OpenQuery(
            partner_code=case.partner_code,
            category=case.category if case.category in CATEGORIES else "other",
            subject=case.subject,
            body=case.body,
            channel="salesforce",
            external_id=case.record_id,
            links=documents,
        )
        await open_query(work, command, Posting(ACTOR, opened_at, business_day(opened_at)))
