"""Queues letters when the clock made a saved analysis, and writes them when they are due."""

import asyncio
from datetime import datetime
from email.message import EmailMessage
from uuid import UUID

import msgspec

from services.reporting.adapters.analysis_letter import (
    MailedAnalysis,
    analysis_letter,
    analysis_letter_files,
)
from services.reporting.adapters.analysis_letter_store import (
    analysis_due,
    made_before,
    queue_letters,
    version_due,
)
from services.reporting.adapters.analysis_store import Row, frozen_result
from services.reporting.adapters.letter_frame import LetterFile
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.letter_writing import LeasedLetter
from services.reporting.domain.analysis_letter import LetterCondition, is_to_be_sent
from services.reporting.domain.recipient import Recipient
from shared.database import Database


async def queue_analysis_letters(work: UnitOfWork, saved: Row, due_at: datetime, at: datetime) -> None:
    """To everybody whom the version names, if its condition holds; in the transaction that writes the instant."""
    recipients = msgspec.convert(saved.recipients, tuple[Recipient, ...])
    if not recipients:
        return
    analysis = await analysis_due(work.connection, saved.id, due_at)
    before = await made_before(work.connection, saved.id, due_at)
    then = None if before is None else frozen_result(before[1])
    if is_to_be_sent(LetterCondition(saved.condition), then, frozen_result(analysis.content)):
        await queue_letters(work.connection, (saved.id, due_at), recipients, at)


class AnalysisLetters:
    """The files of each due instant are made once for all its letters."""

    def __init__(self) -> None:
        self._made: dict[tuple[UUID, datetime], tuple[MailedAnalysis, list[LetterFile]]] = {}

    async def write(self, database: Database, letter: LeasedLetter) -> EmailMessage:
        row = letter.row
        key = (row.saved_analysis_id, row.due_at)
        if key not in self._made:
            mailed = await _mailed(database, *key)
            self._made[key] = (mailed, await asyncio.to_thread(analysis_letter_files, mailed))
        mailed, files = self._made[key]
        to = (row.id, Recipient(name=row.name, address=row.address))
        return analysis_letter(mailed, to, letter.sender, files)


async def _mailed(database: Database, saved_id: UUID, due_at: datetime) -> MailedAnalysis:
    async with database.reading() as connection:
        analysis = await analysis_due(connection, saved_id, due_at)
        before = await made_before(connection, saved_id, due_at)
        saved = await version_due(connection, saved_id, due_at)
    return MailedAnalysis(
        saved=saved,
        due_at=due_at,
        analysis=analysis,
        result=frozen_result(analysis.content),
        before=None if before is None else (before[0], frozen_result(before[1])),
    )
