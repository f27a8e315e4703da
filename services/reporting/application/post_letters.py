"""Hands in the letters that are due, until it is told to stop; one that fails holds up no other."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Final
from uuid import UUID

import structlog

from services.reporting.adapters.letter_frame import Sender, dated
from services.reporting.adapters.letter_store import (
    LetterTable,
    Row,
    end_letter,
    lease_letters,
    postpone_letter,
)
from services.reporting.application.letter_writing import LeasedLetter, LetterOvertaken, Mailbag
from services.reporting.application.write_analysis_letters import AnalysisLetters
from services.reporting.application.write_collection_letters import CollectionLetters
from services.reporting.application.write_report_letters import ReportLetters
from shared.database import Database
from shared.inbox import DATABASE_ERRORS
from shared.mail.server import Envelope, LetterRefused, MailServer, hand_in

POLL_SECONDS: Final = 1.0
OUTAGE_SECONDS: Final = 5.0
LETTERS_AT_ONCE: Final = 10
ATTEMPTS_MAX: Final = 12
FIRST_DELAY: Final = timedelta(seconds=30)
DELAY_MAX: Final = timedelta(hours=4)
DELAY_FACTOR: Final = 3
MAILBAGS: Final = (
    Mailbag(LetterTable.REPORTS, ReportLetters),
    Mailbag(LetterTable.COLLECTIONS, CollectionLetters),
    Mailbag(LetterTable.ANALYSES, AnalysisLetters),
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Post:
    """Where letters are handed in, and whom they are from."""

    server: MailServer
    sender: Sender


async def keep_posting(database: Database, post: Post, stop: asyncio.Event) -> None:
    """Every second, until `stop`; what is under way is finished, what was leased by the dead comes due again."""
    while not stop.is_set():
        try:
            pause = 0.0 if await post_letters(database, post, datetime.now(UTC)) else POLL_SECONDS
        except DATABASE_ERRORS as error:
            log.warning("letters_wait", reason=type(error).__name__)
            pause = OUTAGE_SECONDS
        if pause:
            try:
                await asyncio.wait_for(stop.wait(), pause)
            except TimeoutError:
                continue


async def post_letters(database: Database, post: Post, at: datetime) -> bool:
    """Those that are due, a few of each kind at a time; whether there were as many of one as are taken at once."""
    return any([await _post_few(database, post, bag, at) for bag in MAILBAGS])


async def _post_few(database: Database, post: Post, bag: Mailbag, at: datetime) -> bool:
    async with database.engine.begin() as connection:
        letters = await lease_letters(connection, bag.table, at, LETTERS_AT_ONCE)
    writer = bag.writer()
    for row in letters:
        key = (bag.table, row.id)
        try:
            message = await writer.write(database, LeasedLetter(row, post.sender, at))
            said = await _hand_in(post, row, message)
        except LetterRefused as refused:
            await _failed(database, key, row.attempts, refused)
        except LetterOvertaken as overtaken:
            await _end(database, key, state="overtaken", said=overtaken.reason)
        except DATABASE_ERRORS:
            raise
        except Exception as error:  # ours: it may be this letter alone, so that the others go on
            log.exception("letter_not_made", table=bag.table.value, letter_id=str(row.id))
            await _failed(database, key, row.attempts, LetterRefused(f"not made: {type(error).__name__}"))
        else:
            await _end(database, key, state="sent", said=said)
    return len(letters) == LETTERS_AT_ONCE


def next_delay(attempts: int) -> timedelta | None:
    """How long to wait after so many attempts, None after the last. After the second: 90 seconds."""
    if attempts >= ATTEMPTS_MAX:
        return None
    usual: timedelta = FIRST_DELAY * DELAY_FACTOR ** (attempts - 1)
    return min(usual, DELAY_MAX)


async def _hand_in(post: Post, row: Row, message: EmailMessage) -> str:
    envelope = Envelope(id=str(row.id), sender_address=post.sender.address, address=row.address)
    return await hand_in(post.server, dated(message, datetime.now(UTC)), envelope)


async def _end(database: Database, key: tuple[LetterTable, UUID], *, state: str, said: str) -> None:
    async with database.engine.begin() as connection:
        await end_letter(connection, key, state=state, said=said, at=datetime.now(UTC))


async def _failed(
    database: Database, key: tuple[LetterTable, UUID], attempts: int, refused: LetterRefused
) -> None:
    """Written down whatever comes of it."""
    delay = next_delay(attempts)
    if refused.is_final or delay is None:
        await _end(database, key, state="failed", said=refused.reason)
        return
    async with database.engine.begin() as connection:
        await postpone_letter(connection, key, said=refused.reason, until=datetime.now(UTC) + delay)
