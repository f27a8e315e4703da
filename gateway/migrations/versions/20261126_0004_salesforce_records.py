"""Keep what Salesforce tells: each message once, the latest state of each record, and the mappings that read them.

Reversible, but the reversal drops what was kept: copy it first.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = (
    "salesforce_messages",
    "salesforce_notifications",
    "salesforce_records",
    "salesforce_object_gaps",
    "salesforce_mappings",
)
STATEMENTS = (
    """
    CREATE TABLE salesforce_messages (
        id UUID NOT NULL,
        organization_id TEXT NOT NULL,
        channel TEXT NOT NULL,
        received_at TIMESTAMP WITH TIME ZONE NOT NULL,
        body BYTEA,
        CONSTRAINT pk_salesforce_messages PRIMARY KEY (id)
    )
    """,
    """
    CREATE INDEX ix_salesforce_messages_received_at ON salesforce_messages (received_at) WHERE body IS NOT NULL
    """,
    """
    CREATE TABLE salesforce_notifications (
        organization_id TEXT NOT NULL,
        channel TEXT NOT NULL,
        notification_id TEXT NOT NULL,
        id UUID NOT NULL,
        message_id UUID NOT NULL,
        object_name TEXT,
        record_id TEXT,
        replay_id TEXT,
        outcome TEXT NOT NULL,
        problems JSONB NOT NULL,
        CONSTRAINT pk_salesforce_notifications PRIMARY KEY (organization_id, channel, notification_id),
        CONSTRAINT ck_salesforce_notifications_outcome_known
            CHECK (outcome IN ('told', 'kept', 'superseded', 'unmapped', 'quarantined')),
        CONSTRAINT uq_salesforce_notifications_id UNIQUE (id),
        CONSTRAINT fk_salesforce_notifications_message_id_salesforce_messages
            FOREIGN KEY(message_id)
                REFERENCES salesforce_messages (id) DEFERRABLE INITIALLY DEFERRED
    )
    """,
    """
    CREATE INDEX ix_salesforce_notifications_message_id ON salesforce_notifications (message_id)
    """,
    """
    CREATE INDEX ix_salesforce_notifications_outcome ON salesforce_notifications (outcome, id)
    """,
    """
    CREATE TABLE salesforce_records (
        organization_id TEXT NOT NULL,
        record_id TEXT NOT NULL,
        id UUID NOT NULL,
        object_name TEXT NOT NULL,
        fields JSONB NOT NULL,
        stamps JSONB NOT NULL,
        whole_stamp TEXT NOT NULL,
        gap_stamp TEXT,
        modified_at TIMESTAMP WITH TIME ZONE NOT NULL,
        is_deleted BOOLEAN NOT NULL,
        version BIGINT NOT NULL,
        told_version BIGINT NOT NULL,
        mapping_version INTEGER,
        state TEXT NOT NULL,
        problems JSONB NOT NULL,
        waits_for TEXT[] NOT NULL,
        taken_in_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_salesforce_records PRIMARY KEY (organization_id, record_id),
        CONSTRAINT ck_salesforce_records_state_known CHECK (state IN ('told', 'kept', 'unmapped', 'quarantined')),
        CONSTRAINT ck_salesforce_records_told_what_is_known CHECK (told_version <= version),
        CONSTRAINT ck_salesforce_records_record_id_shape CHECK (record_id ~ '^[A-Za-z0-9]{18}$'),
        CONSTRAINT uq_salesforce_records_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_salesforce_records_gap ON salesforce_records (organization_id, object_name, record_id)
     WHERE gap_stamp IS NOT NULL
    """,
    """
    CREATE INDEX ix_salesforce_records_object ON salesforce_records (object_name, id)
    """,
    """
    CREATE INDEX ix_salesforce_records_state ON salesforce_records (state, id)
    """,
    """
    CREATE TABLE salesforce_object_gaps (
        organization_id TEXT NOT NULL,
        object_name TEXT NOT NULL,
        since TIMESTAMP WITH TIME ZONE NOT NULL,
        told_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_salesforce_object_gaps PRIMARY KEY (organization_id, object_name)
    )
    """,
    """
    CREATE TABLE salesforce_mappings (
        id UUID NOT NULL,
        organization_id TEXT NOT NULL,
        object_name TEXT NOT NULL,
        version INTEGER NOT NULL,
        fact TEXT NOT NULL,
        rules JSONB NOT NULL,
        note TEXT NOT NULL,
        state TEXT NOT NULL,
        made_by TEXT NOT NULL,
        made_at TIMESTAMP WITH TIME ZONE NOT NULL,
        activated_by TEXT,
        activated_at TIMESTAMP WITH TIME ZONE,
        effective_from TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_salesforce_mappings PRIMARY KEY (id),
        CONSTRAINT ck_salesforce_mappings_state_known CHECK (state IN ('draft', 'active')),
        CONSTRAINT ck_salesforce_mappings_version_positive CHECK (version > 0),
        CONSTRAINT ck_salesforce_mappings_active_is_dated
            CHECK ((state = 'active') = (effective_from IS NOT NULL AND activated_by IS NOT NULL)),
        CONSTRAINT ck_salesforce_mappings_two_people CHECK (activated_by <> made_by),
        CONSTRAINT uq_salesforce_mappings_organization_id_object_name_version
            UNIQUE (organization_id, object_name, version)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
