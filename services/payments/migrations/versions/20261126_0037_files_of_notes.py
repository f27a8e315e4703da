"""Files of credit notes in any format and language; the English PDFs made before stay where they are and count.

Not reversible: documents that partners got are evidence.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

TABLE = """
    CREATE TABLE note_document_files (
        note_id uuid NOT NULL,
        document_number bigint NOT NULL,
        format text NOT NULL CONSTRAINT ck_note_document_files_format_known CHECK (format IN ('pdf', 'xlsx')),
        language text NOT NULL CONSTRAINT ck_note_document_files_language_known CHECK (language IN ('en', 'hi', 'mr')),
        content bytea NOT NULL,
        sha256 bytea NOT NULL,
        made_at timestamptz NOT NULL,
        CONSTRAINT pk_note_document_files PRIMARY KEY (note_id, document_number, format, language),
        CONSTRAINT fk_note_document_files_note_id_note_documents
            FOREIGN KEY (note_id, document_number) REFERENCES note_documents (note_id, document_number)
    )
"""


def upgrade() -> None:
    for statement in (TABLE, *append_only(("note_document_files",))):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Documents that partners got are evidence")
