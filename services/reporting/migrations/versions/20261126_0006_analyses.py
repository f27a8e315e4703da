"""Analyses as they were made, and the rows they were made of.

Reversible, but analyses made meanwhile are forgotten.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE analysis_tables (
        id uuid NOT NULL CONSTRAINT pk_analysis_tables PRIMARY KEY,
        name text,
        version bigint,
        zone text,
        partner_code text,
        column_names jsonb NOT NULL,
        rows jsonb NOT NULL,
        row_count bigint NOT NULL CONSTRAINT ck_analysis_tables_row_count CHECK (row_count > 0),
        rows_sha256 text NOT NULL,
        told_at timestamptz NOT NULL,
        told_by text NOT NULL,
        CONSTRAINT uq_analysis_tables_name_version UNIQUE (name, version),
        CONSTRAINT ck_analysis_tables_version CHECK ((name IS NULL) = (version IS NULL))
    )
    """,
    """
    CREATE TABLE analyses (
        id uuid NOT NULL CONSTRAINT pk_analyses PRIMARY KEY,
        kind text NOT NULL CONSTRAINT ck_analyses_kind
            CHECK (kind IN ('variance', 'costing', 'projection', 'bundling')),
        title text NOT NULL,
        zone text,
        partner_code text,
        options jsonb NOT NULL,
        table_id uuid NOT NULL CONSTRAINT fk_analyses_table_id_analysis_tables REFERENCES analysis_tables,
        row_count bigint NOT NULL,
        rows_sha256 text NOT NULL,
        content bytea NOT NULL,
        content_sha256 text NOT NULL,
        made_at timestamptz NOT NULL,
        made_by text NOT NULL,
        CONSTRAINT ck_analyses_content CHECK (content_sha256 = encode(sha256(content), 'hex'))
    )
    """,
    "CREATE INDEX ix_analyses_kind ON analyses (kind, id)",
)


def upgrade() -> None:
    for statement in (*TABLES, *append_only(["analysis_tables", "analyses"])):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE analyses")
    op.execute("DROP TABLE analysis_tables")
