"""Files of assignments, and evidence that stands in one of them.

Reversible, but the reversal drops what is known of every file: the bytes stay in the store without a name.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE research_files (
        id uuid NOT NULL,
        assignment_id uuid NOT NULL,
        file_name text NOT NULL,
        format text NOT NULL,
        sha256 text NOT NULL,
        size_bytes bigint NOT NULL,
        received_by text NOT NULL,
        received_at timestamptz NOT NULL,
        CONSTRAINT pk_research_files PRIMARY KEY (id),
        CONSTRAINT uq_research_files_assignment_id_sha256 UNIQUE (assignment_id, sha256),
        CONSTRAINT ck_research_files_not_empty CHECK (size_bytes > 0),
        CONSTRAINT fk_research_files_assignment_id_research_assignments
            FOREIGN KEY(assignment_id) REFERENCES research_assignments (id)
    )
    """,
    "CREATE INDEX ix_research_files_assignment ON research_files (assignment_id, id)",
    *append_only(["research_files"]),
    """
    ALTER TABLE research_evidence ADD COLUMN file_id uuid
        CONSTRAINT fk_research_evidence_file_id_research_files REFERENCES research_files (id)
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_column("research_evidence", "file_id")
    op.drop_table("research_files")
    op.execute("DROP FUNCTION refuse_change()")
