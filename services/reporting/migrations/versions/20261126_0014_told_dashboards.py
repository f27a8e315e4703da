"""Up to which revision of each projection dashboards were told to have changed. Reversible."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE told_projections (
            projection text NOT NULL CONSTRAINT pk_told_projections PRIMARY KEY,
            revision bigint NOT NULL
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE told_projections")
