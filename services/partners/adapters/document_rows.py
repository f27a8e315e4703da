"""Documents in the database: versions, the files they were set in, openings, and the rules they are kept by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.partners.domain.document import DocumentKind, Period, RetentionRule, keep_until

Row = sa.Row[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument:
    """What is to be a version of (partner, kind, series, period). Same hash as the newest version: nothing new."""

    partner_code: str
    kind: DocumentKind
    period: Period
    title: str
    published_by: str
    content_sha256: str | None
    series: str = ""
    number: str = ""
    language: str | None = None
    content: dict[str, Any] | None = None
    source_id: UUID | None = None
    source_path: str | None = None
    supersedes_id: UUID | None = None  # told by the source; of our own it is the version before
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AddedVersion:
    """The version that holds now; `is_new` when it was just added."""

    id: UUID
    version: int
    supersedes_id: UUID | None
    is_new: bool


async def add_version(connection: AsyncConnection, new: NewDocument, *, at: datetime) -> AddedVersion:
    """Versions of one document are added one after the other; a source that is known adds nothing."""
    series = f"document|{new.partner_code}|{new.kind}|{new.series}|{new.period.first}|{new.period.last}"
    await connection.execute(_HOLD, {"series": series})
    facts: dict[str, Any] = {
        "partner_code": new.partner_code,
        "kind": new.kind.value,
        "series": new.series,
        "from_on": new.period.first,
        "to_on": new.period.last,
        "source_id": new.source_id,
    }
    newest = (await connection.execute(_NEWEST, facts)).one_or_none()
    if newest is not None and _is_known(newest, new):
        return AddedVersion(newest.id, newest.version, newest.supersedes_id, is_new=False)
    before = newest.id if newest else None
    added = AddedVersion(
        id=new.id or uuid7(),
        version=newest.version + 1 if newest else 1,
        supersedes_id=before if new.source_id is None else new.supersedes_id,
        is_new=True,
    )
    rules = await retention_rules(connection)
    await connection.execute(
        _ADD,
        facts
        | {
            "id": added.id,
            "version": added.version,
            "number": new.number,
            "title": new.title,
            "language": new.language,
            "content": None if new.content is None else msgspec.json.encode(new.content).decode(),
            "content_sha256": new.content_sha256,
            "source_path": new.source_path,
            "supersedes_id": added.supersedes_id,
            "keep_until_on": keep_until(new.kind, new.period.last, rules),
            "at": at,
            "by": new.published_by,
        },
    )
    return added


def _is_known(newest: Row, new: NewDocument) -> bool:
    """A source says itself what is new; of our own it shows by what the document says."""
    if new.source_id is not None:
        return bool(newest.is_source)
    return new.content_sha256 is not None and bool(newest.content_sha256 == new.content_sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A document's bytes in one format and language, by their hash."""

    document_id: UUID
    format: str
    language: str
    media_type: str
    file_name: str
    sha256: str
    size_bytes: int


async def add_file(connection: AsyncConnection, file: StoredFile, *, at: datetime) -> None:
    """The first one stays: what somebody was given is what everybody gets."""
    await connection.execute(
        sa.text(
            "INSERT INTO document_files (document_id, format, language, media_type, file_name, sha256, size_bytes,"
            " stored_at) VALUES (:document_id, :format, :language, :media_type, :file_name, :sha256, :size_bytes, :at)"
            " ON CONFLICT (document_id, format, language) DO NOTHING"
        ),
        {name: getattr(file, name) for name in StoredFile.__dataclass_fields__} | {"at": at},
    )


async def files_of(connection: AsyncConnection, document_ids: Sequence[UUID]) -> Sequence[Row]:
    """Every file that was set or taken in of these documents, removed ones as well."""
    return (
        await connection.execute(
            sa.text(
                "SELECT * FROM document_files WHERE document_id = ANY(CAST(:ids AS uuid[]))"
                " ORDER BY document_id, format, language"
            ),
            {"ids": list(document_ids)},
        )
    ).all()


async def document_by_id(connection: AsyncConnection, document_id: UUID) -> Row | None:
    """Whoever may see it; for work that is nobody's request."""
    return (await connection.execute(_BY_ID, {"id": document_id})).one_or_none()


async def newest_document(
    connection: AsyncConnection, partner_code: str, kind: DocumentKind, period: Period
) -> UUID | None:
    """The newest version of this kind and period, of whatever series was published last, under any code of the partner."""
    return (
        await connection.execute(
            sa.text(
                "SELECT id FROM documents WHERE partner_code IN (SELECT o.code FROM partner_owners o"
                "  JOIN partner_owners mine ON mine.owner_code = o.owner_code WHERE mine.code = :partner)"
                " AND kind = :kind AND from_on = :first"
                " AND to_on = :last ORDER BY published_at DESC, id DESC LIMIT 1"
            ),
            {"partner": partner_code, "kind": kind.value, "first": period.first, "last": period.last},
        )
    ).scalar_one_or_none()


