"""Writes the letters of subscribed reports."""

import asyncio
from email.message import EmailMessage
from uuid import UUID

from services.reporting.adapters.letter_frame import LetterFile
from services.reporting.adapters.letter_store import subscribed_report_of
from services.reporting.adapters.report_letter import Addressed, report_files, report_letter
from services.reporting.adapters.run_store import Row, result_content, run_of_job
from services.reporting.application.letter_writing import LeasedLetter
from services.reporting.domain.recipient import Recipient
from shared.database import Database


class ReportLetters:
    """Each report's files are made once for all its letters."""

    def __init__(self) -> None:
        self._made: dict[UUID, tuple[Row, Row, list[LetterFile]]] = {}

    async def write(self, database: Database, letter: LeasedLetter) -> EmailMessage:
        row = letter.row
        if row.report_run_id not in self._made:
            self._made[row.report_run_id] = await _made(database, row.report_run_id)
        run, subscribed, files = self._made[row.report_run_id]
        to = Addressed(
            id=row.id,
            recipient=Recipient(name=row.name, address=row.address),
            subscription=subscribed.subscription_name,
            beyond=subscribed.beyond,
        )
        return report_letter(run, subscribed.comparison, to, letter.sender, files)


async def _made(database: Database, report_run_id: UUID) -> tuple[Row, Row, list[LetterFile]]:
    async with database.reading() as connection:
        run = await run_of_job(connection, report_run_id)
        content = await result_content(connection, run.id)
        subscribed = await subscribed_report_of(connection, report_run_id)
    return run, subscribed, await asyncio.to_thread(report_files, run, content, subscribed.formats)
