"""Datasets from outside: who may see them, the files that were sent, and the versions made of them.

Reversible, but the reversal forgets every dataset: the files in the store stay and nobody knows what they are.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = (
    "datasets",
    "dataset_changes",
    "dataset_uploads",
    "dataset_upload_parts",
    "dataset_versions",
    "dataset_columns",
)
STATEMENTS = (
    """
    CREATE TABLE datasets (
        id uuid NOT NULL,
        name text NOT NULL,
        title text NOT NULL,
        description text NOT NULL,
        owner text NOT NULL,
        licence text NOT NULL,
        licence_ends_on date,
        seen_by_roles text[] NOT NULL,
        seen_by_subjects text[] NOT NULL,
        exported_by_roles text[] NOT NULL,
        exported_by_subjects text[] NOT NULL,
        profile text,
        key_columns text[] NOT NULL,
        reject_percent_max bigint NOT NULL,
        current_version bigint,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        revision bigint NOT NULL,
        CONSTRAINT pk_datasets PRIMARY KEY (id),
        CONSTRAINT uq_datasets_name UNIQUE (name),
        CONSTRAINT ck_datasets_name_is_a_name CHECK (name ~ '^[a-z][a-z0-9_]{2,59}$'),
        CONSTRAINT ck_datasets_percent_in_range CHECK (reject_percent_max BETWEEN 0 AND 100)
    )
    """,
    """
    CREATE TABLE dataset_changes (
        dataset_id uuid NOT NULL,
        revision bigint NOT NULL,
        facts jsonb NOT NULL,
        changed_by text NOT NULL,
        changed_at timestamptz NOT NULL,
        CONSTRAINT pk_dataset_changes PRIMARY KEY (dataset_id, revision),
        CONSTRAINT fk_dataset_changes_dataset_id_datasets FOREIGN KEY(dataset_id) REFERENCES datasets (id)
    )
    """,
    """
    CREATE TABLE dataset_uploads (
        id uuid NOT NULL,
        dataset_id uuid NOT NULL,
        file_name text NOT NULL,
        state text NOT NULL,
        opened_by text NOT NULL,
        opened_at timestamptz NOT NULL,
        completed_at timestamptz,
        size_bytes bigint,
        announced_sha256 text,
        job_id uuid,
        version bigint,
        failure_code text,
        failure_detail text,
        ended_at timestamptz,
        CONSTRAINT pk_dataset_uploads PRIMARY KEY (id),
        CONSTRAINT ck_dataset_uploads_state_known
            CHECK (state IN ('open', 'queued', 'loaded', 'unchanged', 'failed')),
        CONSTRAINT ck_dataset_uploads_complete_when_not_open CHECK ((state = 'open') = (completed_at IS NULL)),
        CONSTRAINT ck_dataset_uploads_failure_told CHECK ((state = 'failed') = (failure_code IS NOT NULL)),
        CONSTRAINT ck_dataset_uploads_version_told CHECK ((state IN ('loaded', 'unchanged')) = (version IS NOT NULL)),
        CONSTRAINT fk_dataset_uploads_dataset_id_datasets FOREIGN KEY(dataset_id) REFERENCES datasets (id)
    )
    """,
    "CREATE INDEX ix_dataset_uploads_dataset ON dataset_uploads (dataset_id, id)",
    """
    CREATE TABLE dataset_upload_parts (
        upload_id uuid NOT NULL,
        number bigint NOT NULL,
        object_key text NOT NULL,
        size_bytes bigint NOT NULL,
        sha256 text NOT NULL,
        received_at timestamptz NOT NULL,
        CONSTRAINT pk_dataset_upload_parts PRIMARY KEY (upload_id, number),
        CONSTRAINT ck_dataset_upload_parts_number_counts_from_one CHECK (number >= 1),
        CONSTRAINT fk_dataset_upload_parts_upload_id_dataset_uploads
            FOREIGN KEY(upload_id) REFERENCES dataset_uploads (id)
    )
    """,
    """
    CREATE TABLE dataset_versions (
        dataset_id uuid NOT NULL,
        number bigint NOT NULL,
        upload_id uuid NOT NULL,
        source_name text NOT NULL,
        source_format text NOT NULL,
        source_bytes bigint NOT NULL,
        source_sha256 text NOT NULL,
        encoding text,
        delimiter text,
        profile text,
        profile_version bigint,
        suggested_profile text,
        suggested_share double precision,
        key_columns text[] NOT NULL,
        rows_read bigint NOT NULL,
        rows_kept bigint NOT NULL,
        rows_rejected bigint NOT NULL,
        rows_repeated bigint NOT NULL,
        added bigint,
        removed bigint,
        changed bigint,
        drift jsonb,
        data_key text NOT NULL,
        data_bytes bigint NOT NULL,
        data_sha256 text NOT NULL,
        rejects_key text NOT NULL,
        changes_key text,
        loaded_by text NOT NULL,
        loaded_at timestamptz NOT NULL,
        CONSTRAINT pk_dataset_versions PRIMARY KEY (dataset_id, number),
        CONSTRAINT uq_dataset_versions_upload_id UNIQUE (upload_id),
        CONSTRAINT ck_dataset_versions_every_row_accounted
            CHECK (rows_read = rows_kept + rows_rejected + rows_repeated),
        CONSTRAINT fk_dataset_versions_dataset_id_datasets FOREIGN KEY(dataset_id) REFERENCES datasets (id),
        CONSTRAINT fk_dataset_versions_upload_id_dataset_uploads
            FOREIGN KEY(upload_id) REFERENCES dataset_uploads (id)
    )
    """,
    """
    CREATE TABLE dataset_columns (
        dataset_id uuid NOT NULL,
        version bigint NOT NULL,
        position bigint NOT NULL,
        name text NOT NULL,
        type text NOT NULL,
        heading text NOT NULL,
        mapped_by text NOT NULL,
        nulls bigint NOT NULL,
        distincts bigint NOT NULL,
        is_exact boolean NOT NULL,
        least text,
        greatest text,
        top jsonb NOT NULL,
        CONSTRAINT pk_dataset_columns PRIMARY KEY (dataset_id, version, position),
        CONSTRAINT fk_dataset_columns_version
            FOREIGN KEY(dataset_id, version) REFERENCES dataset_versions (dataset_id, number)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
