"""Has a letter that failed handed in once more."""

from datetime import datetime
from uuid import UUID

from services.reporting.adapters.letter_store import LetterTable, queue_again
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.errors import LetterNotResendable


async def resend_letter(work: UnitOfWork, table: LetterTable, letter_id: UUID, at: datetime) -> None:
    """With all its attempts, under its Message-ID. LetterNotResendable unless it failed: nobody gets it twice."""
    if not await queue_again(work.connection, (table, letter_id), at):
        raise LetterNotResendable("Only a letter that failed can be sent again")
