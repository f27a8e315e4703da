"""Tamper evidence: each batch of entries is hashed together with the hash of the batch before it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.payments.domain.journal import JournalEntry

GENESIS_HASH: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class AuditBatch:
    """One link of the chain: SHA-256 over the entries, and over that with the link before it."""

    id: UUID
    actor: str
    entries_count: int
    content_hash: bytes
    previous_hash: bytes

    @property
    def chain_hash(self) -> bytes:
        return hashlib.sha256(self.previous_hash + self.content_hash).digest()


def content_hash(entries: Iterable[JournalEntry]) -> bytes:
    """SHA-256 over a canonical text of the entries in the order of their ids."""
    digest = hashlib.sha256()
    for entry in sorted(entries, key=lambda entry: entry.id):
        digest.update(
            f"{entry.id}|{entry.kind}|{entry.source_id}|{entry.currency}|{entry.effective_on}|".encode()
        )
        for line in entry.lines:
            digest.update(f"{line.account_code}|{line.partner_code or ''}|{line.amount_minor};".encode())
        digest.update(b"\n")
    return digest.digest()
