"""A filled template comes in: kept as it is, checked by a worker, accepted or returned."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from uuid_utils.compat import uuid7

from services.reporting.adapters.collection_facts import tell_decided
from services.reporting.adapters.collection_letter_store import queue_letters
from services.reporting.adapters.collection_store import (
    Row,
    hold_collection,
    is_collection_open,
    visible_collection,
)
from services.reporting.adapters.planned_figures import add_figures
from services.reporting.adapters.submission_reading import identity_of
from services.reporting.adapters.submission_store import (
    NewSubmission,
    add_check,
    add_decision,
    add_submission,
    submission_for_check,
    visible_submission,
)
from services.reporting.adapters.template_store import template_of
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.make_workbook import (
    asked_of,
    identity_of_respondent,
    lists_of,
    read_entry,
    whose_lists,
)
from services.reporting.domain.collection_letter import LetterOccasion
from services.reporting.domain.entry_cell import FindingCode
from services.reporting.domain.errors import CollectionClosed, SubmissionNotDecidable, SubmissionUnknown
from services.reporting.domain.submission_check import Asked, Checked, Finding, check_entry
from services.reporting.domain.template_collection import check_identity
from shared.bulk_tables import WORKBOOK
from shared.database import Database
from shared.errors import Refusal
from shared.identity import Caller
from shared.jobs import Job, enqueue

TASK: Final = "check_submission"
CHECKER: Final = "salesops"
EVERYBODY: Final = Caller(
    subject=CHECKER, roles=frozenset({"admin"}), zones=frozenset(), partner_code=None, token_id=CHECKER
)


@dataclass(frozen=True, slots=True)
class SentFile:
    """What somebody sent, and as what."""

    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a checked submission, and the word that its respondent reads."""

    is_accepted: bool
    note: str | None


def check_whose(collection: Row, respondent: Row, sent: SentFile) -> None:
    """A workbook says whose it is; WorkbookNotOfCollection if it says otherwise. Blocks: call it in a thread."""
    if sent.media_type == WORKBOOK:
        told = identity_of(sent.content)
        check_identity(identity_of_respondent(collection, respondent), told, collection.signing_key)


async def submit_filled(
    work: UnitOfWork, collection: Row, respondent: Row, sent: SentFile, by: tuple[str, datetime]
) -> tuple[UUID, UUID]:
    """Keep it as the respondent's next version and queue its check; returns the ids of submission and job."""
    if collection.closed_at is not None:
        raise CollectionClosed(f"The collection was closed at {collection.closed_at:%Y-%m-%d %H:%M} UTC")
    submission_id = uuid7()
    job_id = await enqueue(
        work.connection,
        TASK,
        {"submission_id": str(submission_id)},
        created_by=by[0],
        result_url=f"/v1/submissions/{submission_id}",
    )
    new = NewSubmission(
        id=submission_id,
        respondent_id=respondent.id,
        media_type=sent.media_type,
        content=sent.content,
        content_sha256=sha256(sent.content).hexdigest(),
        job_id=job_id,
        sent_by=by[0],
        sent_at=by[1],
    )
    await add_submission(work.connection, new)
    return submission_id, job_id


async def check_submission(database: Database, job: Job) -> None:
    """Cell by cell; with findings it is returned at once, without any it waits for people unless the collection accepts."""
    submission_id = UUID(str(job.payload["submission_id"]))
    async with database.reading() as connection:
        sent = await submission_for_check(connection, submission_id)
        assert sent is not None, "it was kept with its job"
        template = template_of(sent.template)
        lists = await lists_of(connection, template, whose_lists(sent))
    asked = asked_of(template, sent.first_month, sent.months, sent.rows)
    values = {name: [value for value, _ in entries] for name, entries in lists.items()}
    checked = await asyncio.to_thread(_checked, replace(asked, lists=values), sent)
    at = datetime.now(UTC)
    async with UnitOfWork(database) as work:
        await hold_collection(work.connection, sent.collection_id, is_closing=False)
        is_open = await is_collection_open(work.connection, sent.collection_id)
        if await add_check(work.connection, submission_id, checked, at):
            if checked.findings_count:
                note = f"{checked.findings_count} findings; see the marked copy"
                await _decide(work, submission_id, Verdict(is_accepted=False, note=note), by=(CHECKER, at))
            elif sent.accepts_clean and is_open:
                await _decide(work, submission_id, Verdict(is_accepted=True, note=None), by=(CHECKER, at))
            else:
                checked_one = (sent.respondent_id, LetterOccasion.CHECKED, sent.version)
                await queue_letters(work.connection, [checked_one], at)
        await work.commit()
    counts = {"rows": len(checked.rows), "findings": checked.findings_count}
    await job.progress(message="Checked", counts=counts, percent=100)


async def decide_submission(
    work: UnitOfWork, caller: Caller, submission_id: UUID, verdict: Verdict, at: datetime
) -> None:
    """SubmissionNotDecidable for one that is not checked, was decided, has findings to be accepted, or is superseded."""
    submission = await visible_submission(work.connection, caller, submission_id, is_locked=True)
    if submission is None:
        raise SubmissionUnknown("There is no such submission, or you may not see it")
    if submission.state != "checked":
        raise SubmissionNotDecidable(f"The submission is {submission.state}; expected a checked one")
    if not submission.is_latest:
        raise SubmissionNotDecidable("A later submission of the respondent took the place of this one")
    await hold_collection(work.connection, submission.collection_id, is_closing=False)
    collection = await visible_collection(work.connection, caller, submission.collection_id)
    assert collection is not None, "who sees a submission sees its collection"
    if collection.closed_at is not None:
        raise CollectionClosed("The collection is closed: its data set stays as it is")
    await _decide(work, submission_id, verdict, by=(caller.actor, at))


async def _decide(
    work: UnitOfWork, submission_id: UUID, verdict: Verdict, *, by: tuple[str, datetime]
) -> None:
    decided = await add_decision(
        work.connection, submission_id, is_accepted=verdict.is_accepted, note=verdict.note, by=by
    )
    if not decided:
        raise SubmissionNotDecidable("The submission was decided meanwhile")
    submission = await visible_submission(work.connection, EVERYBODY, submission_id)
    assert submission is not None
    collection = await visible_collection(work.connection, EVERYBODY, submission.collection_id)
    assert collection is not None
    if verdict.is_accepted:
        await add_figures(work.connection, collection, submission, at=by[1])
    tell_decided(work, collection, submission)
    occasion = LetterOccasion.ACCEPTED if verdict.is_accepted else LetterOccasion.RETURNED
    told = (submission.respondent_id, occasion, submission.version)
    await queue_letters(work.connection, [told], by[1])


def _checked(asked: Asked, sent: Any) -> Checked:  # noqa: ANN401 - a row of the table
    """What cannot be read at all is a finding too: its sender hears of it like of any other."""
    try:
        return check_entry(asked, read_entry(sent.media_type, sent.content, asked.columns))
    except Refusal as refusal:
        checked = Checked()
        checked.add(
            Finding(
                row=1, column=None, cell=None, code=FindingCode.UNREADABLE, value="",
                expected=f"expected the workbook as it was sent: {refusal.detail}",
            )
        )  # fmt: skip
        return checked
