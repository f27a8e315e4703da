"""Publishes a partner's statement: proved, frozen in every format with its hash, told to whoever delivers it."""

import asyncio
import hashlib
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from services.payments.adapters.account_documents.content import Content, statement_content
from services.payments.adapters.account_documents.letterhead import Letterhead, letterhead_on
from services.payments.adapters.account_documents.statement_files import MEDIA_TYPES, statement_file
from services.payments.adapters.repositories.account_statements import (
    StatementRow,
    add_balances,
    add_files,
    add_statement,
    latest_statement,
    next_statement_number,
)
from services.payments.adapters.statement_facts import publish_statement_fact
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.compose_statement import compose_statement
from services.payments.domain.account_statement import AccountStatement, StatementWanted
from services.payments.domain.posting import Posting


class PublishOutcome(StrEnum):
    """`unchanged` names the statement that says the same already."""

    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    NOTHING_TO_SEND = "nothing_to_send"


@dataclass(frozen=True, slots=True)
class PublishStatement:
    """An empty account is published only when somebody asked for just this one."""

    wanted: StatementWanted
    language: str
    is_sent_empty: bool = True


async def publish_statement(
    work: UnitOfWork, command: PublishStatement, posting: Posting
) -> tuple[UUID | None, PublishOutcome]:
    """The statement's id and what became of the request. NotFound; StatementUnproved: then nothing is frozen.

    When the books say what the latest statement of the same request says, that one stands; otherwise a new one
    supersedes it, and both stay.
    """
    latest = await latest_statement(work.connection, command.wanted, command.language)
    statement = await compose_statement(work.connection, command.wanted)
    if statement.is_empty and not command.is_sent_empty:
        return None, PublishOutcome.NOTHING_TO_SEND
    content = statement_content(statement)
    facts_hash = hashlib.sha256(msgspec.json.encode(content)).digest()
    if latest is not None and latest.facts_hash == facts_hash:
        return latest.id, PublishOutcome.UNCHANGED
    row = StatementRow(
        id=uuid7(),
        number=await next_statement_number(
            work.connection, command.wanted.partner_code, posting.effective_on
        ),
        wanted=command.wanted,
        language=command.language,
        facts_hash=facts_hash,
        supersedes_id=latest.id if latest else None,
    )
    await _freeze(work, row, statement, posting)
    await publish_statement_fact(work, row.id)
    return row.id, PublishOutcome.PUBLISHED


async def _freeze(work: UnitOfWork, row: StatementRow, statement: AccountStatement, posting: Posting) -> None:
    content = {
        "id": row.id,
        "number": row.number,
        "published_on": posting.effective_on,
        "language": row.language,
        **statement_content(statement),
    }
    letterhead = await letterhead_on(work.connection, posting.effective_on)
    files = await asyncio.to_thread(_files, content, letterhead, row.language, posting)
    await add_statement(work.connection, row, {"at": posting.at, "by": posting.actor})
    await add_balances(work.connection, row.id, statement.sections)
    await add_files(work.connection, row.id, files)


def _files(content: Content, letterhead: Letterhead, language: str, posting: Posting) -> dict[str, bytes]:
    return {name: statement_file(content, (name, language), letterhead, posting.at) for name in MEDIA_TYPES}
