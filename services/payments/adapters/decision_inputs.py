"""Keeps what a batch of lines was decided from, each part compressed and stored once however often it is used again."""

import asyncio
import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.payments.adapters.ledger_writer import copy_rows
from services.payments.adapters.repositories import Row
from services.payments.domain.bank_statement import StatementLine
from services.payments.domain.invoice_number import NumberPatterns
from services.payments.domain.matching import ReadBatch, ReceivedCheque
from services.payments.domain.matching_policy import MatchingPolicy
from services.payments.domain.open_item import OpenInvoice
from services.payments.domain.payer import PartnerProfile
from services.payments.domain.payer_alias import PayerAlias, place_of_alias

_COMPRESSION: Final = 3  # half the work of the usual 6 for a twentieth more bytes
_PLACED: Final = frozenset({"vpa", "ifsc", "bank"})
_SHELF: Final = "shelf"
_OPENED: Final = "opened"


@dataclass(frozen=True, slots=True)
class DecisionInputs:
    """All that decisions of one batch depend on, besides the code."""

    lines: tuple[StatementLine, ...]
    partners: tuple[PartnerProfile, ...]
    aliases: tuple[PayerAlias, ...]
    patterns: tuple[str, str]
    invoices: tuple[OpenInvoice, ...]
    cheques: dict[str, tuple[ReceivedCheque, ...]]
    policy: MatchingPolicy
    # Places of lines whose virtual account tells the partner for certain.
    certain: dict[int, str] = field(default_factory=dict)

    @property
    def number_patterns(self) -> NumberPatterns:
        whole, cut = (re.compile(text) if text else None for text in self.patterns)
        return NumberPatterns(whole, cut)


@dataclass(frozen=True, slots=True)
class Opened:
    """Of a shelf, the partners whose invoices a batch was decided from, and what is left of those that were settled
    since they were read, by partner and place; the invoices of a partner are in the order of age and number."""

    codes: tuple[str, ...]
    left: dict[str, dict[int, int]]


@dataclass(frozen=True, slots=True)
class Shelved:
    """Invoices that many batches are decided from: what this batch opened, and the parts they are stored in once, by
    hash; of those that are not stored yet, the packed content."""

    opened: Opened
    parts: tuple[bytes, ...]
    contents: Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class MadeFrom:
    """Which stored lines were decided together, in the order of the lines of the inputs; invoices of the inputs are
    given beside those on the shelf."""

    line_ids: Sequence[UUID]
    inputs: DecisionInputs
    shelved: Shelved | None = None


def inputs_of(
    batch: ReadBatch,
    patterns: NumberPatterns,
    invoices: Sequence[OpenInvoice],
    cheques: Mapping[str, Sequence[ReceivedCheque]],
) -> DecisionInputs:
    """Of the known payers only those that a line of the batch could have been compared with."""
    places = {narration.bank_code for narration in batch.narrations} | {n.vpa for n in batch.narrations}
    aliases = [
        alias
        for alias in batch.aliases
        if alias.key.partition(":")[0] not in _PLACED or place_of_alias(alias) in places
    ]
    return DecisionInputs(
        lines=batch.lines,
        partners=tuple(known.profile for known in batch.index.known.values()),
        aliases=tuple(aliases),
        patterns=(
            patterns.whole.pattern if patterns.whole else "",
            patterns.cut.pattern if patterns.cut else "",
        ),
        invoices=tuple(invoices),
        cheques={number: tuple(found) for number, found in cheques.items()},
        policy=batch.policy,
    )


async def keep_inputs(connection: AsyncConnection, made_from: MadeFrom, *, code: str, at: datetime) -> None:
    """Store the batch; parts that are stored already are only named."""
    line_ids, inputs, shelved = made_from.line_ids, made_from.inputs, made_from.shelved
    if not line_ids:
        return
    parts = await asyncio.to_thread(_encoded, inputs, shelved)
    hashes = {name: digest for name, (digest, _) in parts.items()}
    known = await _known(connection, list(hashes.values()))
    new = {name: raw for name, (digest, raw) in parts.items() if digest not in known}
    for name, raw in new.items():
        await _store(connection, name, hashes[name], await asyncio.to_thread(_packed, raw), at)
    if shelved is not None:
        hashes |= {f"{_SHELF} {number}": digest for number, digest in enumerate(shelved.parts)}
        for digest, content in shelved.contents.items():
            await _store(connection, _SHELF, digest, content, at)
    named = msgspec.json.encode({name: digest.hex() for name, digest in hashes.items()}).decode()
    await copy_rows(
        connection,
        "decision_batches",
        "id inputs line_ids policy_version code_version decided_at",
        [(uuid7(), named, list(line_ids), inputs.policy.version, code, at)],
    )


