"""Writes the letters about collections, each with the workbook it is about, as things stand when it goes."""

import asyncio
import io
from email.message import EmailMessage
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.collection_facts import workbook_path
from services.reporting.adapters.collection_letter import CollectionLetter, collection_letter
from services.reporting.adapters.collection_letter_store import respondent_now, submission_of_version
from services.reporting.adapters.collection_store import Row, visible_collection
from services.reporting.adapters.letter_frame import LetterFile
from services.reporting.adapters.submission_store import (
    findings_of,
    submission_for_check,
    visible_submission,
)
from services.reporting.adapters.template_workbook import TemplateSheet, write_template_workbook
from services.reporting.application.letter_writing import LeasedLetter, LetterOvertaken
from services.reporting.application.make_workbook import marked_sheet, respondent_sheet
from services.reporting.application.submit_filled import EVERYBODY
from services.reporting.domain.collection_letter import LetterOccasion, RespondentStanding, overtaken_by
from services.reporting.domain.recipient import Recipient
from services.reporting.domain.template_collection import SubmissionState
from shared.bulk_tables import WORKBOOK
from shared.database import Database

_ABOUT_SUBMISSIONS: Final = {LetterOccasion.CHECKED, LetterOccasion.ACCEPTED, LetterOccasion.RETURNED}


class CollectionLetters:
    """A workbook is its respondent's own: nothing is kept for the next letter."""

    async def write(self, database: Database, letter: LeasedLetter) -> EmailMessage:
        async with database.reading() as connection:
            respondent = await respondent_now(connection, letter.row.respondent_id)
            _check_not_overtaken(letter, respondent)
            collection = await visible_collection(connection, EVERYBODY, respondent.collection_id)
            assert collection is not None, "it asks the respondent"
            about = await _about(connection, letter.row, collection, respondent)
            sheet = await _sheet(connection, about)
        files = [await asyncio.to_thread(_workbook, about, sheet)] if sheet else []
        return collection_letter(about, letter.sender, files)


def _check_not_overtaken(letter: LeasedLetter, respondent: Row) -> None:
    standing = RespondentStanding(
        state=SubmissionState(respondent.state),
        version=respondent.version,
        is_closed=respondent.is_closed,
        due_at=respondent.due_at,
    )
    occasion = LetterOccasion(letter.row.occasion)
    if reason := overtaken_by(occasion, letter.row.number, standing, letter.at):
        raise LetterOvertaken(reason)


async def _about(connection: AsyncConnection, row: Row, collection: Row, respondent: Row) -> CollectionLetter:
    occasion = LetterOccasion(row.occasion)
    submission, findings = None, []
    if occasion in _ABOUT_SUBMISSIONS:
        submission_id = await submission_of_version(connection, respondent.id, row.number)
        submission = await visible_submission(connection, EVERYBODY, submission_id)
        findings = await findings_of(connection, submission_id)
    return CollectionLetter(
        id=row.id,
        occasion=occasion,
        recipient=Recipient(name=row.name, address=row.address),
        collection=collection,
        respondent=respondent,
        workbook_path=workbook_path(collection.id, respondent.id),
        submission=submission,
        findings=findings,
    )


async def _sheet(connection: AsyncConnection, about: CollectionLetter) -> TemplateSheet | None:
    """To be filled, or with what was sent marked; a thank-you carries none."""
    if not about.occasion.awaits and about.occasion is not LetterOccasion.RETURNED:
        return None
    sheet = await respondent_sheet(connection, about.collection, about.respondent)
    if about.submission is None:
        return sheet
    sent = await submission_for_check(connection, about.submission.id)
    assert sent is not None, "it was returned"
    return await marked_sheet(
        sheet,
        (sent.media_type, sent.content),
        list(map(dict, about.findings)),
        about.submission.findings_count,
    )


def _workbook(about: CollectionLetter, sheet: TemplateSheet) -> LetterFile:
    target = io.BytesIO()
    write_template_workbook(target, sheet)
    marked = f"-v{about.submission.version}-marked" if about.submission else ""
    name = f"{about.collection.template}-{about.collection.first_month:%Y-%m}-{about.respondent.key}{marked}.xlsx"
    return LetterFile(name=name, media_type=WORKBOOK, content=target.getvalue())
