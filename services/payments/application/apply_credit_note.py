"""Sets an issued credit note against invoices, as any credit, and tells so."""

from collections.abc import Sequence
from uuid import UUID

from services.payments.adapters.published_notes import publish_applied
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.settle_credit import NamedPart, allocate_named, credit_named
from services.payments.domain.posting import Posting
from services.payments.domain.settlement import Credit


async def apply_credit_note(
    work: UnitOfWork, note_id: UUID, parts: Sequence[NamedPart], posting: Posting
) -> Credit:
    """As allocate_named; NotFound unless the note is issued."""
    credit = await credit_named(work, credit_note_id=note_id)
    await allocate_named(work, credit, parts, posting)
    await publish_applied(work, note_id)
    return credit
