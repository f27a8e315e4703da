"""Keeps what other services published to partners, so that it can be found and delivered."""

from collections.abc import Sequence

from services.partners.adapters.document_store import add_documents
from services.partners.adapters.unit_of_work import UnitOfWork
from shared.events.account_statements import StatementPublishedV1
from shared.events.envelope import Envelope


async def project_statements(work: UnitOfWork, told: Sequence[Envelope[StatementPublishedV1]]) -> None:
    await add_documents(work.connection, [one.data for one in told])
