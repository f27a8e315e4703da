"""Documents published to partners, as other services told of them."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
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


def downgrade() -> None:
    op.execute("DROP TABLE published_documents")