async def _store(connection: AsyncConnection, kind: str, digest: bytes, content: bytes, at: datetime) -> None:
    """Another import may store the same part at the same time: the content is the same, so either will do."""
    await connection.execute(
        sa.text("INSERT INTO decision_inputs VALUES (:hash, :kind, :content, :at) ON CONFLICT DO NOTHING"),
        {"hash": digest, "kind": kind, "content": content, "at": at},
    )


def shelf_part(invoices: Sequence[OpenInvoice]) -> tuple[bytes, bytes]:
    """Hash and packed content of invoices as they were read."""
    digest, raw = _hashed(invoices)
    return digest, _packed(raw)


def _encoded(inputs: DecisionInputs, shelved: Shelved | None) -> dict[str, tuple[bytes, bytes]]:
    names = ("lines", "partners", "aliases", "patterns", "invoices", "cheques", "policy", "certain")
    parts = {name: _hashed(getattr(inputs, name)) for name in names}
    return parts if shelved is None else parts | {_OPENED: _hashed(shelved.opened)}


def _hashed(part: object) -> tuple[bytes, bytes]:
    raw = msgspec.json.encode(part)
    return hashlib.sha256(raw).digest(), raw


def _packed(raw: bytes) -> bytes:
    return zlib.compress(raw, _COMPRESSION)


async def _known(connection: AsyncConnection, hashes: list[bytes]) -> set[bytes]:
    rows = await connection.execute(
        sa.text(
            "SELECT content_hash FROM decision_inputs WHERE content_hash = ANY(CAST(:hashes AS bytea[]))"
        ),
        {"hashes": hashes},
    )
    return {bytes(row.content_hash) for row in rows}


async def batch_of_line(connection: AsyncConnection, bank_line_id: UUID, decided_at: datetime) -> Row | None:
    """The batch in which the decision of that instant was made."""
    return (
        await connection.execute(
            sa.text(
                "SELECT * FROM decision_batches WHERE line_ids @> ARRAY[CAST(:id AS uuid)] AND decided_at = :at"
            ),
            {"id": bank_line_id, "at": decided_at},
        )
    ).one_or_none()


async def stored_inputs(connection: AsyncConnection, batch: Row) -> tuple[DecisionInputs, int]:
    """What the batch was decided from, and how many bytes its parts take in the database."""
    hashes = {name: bytes.fromhex(digest) for name, digest in batch.inputs.items()}
    rows = await connection.execute(
        sa.text(
            "SELECT content_hash, content FROM decision_inputs WHERE content_hash = ANY(CAST(:hashes AS bytea[]))"
        ),
        {"hashes": list(hashes.values())},
    )
    contents = {bytes(row.content_hash): bytes(row.content) for row in rows}
    packed = {name: contents[digest] for name, digest in hashes.items()}
    inputs = await asyncio.to_thread(_unpacked, packed)
    return inputs, sum(len(content) for content in contents.values())


def _unpacked(packed: Mapping[str, bytes]) -> DecisionInputs:
    return inputs_from({name: zlib.decompress(content) for name, content in packed.items()})


def inputs_from(parts_by_name: Mapping[str, bytes]) -> DecisionInputs:
    """What the parts of a batch, each as it was hashed, say together; blocks for as long as reading takes."""
    kept = dict(parts_by_name)
    opened = kept.pop(_OPENED, None)
    names = sorted((name for name in kept if name.startswith(_SHELF)), key=lambda name: int(name.split()[1]))
    on_shelf = [kept.pop(name) for name in names]
    parts = {name: msgspec.Raw(content) for name, content in kept.items()}
    inputs = msgspec.json.decode(msgspec.json.encode(parts), type=DecisionInputs)
    if opened is None:
        return inputs
    ledgers: dict[str, list[OpenInvoice]] = {}
    for part in on_shelf:  # a partner that was read again counts as it was read last
        invoices = sorted(msgspec.json.decode(part, type=tuple[OpenInvoice, ...]), key=_by_partner)
        by_partner = groupby(invoices, key=lambda one: one.partner_code)
        ledgers |= {code: list(of_partner) for code, of_partner in by_partner}
    taken = _taken_from(ledgers, msgspec.json.decode(opened, type=Opened))
    return replace(inputs, invoices=(*inputs.invoices, *taken))


def _taken_from(ledgers: Mapping[str, Sequence[OpenInvoice]], opened: Opened) -> Iterator[OpenInvoice]:
    for code in opened.codes:
        left = opened.left.get(code, {})
        for place, invoice in enumerate(ledgers.get(code, ())):
            open_minor = left.get(place, invoice.open_minor)
            if open_minor:
                yield replace(invoice, open_minor=open_minor)


def _by_partner(invoice: OpenInvoice) -> tuple[str, date, str]:
    return invoice.partner_code, invoice.issued_on, invoice.number
