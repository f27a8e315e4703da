"""Tamper evidence: each batch of entries is hashed together with the hash of the batch before it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec

from services.payments.domain.journal import JournalEntry, JournalLine

GENESIS_HASH: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class AuditBatch:
    """One link of the chain: SHA-256 over the link before it, the entries, and who posted them when."""

    id: UUID
    actor: str
    posted_at: datetime
    entries_count: int
    content_hash: bytes
    previous_hash: bytes

    @property
    def told(self) -> bytes:
        """Who posted how much when, as it is hashed."""
        return msgspec.json.encode((self.id, self.actor, self.posted_at.astimezone(UTC), self.entries_count))

    @property
    def chain_hash(self) -> bytes:
        return hashlib.sha256(self.previous_hash + self.content_hash + self.told).digest()


def content_hash(entries: Iterable[JournalEntry]) -> bytes:
    """SHA-256 over the entries in the order of their ids, each as one line of JSON."""
    digest = hashlib.sha256()
    for entry in sorted(entries, key=lambda entry: entry.id):
        digest.update(canonical_entry(entry) + b"\n")
    return digest.digest()


def canonical_entry(entry: JournalEntry) -> bytes:
    """Arrays rather than joined text: no value can pass for a part of its neighbour.

    A late fact's own day stands at the end of those that have one: entries from before there were such days keep theirs.
    """
    told: list[object] = [
        entry.id,
        entry.kind,
        entry.source_id,
        entry.currency,
        entry.effective_on,
        entry.description,
        entry.reverses_entry_id,
        [_facts(line) for line in entry.lines],
    ]
    if entry.occurred_on is not None:
        told.append(entry.occurred_on)
    return msgspec.json.encode(told)


def _facts(line: JournalLine) -> tuple[str | int | None, ...]:
    """Lines of entries in rupees are worth their amount, which is why it is not hashed twice."""
    facts = line.account_code, line.partner_code, line.amount_minor
    return facts if line.base_minor is None else (*facts, line.base_minor)