async def note_opening(
    connection: AsyncConnection, file: StoredFile, *, opened_by: str, at: datetime
) -> None:
    """Keep that somebody got the bytes."""
    await connection.execute(
        sa.text(
            "INSERT INTO document_openings (document_id, format, language, opened_by, opened_at)"
            " VALUES (:document_id, :format, :language, :by, :at)"
        ),
        {
            "document_id": file.document_id,
            "format": file.format,
            "language": file.language,
            "by": opened_by,
            "at": at,
        },
    )


async def retention_rules(connection: AsyncConnection) -> list[RetentionRule]:
    """All of them: a handful."""
    rows = await connection.execute(sa.text("SELECT kind, valid_from, years FROM retention_rules"))
    return [RetentionRule(row.kind, row.valid_from, row.years) for row in rows]


async def add_retention_rule(
    connection: AsyncConnection, rule: RetentionRule, *, source: str, by: str, at: datetime
) -> bool:
    """False when the kind has a rule from that day on already."""
    added = await connection.execute(
        sa.text(
            "INSERT INTO retention_rules (kind, valid_from, years, source, added_at, added_by)"
            " VALUES (:kind, :valid_from, :years, :source, :at, :by) ON CONFLICT DO NOTHING"
        ),
        {
            "kind": rule.kind,
            "valid_from": rule.valid_from,
            "years": rule.years,
            "source": source,
            "at": at,
            "by": by,
        },
    )
    return added.rowcount == 1


async def mark_expired(
    connection: AsyncConnection, *, today: date, at: datetime, limit: int
) -> tuple[int, list[str]]:
    """Mark files past their retention as removed; returns how many, and hashes that no kept file has any more.

    Rows and hashes stay. Another document may hold the same bytes, then these stay as well.
    """
    rows = await connection.execute(_MARK_EXPIRED, {"today": today, "at": at, "limit": limit})
    marked = list(rows.scalars())
    unused = await connection.execute(_UNUSED, {"hashes": sorted(set(marked))})
    return len(marked), list(unused.scalars())


_HOLD: Final = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:series, 0))")
_NEWEST: Final = sa.text(
    """
    SELECT id, version, supersedes_id, content_sha256, source_id IS NOT DISTINCT FROM CAST(:source_id AS uuid)
        AND source_id IS NOT NULL AS is_source
    FROM documents
    WHERE source_id = CAST(:source_id AS uuid) OR (partner_code = :partner_code AND kind = :kind
        AND series = :series AND from_on = :from_on AND to_on = :to_on)
    ORDER BY 5 DESC, version DESC LIMIT 1
    """
)
_ADD: Final = sa.text(
    """
    INSERT INTO documents (id, partner_code, kind, series, from_on, to_on, version, number, title, language, content,
        content_sha256, source_id, source_path, supersedes_id, keep_until_on, published_at, published_by)
    VALUES (:id, :partner_code, :kind, :series, :from_on, :to_on, :version, :number, :title, :language,
        CAST(:content AS jsonb), :content_sha256, :source_id, :source_path, :supersedes_id, :keep_until_on, :at, :by)
    """
)
_BY_ID: Final = sa.text(
    "SELECT d.*, p.name AS partner_name, p.zone FROM documents d"
    " LEFT JOIN partner_owners w ON w.code = d.partner_code LEFT JOIN partners p ON p.code = w.owner_code"
    " WHERE d.id = :id"
)
_MARK_EXPIRED: Final = sa.text(
    """
    UPDATE document_files f SET removed_at = :at
    FROM (
        SELECT f.document_id, f.format, f.language FROM document_files f JOIN documents d ON d.id = f.document_id
        WHERE d.keep_until_on < :today AND f.removed_at IS NULL
        ORDER BY d.keep_until_on, d.id LIMIT :limit FOR UPDATE OF f SKIP LOCKED
    ) AS expired
    WHERE (f.document_id, f.format, f.language) = (expired.document_id, expired.format, expired.language)
    RETURNING f.sha256
    """
)
_UNUSED: Final = sa.text(
    """
    SELECT sha256 FROM unnest(CAST(:hashes AS text[])) AS gone (sha256)
    WHERE NOT EXISTS (SELECT FROM document_files k WHERE k.sha256 = gone.sha256 AND k.removed_at IS NULL)
    """
)
