"""Hands in the letters that are due, until it is told to stop; one that fails holds up no other."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from services.reporting.adapters.letter_store import end_letter, lease_letters, postpone_letter
from services.reporting.adapters.report_letter import (
    Addressed,
    ReportFile,
    Sender,
    dated,
    report_files,
    report_letter,
)
from services.reporting.adapters.run_store import Row, result_content, run_of_job
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
            log.warning("report_letters_wait", reason=type(error).__name__)
            pause = OUTAGE_SECONDS
        if pause:
            try:
                await asyncio.wait_for(stop.wait(), pause)
            except TimeoutError:
                continue


async def post_letters(database: Database, post: Post, at: datetime) -> bool:
    """Those that are due, a few at a time; whether there were as many as are taken at once."""
    async with database.engine.begin() as connection:
        letters = await lease_letters(connection, at, LETTERS_AT_ONCE)
    files: dict[UUID, tuple[Row, list[ReportFile]]] = {}
    for letter in letters:
        try:
            if letter.report_run_id not in files:
                files[letter.report_run_id] = await _report(database, letter)
            run, attached = files[letter.report_run_id]
            said = await _hand_in(post, letter, run, attached)
        except LetterRefused as refused:
            await _failed(database, letter, refused.reason, is_final=refused.is_final)
        except DATABASE_ERRORS:
            raise
        except Exception as error:  # ours: it may be this letter alone, so that the others go on
            log.exception("report_letter_not_made", letter_id=str(letter.id))
            await _failed(database, letter, f"not made: {type(error).__name__}", is_final=False)
        else:
            async with database.engine.begin() as connection:
                await end_letter(connection, letter.id, state="sent", said=said, at=datetime.now(UTC))
    return len(letters) == LETTERS_AT_ONCE


def next_delay(attempts: int) -> timedelta | None:
    """How long to wait after so many attempts, None after the last. After the second: 90 seconds."""
    if attempts >= ATTEMPTS_MAX:
        return None
    usual: timedelta = FIRST_DELAY * DELAY_FACTOR ** (attempts - 1)
    return min(usual, DELAY_MAX)


async def _report(database: Database, letter: Row) -> tuple[Row, list[ReportFile]]:
    async with database.reading() as connection:
        run = await run_of_job(connection, letter.report_run_id)
        content = await result_content(connection, run.id)
    return run, await asyncio.to_thread(report_files, run, content, letter.formats)


async def _hand_in(post: Post, letter: Row, run: Row, files: list[ReportFile]) -> str:
    to = Addressed(
        id=letter.id,
        name=letter.name,
        address=letter.address,
        subscription=letter.subscription_name,
        beyond=letter.beyond,
    )
    message = dated(report_letter(run, letter.comparison, to, post.sender, files), datetime.now(UTC))
    envelope = Envelope(id=str(letter.id), sender_address=post.sender.address, address=letter.address)
    return await hand_in(post.server, message, envelope)


async def _failed(database: Database, letter: Row, reason: str, *, is_final: bool) -> None:
    """Written down whatever comes of it."""
    now, delay = datetime.now(UTC), next_delay(letter.attempts)
    async with database.engine.begin() as connection:
        if is_final or delay is None:
            await end_letter(connection, letter.id, state="failed", said=reason, at=now)
        else:
            await postpone_letter(connection, letter.id, said=reason, until=now + delay)
