"""What happens to a question after it was opened: words on both sides, an answer, an owner, an end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from services.payments.adapters.query_facts import (
    publish_query_answered,
    publish_query_changed,
    publish_query_opened,
)
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.payment_queries import (
    add_message,
    answer_hours,
    change_query,
    query_for_update,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.open_query import HOURS_IF_NOT_SET
from services.payments.domain.errors import QueryState
from services.payments.domain.payment_query import (
    QueryStanding,
    after_answer,
    after_closing,
    after_message,
)
from services.payments.domain.posting import Posting
from shared.errors import NotFound, Stale

ANY_REVISION: Final = 0


@dataclass(frozen=True, slots=True)
class Words:
    """`evidence` names what an answer rests on."""

    body: str
    is_internal: bool = False
    evidence: Mapping[str, object] = field(default_factory=dict)


async def add_words(
    work: UnitOfWork, query_id: UUID, words: Words, posting: Posting, *, by_partner: bool
) -> None:
    """A message of either side, or a note among ourselves; words of the partner open the question again."""
    query = await _locked(work, query_id, ANY_REVISION)
    kind = "note" if words.is_internal else "message"
    await _say(work, query_id, kind, words, posting)
    if words.is_internal:
        return
    hours = await answer_hours(work.connection, query.category, posting.effective_on)
    change = after_message(
        QueryStanding(query.state), by_partner=by_partner, at=posting.at, hours=hours or HOURS_IF_NOT_SET
    )
    if change.due_at is not None:
        await change_query(
            work.connection, query_id, state=change.standing.value, due_at=change.due_at, closed_at=None
        )
        await publish_query_opened(work, query_id)
        await publish_query_changed(work, query_id)


async def answer_query(
    work: UnitOfWork, query_id: UUID, words: Words, revision: int, posting: Posting
) -> None:
    """The clock stops with the first answer. QueryState for a closed question; Stale when it changed meanwhile."""
    query = await _locked(work, query_id, revision)
    change = after_answer(QueryStanding(query.state))
    await _say(work, query_id, "answer", words, posting)
    is_first = query.state == QueryStanding.OPEN
    answered_at = posting.at if is_first else query.answered_at
    await change_query(work.connection, query_id, state=change.standing.value, answered_at=answered_at)
    if is_first:
        await publish_query_answered(work, query_id)
        await publish_query_changed(work, query_id)


async def close_query(
    work: UnitOfWork, query_id: UUID, satisfaction: int | None, revision: int, posting: Posting
) -> None:
    """With the partner's satisfaction from 1 to 5 if it told; QueryState unless answered; Stale."""
    query = await _locked(work, query_id, revision)
    change = after_closing(QueryStanding(query.state))
    await change_query(
        work.connection,
        query_id,
        state=change.standing.value,
        closed_at=posting.at,
        satisfaction=satisfaction,
    )
    await publish_query_changed(work, query_id)
    said = "Closed" if satisfaction is None else f"Closed with satisfaction {satisfaction} of 5"
    await _say(work, query_id, "change", Words(said), posting)


async def assign_query(work: UnitOfWork, query_id: UUID, owner: str, revision: int, posting: Posting) -> None:
    """QueryState for a closed question; Stale when it changed meanwhile."""
    query = await _locked(work, query_id, revision)
    if query.state == QueryStanding.CLOSED:
        raise QueryState("The question is closed; nobody needs to own it")
    await change_query(work.connection, query_id, owner=owner)
    await _say(work, query_id, "change", Words(f"Given from {query.owner} to {owner}"), posting)


async def _say(work: UnitOfWork, query_id: UUID, kind: str, words: Words, posting: Posting) -> None:
    message = {
        "kind": kind, "body": words.body, "evidence": words.evidence, "author": posting.actor, "at": posting.at
    }  # fmt: skip
    await add_message(work.connection, query_id, message)


async def _locked(work: UnitOfWork, query_id: UUID, revision: int) -> Row:
    query = await query_for_update(work.connection, query_id)
    if query is None:
        raise NotFound(f"There is no question {query_id}")
    if revision not in (ANY_REVISION, query.revision):
        raise Stale(f"Question {query.number} changed since you read it; read it again")
    return query
