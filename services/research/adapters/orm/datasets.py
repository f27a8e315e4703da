"""Datasets from outside: their rights, the files that were sent, and the versions made of them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.research.adapters.orm.base import Record, words_index


class DatasetRecord(Record):
    """Its name is what queries call it; `current_version` is null until a file was loaded."""

    __tablename__ = "datasets"
    __table_args__ = (
        words_index("datasets"),
        UniqueConstraint("name"),
        CheckConstraint("name ~ '^[a-z][a-z0-9_]{2,59}$'", name="name_is_a_name"),
        CheckConstraint("reject_percent_max BETWEEN 0 AND 100", name="percent_in_range"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    title: Mapped[str]
    description: Mapped[str]
    owner: Mapped[str]
    licence: Mapped[str]
    licence_ends_on: Mapped[date | None]
    seen_by_roles: Mapped[list[str]]
    seen_by_subjects: Mapped[list[str]]
    exported_by_roles: Mapped[list[str]]
    exported_by_subjects: Mapped[list[str]]
    profile: Mapped[str | None]
    key_columns: Mapped[list[str]]
    reject_percent_max: Mapped[int]
    current_version: Mapped[int | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    revision: Mapped[int]


class DatasetChangeRecord(Record):
    """What a dataset was set to with each revision, and by whom."""

    __tablename__ = "dataset_changes"
    dataset_id: Mapped[UUID] = mapped_column(ForeignKey("datasets.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    facts: Mapped[dict[str, Any]]
    changed_by: Mapped[str]
    changed_at: Mapped[datetime]


class DatasetUploadRecord(Record):
    """A file on its way: its parts lie in the store, and stay there as they came."""

    __tablename__ = "dataset_uploads"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'queued', 'loaded', 'unchanged', 'failed')", name="state_known"),
        CheckConstraint("(state = 'open') = (completed_at IS NULL)", name="complete_when_not_open"),
        CheckConstraint("(state = 'failed') = (failure_code IS NOT NULL)", name="failure_told"),
        CheckConstraint("(state IN ('loaded', 'unchanged')) = (version IS NOT NULL)", name="version_told"),
        Index("ix_dataset_uploads_dataset", "dataset_id", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    dataset_id: Mapped[UUID] = mapped_column(ForeignKey("datasets.id"))
    file_name: Mapped[str]
    state: Mapped[str]
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    size_bytes: Mapped[int | None]
    announced_sha256: Mapped[str | None]
    job_id: Mapped[UUID | None]
    version: Mapped[int | None]
    failure_code: Mapped[str | None]
    failure_detail: Mapped[str | None]
    ended_at: Mapped[datetime | None]


class DatasetUploadPartRecord(Record):
    """One part of a file, as it was sent last."""

    __tablename__ = "dataset_upload_parts"
    __table_args__ = (CheckConstraint("number >= 1", name="number_counts_from_one"),)
    upload_id: Mapped[UUID] = mapped_column(ForeignKey("dataset_uploads.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    object_key: Mapped[str]
    size_bytes: Mapped[int]
    sha256: Mapped[str]
    received_at: Mapped[datetime]


class DatasetVersionRecord(Record):
    """What one file was made into. There is no row before everything of it is in the store."""

    __tablename__ = "dataset_versions"
    __table_args__ = (
        UniqueConstraint("upload_id"),
        CheckConstraint("rows_read = rows_kept + rows_rejected + rows_repeated", name="every_row_accounted"),
    )
    dataset_id: Mapped[UUID] = mapped_column(ForeignKey("datasets.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    upload_id: Mapped[UUID] = mapped_column(ForeignKey("dataset_uploads.id"))
    source_name: Mapped[str]
    source_format: Mapped[str]
    source_bytes: Mapped[int]
    source_sha256: Mapped[str]
    encoding: Mapped[str | None]
    delimiter: Mapped[str | None]
    profile: Mapped[str | None]
    profile_version: Mapped[int | None]
    suggested_profile: Mapped[str | None]
    suggested_share: Mapped[float | None]
    key_columns: Mapped[list[str]]
    rows_read: Mapped[int]
    rows_kept: Mapped[int]
    rows_rejected: Mapped[int]
    rows_repeated: Mapped[int]
    added: Mapped[int | None]
    removed: Mapped[int | None]
    changed: Mapped[int | None]
    drift: Mapped[dict[str, Any] | None]
    data_key: Mapped[str]
    data_bytes: Mapped[int]
    data_sha256: Mapped[str]
    rejects_key: Mapped[str]
    changes_key: Mapped[str | None]
    loaded_by: Mapped[str]
    loaded_at: Mapped[datetime]


class DatasetColumnRecord(Record):
    """A column of a version, and what stands in it."""

    __tablename__ = "dataset_columns"
    __table_args__ = (
        ForeignKeyConstraint(
            ["dataset_id", "version"],
            ["dataset_versions.dataset_id", "dataset_versions.number"],
            name="fk_dataset_columns_version",
        ),
    )
    dataset_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    type: Mapped[str]
    heading: Mapped[str]
    mapped_by: Mapped[str]
    nulls: Mapped[int]
    distincts: Mapped[int]
    is_exact: Mapped[bool]
    least: Mapped[str | None]
    greatest: Mapped[str | None]
    top: Mapped[list[Any]]


class DatasetQueryRunRecord(Record):
    """One answer to one query, of the versions that counted when it was asked."""

    __tablename__ = "dataset_query_runs"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'succeeded', 'failed')", name="state_known"),
        CheckConstraint("(state = 'queued') = (ended_at IS NULL)", name="ended_when_over"),
        CheckConstraint("(state = 'failed') = (failure_code IS NOT NULL)", name="failure_told"),
        CheckConstraint(
            "(state = 'succeeded') = (num_nulls(columns, rows, is_cut, result_key, result_sha256) = 0)",
            name="result_whole",
        ),
        Index("ix_dataset_query_runs_subject", "subject", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    sql: Mapped[str]
    rows_max: Mapped[int]
    datasets: Mapped[list[Any]]
    state: Mapped[str]
    asked_by: Mapped[str]
    subject: Mapped[str]
    asked_at: Mapped[datetime]
    job_id: Mapped[UUID | None]
    columns: Mapped[list[Any] | None]
    rows: Mapped[int | None]
    is_cut: Mapped[bool | None]
    result_key: Mapped[str | None]
    result_bytes: Mapped[int | None]
    result_sha256: Mapped[str | None]
    failure_code: Mapped[str | None]
    failure_detail: Mapped[str | None]
    ended_at: Mapped[datetime | None]
