"""Credentials of source systems, sealed.

Reversible, but every credential has to be given again.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE source_credentials (
        id uuid NOT NULL,
        system_id uuid NOT NULL,
        sealed bytea NOT NULL,
        set_by text NOT NULL,
        set_at timestamptz NOT NULL,
        CONSTRAINT pk_source_credentials PRIMARY KEY (id),
        CONSTRAINT fk_source_credentials_system_id_source_systems
            FOREIGN KEY (system_id) REFERENCES source_systems (id)
    )
    """,
    "CREATE INDEX ix_source_credentials_system ON source_credentials (system_id, id)",
)


def upgrade() -> None:
    for statement in (*STATEMENTS, *append_only(["source_credentials"])):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE source_credentials")
