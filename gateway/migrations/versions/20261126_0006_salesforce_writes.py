"""What is written back to Salesforce, what it is made of, and how far sweeps came.

Reversible, but the reversal forgets what waits to be sent and the figures, which nobody tells again.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = (
    "salesforce_writes",
    "salesforce_write_mappings",
    "salesforce_open_items",
    "salesforce_partners",
    "salesforce_watermarks",
)
STATEMENTS = (
    """
    CREATE TABLE salesforce_writes (
        id UUID NOT NULL,
        subject TEXT NOT NULL,
        name TEXT NOT NULL,
        values JSONB NOT NULL,
        revision BIGINT NOT NULL,
        state TEXT NOT NULL,
        failures INTEGER NOT NULL,
        queued_at TIMESTAMP WITH TIME ZONE NOT NULL,
        next_attempt_at TIMESTAMP WITH TIME ZONE,
        claimed_until TIMESTAMP WITH TIME ZONE,
        sent_at TIMESTAMP WITH TIME ZONE,
        record_id TEXT,
        error_code TEXT,
        error TEXT,
        CONSTRAINT pk_salesforce_writes PRIMARY KEY (id),
        CONSTRAINT uq_salesforce_writes_subject_name UNIQUE (subject, name),
        CONSTRAINT ck_salesforce_writes_state_known CHECK (state IN ('waiting', 'sent', 'dry_run', 'dead')),
        CONSTRAINT ck_salesforce_writes_waiting_is_due CHECK (state <> 'waiting' OR next_attempt_at IS NOT NULL)
    )
    """,
    """
    CREATE INDEX ix_salesforce_writes_due ON salesforce_writes (subject, next_attempt_at, id) WHERE state = 'waiting'
    """,
    "CREATE INDEX ix_salesforce_writes_state ON salesforce_writes (state, id)",
    """
    CREATE TABLE salesforce_write_mappings (
        subject TEXT NOT NULL,
        object_name TEXT NOT NULL,
        external_id_field TEXT NOT NULL,
        fields JSONB NOT NULL,
        is_active BOOLEAN NOT NULL,
        is_dry_run BOOLEAN NOT NULL,
        revision INTEGER NOT NULL,
        changed_by TEXT,
        changed_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_salesforce_write_mappings PRIMARY KEY (subject)
    )
    """,
    """
    CREATE TABLE salesforce_open_items (
        invoice_id UUID NOT NULL,
        partner_code TEXT,
        due_on DATE,
        currency TEXT,
        total_minor BIGINT NOT NULL,
        settled_minor BIGINT NOT NULL,
        CONSTRAINT pk_salesforce_open_items PRIMARY KEY (invoice_id)
    )
    """,
    """
    CREATE INDEX ix_salesforce_open_items_open ON salesforce_open_items (partner_code, due_on)
     WHERE total_minor > settled_minor
    """,
    """
    CREATE TABLE salesforce_partners (
        partner_code TEXT NOT NULL,
        booked_count BIGINT NOT NULL,
        on_time_count BIGINT NOT NULL,
        last_receipt_on DATE,
        touched_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_salesforce_partners PRIMARY KEY (partner_code)
    )
    """,
    """
    CREATE INDEX ix_salesforce_partners_touched ON salesforce_partners (touched_at, partner_code)
     WHERE touched_at IS NOT NULL
    """,
    """
    CREATE TABLE salesforce_watermarks (
        organization_id TEXT NOT NULL,
        object_name TEXT NOT NULL,
        swept_until TIMESTAMP WITH TIME ZONE NOT NULL,
        swept_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_salesforce_watermarks PRIMARY KEY (organization_id, object_name)
    )
    """,
    # Rehearsed until somebody has looked at what would be sent.
    """
    INSERT INTO salesforce_write_mappings (
        subject, object_name, external_id_field, fields, is_active, is_dry_run, revision
    ) VALUES
        ('partner_figures', 'Account', 'SalesOps_Partner_Code__c', '{
            "outstanding": "SalesOps_Outstanding__c",
            "overdue": "SalesOps_Overdue__c",
            "oldest_due_on": "SalesOps_Oldest_Due_On__c",
            "on_time_percent": "SalesOps_On_Time_Percent__c",
            "last_receipt_on": "SalesOps_Last_Receipt_On__c",
            "as_of_on": "SalesOps_Figures_As_Of__c"
        }', true, true, 1),
        ('query_answer', 'SalesOps_Payment_Query__c', 'SalesOps_Query_Number__c', '{
            "partner_code": "Partner_Code__c",
            "category": "Category__c",
            "state": "State__c",
            "answered_at": "Answered_At__c",
            "is_on_time": "Is_On_Time__c"
        }', true, true, 1)
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
