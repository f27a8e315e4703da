"""Virtual account numbers: dated data that tells the payer of a credit with certainty."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE virtual_accounts (
        number varchar NOT NULL CONSTRAINT ck_virtual_accounts_number_shaped CHECK (number ~ '^[A-Z0-9]{8,35}$'),
        valid_from date NOT NULL,
        partner_code varchar NOT NULL CONSTRAINT fk_virtual_accounts_partner_code_partners REFERENCES partners (code),
        bank_account_id uuid NOT NULL CONSTRAINT fk_virtual_accounts_bank_account_id_bank_accounts
            REFERENCES bank_accounts (id),
        registered_at timestamptz NOT NULL,
        registered_by varchar NOT NULL,
        CONSTRAINT pk_virtual_accounts PRIMARY KEY (number, valid_from)
    )
    """,
    "CREATE INDEX ix_virtual_accounts_partner ON virtual_accounts (partner_code, number)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(sa.text(statement))
    for statement in append_only(("virtual_accounts",)):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Receipts were identified by these numbers")
