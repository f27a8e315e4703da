"""Documents of credit notes: what they say, frozen at each step, and the files made of it."""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE note_documents (
        note_id uuid NOT NULL CONSTRAINT fk_note_documents_note_id_credit_notes REFERENCES credit_notes (id),
        document_number bigint NOT NULL,
        content jsonb NOT NULL,
        frozen_at timestamptz NOT NULL,
        CONSTRAINT pk_note_documents PRIMARY KEY (note_id, document_number)
    )
    """,
    """
    CREATE TABLE note_files (
        note_id uuid NOT NULL,
        document_number bigint NOT NULL,
        pdf bytea NOT NULL,
        sha256 bytea NOT NULL,
        made_at timestamptz NOT NULL,
        CONSTRAINT pk_note_files PRIMARY KEY (note_id, document_number),
        CONSTRAINT fk_note_files_note_id_note_documents
            FOREIGN KEY (note_id, document_number) REFERENCES note_documents (note_id, document_number)
    )
    """,
)


def upgrade() -> None:
    for statement in (*STATEMENTS, *append_only(("note_documents", "note_files"))):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Documents that partners got are evidence")
