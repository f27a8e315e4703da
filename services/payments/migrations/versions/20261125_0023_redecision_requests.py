"""What may explain waiting lines asks for them to be decided again, in the transaction that brings it."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Rows are removed once the work is done: a request is no fact of business, and the decisions it leads to are kept.
    op.execute(
        """
        CREATE TABLE redecision_requests (
            id uuid NOT NULL CONSTRAINT pk_redecision_requests PRIMARY KEY,
            cause varchar NOT NULL,
            requested_at timestamptz NOT NULL DEFAULT now()
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE redecision_requests")
