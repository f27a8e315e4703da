"""Documents of partners with versions, files, openings and retention; what payments published moves over.

Reversible as long as nothing but account statements is kept: the table before knew no other kind.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KINDS = (
    "kind IN ('order_board', 'payment_sheet', 'account_statement', 'credit_note', 'balance_confirmation',"
    " 'report', 'uploaded_file')"
)


def upgrade() -> None:
    op.execute(
        f"""
        CREATE TABLE documents (
            id uuid NOT NULL CONSTRAINT pk_documents PRIMARY KEY,
            partner_code text NOT NULL,
            kind text NOT NULL CONSTRAINT ck_documents_kind_known CHECK ({KINDS}),
            series text NOT NULL,
            from_on date NOT NULL,
            to_on date NOT NULL,
            version bigint NOT NULL CONSTRAINT ck_documents_version_positive CHECK (version > 0),
            number text NOT NULL,
            title text NOT NULL,
            language text,
            content jsonb,
            content_sha256 text CONSTRAINT ck_documents_hash_shape CHECK (content_sha256 ~ '^[0-9a-f]{{64}}$'),
            source_id uuid,
            source_path text,
            supersedes_id uuid,
            keep_until_on date NOT NULL,
            published_at timestamptz NOT NULL,
            published_by text NOT NULL,
            CONSTRAINT ck_documents_period_in_order CHECK (from_on <= to_on)
        )
        """
    )
    op.execute("CREATE INDEX ix_documents_newest ON documents (published_at, id)")
    op.execute("CREATE INDEX ix_documents_partner ON documents (partner_code, published_at, id)")
    op.execute(
        "CREATE UNIQUE INDEX uq_documents_version"
        " ON documents (partner_code, kind, series, from_on, to_on, version)"
    )
    op.execute("CREATE UNIQUE INDEX uq_documents_source ON documents (source_id) WHERE source_id IS NOT NULL")
    op.execute("CREATE INDEX ix_documents_keep_until_on ON documents (keep_until_on)")
    _files_and_openings()
    _retention()
    _take_over()


def _files_and_openings() -> None:
    op.execute(
        """
        CREATE TABLE document_files (
            document_id uuid NOT NULL CONSTRAINT fk_document_files_document_id_documents REFERENCES documents (id),
            format text NOT NULL,
            language text NOT NULL,
            media_type text NOT NULL,
            file_name text NOT NULL,
            sha256 text NOT NULL CONSTRAINT ck_document_files_hash_shape CHECK (sha256 ~ '^[0-9a-f]{64}$'),
            size_bytes bigint NOT NULL CONSTRAINT ck_document_files_not_empty CHECK (size_bytes > 0),
            stored_at timestamptz NOT NULL,
            removed_at timestamptz,
            CONSTRAINT pk_document_files PRIMARY KEY (document_id, format, language)
        )
        """
    )
    op.execute("CREATE INDEX ix_document_files_sha256 ON document_files (sha256)")
    op.execute(
        """
        CREATE TABLE document_openings (
            id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_document_openings PRIMARY KEY,
            document_id uuid NOT NULL
                CONSTRAINT fk_document_openings_document_id_documents REFERENCES documents (id),
            format text NOT NULL,
            language text NOT NULL,
            opened_by text NOT NULL,
            opened_at timestamptz NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX ix_document_openings_document_id ON document_openings (document_id, id)")


def _retention() -> None:
    op.execute(
        f"""
        CREATE TABLE retention_rules (
            kind text NOT NULL CONSTRAINT ck_retention_rules_kind_known CHECK ({KINDS}),
            valid_from date NOT NULL,
            years bigint NOT NULL CONSTRAINT ck_retention_rules_years_sensible CHECK (years BETWEEN 1 AND 50),
            source text NOT NULL,
            added_at timestamptz NOT NULL,
            added_by text NOT NULL,
            CONSTRAINT pk_retention_rules PRIMARY KEY (kind, valid_from)
        )
        """
    )
    op.execute(
        """
        INSERT INTO retention_rules (kind, valid_from, years, source, added_at, added_by)
        SELECT kind, date '2014-04-01', 8, 'Companies Act 2013, s. 128(5): eight financial years', now(), 'migration'
        FROM unnest(ARRAY['order_board',
            'payment_sheet', 'account_statement', 'credit_note', 'balance_confirmation', 'report', 'uploaded_file']
        ) AS kinds (kind)
        """
    )


def _take_over() -> None:
    """Each statement becomes a version; its files are fetched from payments when somebody wants them."""
    op.execute(
        """
        INSERT INTO documents (id, partner_code, kind, series, from_on, to_on, version, number, title, language,
            content_sha256, source_id, source_path, supersedes_id, keep_until_on, published_at, published_by)
        SELECT id, partner_code, kind, title || '|' || language, from_on, to_on,
            row_number() OVER (PARTITION BY partner_code, kind, title, language, from_on, to_on ORDER BY published_at, id),
            number, title, language, pdf_sha256, id, content_path, supersedes_id,
            make_date(CAST(extract(year FROM to_on - interval '3 months') AS integer) + 9, 3, 31),
            published_at, 'payments'
        FROM published_documents
        """
    )
    op.execute("DROP TABLE published_documents")


def downgrade() -> None:
    op.execute(
        """
        CREATE TABLE published_documents (
            id uuid NOT NULL CONSTRAINT pk_published_documents PRIMARY KEY,
            kind text NOT NULL,
            partner_code text NOT NULL,
            number text NOT NULL,
            title text NOT NULL,
            language text NOT NULL,
            from_on date NOT NULL,
            to_on date NOT NULL,
            pdf_sha256 text NOT NULL CONSTRAINT ck_published_documents_hash_shape CHECK (pdf_sha256 ~ '^[0-9a-f]{64}$'),
            content_path text NOT NULL,
            supersedes_id uuid,
            published_at timestamptz NOT NULL
        )
        """
    )
    op.execute(
        "CREATE INDEX ix_published_documents_partner ON published_documents (partner_code, published_at, id)"
    )
    op.execute(
        "CREATE INDEX ix_published_documents_supersedes ON published_documents (supersedes_id)"
        " WHERE supersedes_id IS NOT NULL"
    )
    op.execute(
        """
        INSERT INTO published_documents SELECT source_id, kind, partner_code, number, title, language, from_on, to_on,
            content_sha256, source_path, supersedes_id, published_at
        FROM documents WHERE kind = 'account_statement' AND source_id IS NOT NULL
        """
    )
    for table in ("retention_rules", "document_openings", "document_files", "documents"):
        op.execute(f"DROP TABLE {table}")
