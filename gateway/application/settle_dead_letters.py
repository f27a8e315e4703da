"""Replays or discards dead letters, as an operator decides; nothing is deleted either way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from gateway.adapters.dead_letters import (
    Row,
    WantedLetters,
    count_letters,
    lock_letters,
    settle_letters,
)
from gateway.domain.dead_letter import DeadLetterState, DeadLetterStepKind, partition_key_in
from gateway.domain.errors import DeadLetterNotFound, DeadLetterSettled
from shared.database import UnitOfWork
from shared.outbox import OutboxMessage, write_messages

# Discarding can be regretted; what was replayed may have been applied.
REPLAYABLE: Final = frozenset({DeadLetterState.WAITING, DeadLetterState.DISCARDED})


@dataclass(frozen=True, slots=True)
class Settled:
    """The letters that changed, and how many of those wanted still wait."""

    ids: tuple[UUID, ...]
    left_count: int


async def replay_dead_letter(work: UnitOfWork, letter_id: UUID, *, by: str) -> None:
    """Have the very message delivered again, to the service that could not apply it and to no other.

    Raises DeadLetterNotFound, and DeadLetterSettled for one that was replayed and has not died since.
    """
    letter = await _held(work, letter_id)
    if letter.state not in REPLAYABLE:
        raise DeadLetterSettled("The letter was replayed already", state=letter.state)
    await _replay(work, [letter], by=by)


async def discard_dead_letter(work: UnitOfWork, letter_id: UUID, *, by: str, reason: str) -> None:
    """Let it rest: it stays readable. Raises DeadLetterNotFound, and DeadLetterSettled unless it waits."""
    letter = await _held(work, letter_id)
    if letter.state != DeadLetterState.WAITING:
        raise DeadLetterSettled(f"The letter was {letter.state} already", state=letter.state)
    await settle_letters(work.connection, [letter.id], DeadLetterStepKind.DISCARDED, by=by, reason=reason)


async def replay_dead_letters(work: UnitOfWork, wanted: WantedLetters, *, by: str) -> Settled:
    """Those of the wanted that wait, the oldest first and a thousand at most."""
    letters = await lock_letters(work.connection, _that_wait(wanted))
    await _replay(work, letters, by=by)
    return await _settled(work, letters, wanted)


async def discard_dead_letters(work: UnitOfWork, wanted: WantedLetters, *, by: str, reason: str) -> Settled:
    """Those of the wanted that wait, the oldest first and a thousand at most."""
    letters = await lock_letters(work.connection, _that_wait(wanted))
    ids = [letter.id for letter in letters]
    await settle_letters(work.connection, ids, DeadLetterStepKind.DISCARDED, by=by, reason=reason)
    return await _settled(work, letters, wanted)


async def _held(work: UnitOfWork, letter_id: UUID) -> Row:
    letters = await lock_letters(work.connection, WantedLetters(ids=[letter_id]))
    if not letters:
        raise DeadLetterNotFound("There is no such dead letter")
    return letters[0]


async def _replay(work: UnitOfWork, letters: Sequence[Row], *, by: str) -> None:
    """In the order they came, which the outbox keeps for letters of the same key."""
    messages = [
        OutboxMessage(
            id=_message_id(letter),
            type=letter.event_type or "",
            partition_key=f"{letter.service}/{partition_key_in(letter.body) or letter.id}",
            body=letter.body,
            recipient=letter.service,
        )
        for letter in letters
    ]
    await write_messages(work.connection, messages)
    ids = [letter.id for letter in letters]
    await settle_letters(work.connection, ids, DeadLetterStepKind.REPLAYED, by=by, reason=None)


async def _settled(work: UnitOfWork, letters: Sequence[Row], wanted: WantedLetters) -> Settled:
    left = await count_letters(work.connection, _that_wait(wanted))
    return Settled(tuple(letter.id for letter in letters), left)


def _that_wait(wanted: WantedLetters) -> WantedLetters:
    return replace(wanted, state=DeadLetterState.WAITING)


def _message_id(letter: Row) -> UUID:
    """The message's own id; only what no service of ours sent has another."""
    try:
        return UUID(letter.message_id or "")
    except ValueError:
        return UUID(str(letter.id))
