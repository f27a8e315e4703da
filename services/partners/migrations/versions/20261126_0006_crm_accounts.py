"""Accounts of the CRM as they were told last, and which partner each is.

Reversible, but what waits for a partner code is forgotten; the gateway tells it again on request.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE crm_accounts (
            organization_id text NOT NULL,
            record_id text NOT NULL,
            system_modstamp timestamptz NOT NULL,
            sequence bigint NOT NULL,
            standing text NOT NULL
                CONSTRAINT ck_crm_accounts_standing_known CHECK (standing IN ('linked', 'unresolved', 'deleted')),
            partner_code text,
            name text NOT NULL,
            zone text NOT NULL,
            problem text,
            taken_in_at timestamptz NOT NULL,
            CONSTRAINT pk_crm_accounts PRIMARY KEY (organization_id, record_id),
            CONSTRAINT ck_crm_accounts_unresolved_says_why CHECK ((standing = 'unresolved') = (problem IS NOT NULL)),
            CONSTRAINT ck_crm_accounts_linked_names_partner CHECK (standing <> 'linked' OR partner_code IS NOT NULL)
        )
        """
    )
    op.execute("CREATE INDEX ix_crm_accounts_standing ON crm_accounts (standing, record_id)")


def downgrade() -> None:
    op.execute("DROP TABLE crm_accounts")
