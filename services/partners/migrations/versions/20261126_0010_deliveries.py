"""Contacts of partners, and deliveries of documents to them with every step, reply and unsubscription."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

CHANNELS = "channel IN ('email', 'sftp', 'webhook', 'portal')"
KINDS = (
    "kind IN ('order_board', 'payment_sheet', 'account_statement', 'credit_note', 'balance_confirmation',"
    " 'report', 'uploaded_file')"
)
STATES = (
    "state IN ('queued', 'sent', 'delivered', 'opened', 'acknowledged', 'objected', 'bounced', 'failed',"
    " 'unsubscribed')"
)
TABLES = (
    f"""
    CREATE TABLE partner_contacts (
        id uuid NOT NULL CONSTRAINT pk_partner_contacts PRIMARY KEY,
        partner_code text NOT NULL,
        role text NOT NULL,
        name text NOT NULL,
        channel text NOT NULL CONSTRAINT ck_partner_contacts_channel_known CHECK ({CHANNELS}),
        address text NOT NULL,
        language text NOT NULL,
        host_key text,
        sealed_secret bytea,
        added_at timestamptz NOT NULL,
        added_by text NOT NULL,
        retired_at timestamptz,
        retired_by text,
        CONSTRAINT ck_partner_contacts_host_key_known CHECK (channel <> 'sftp' OR host_key IS NOT NULL),
        CONSTRAINT ck_partner_contacts_secret_known CHECK (channel <> 'webhook' OR sealed_secret IS NOT NULL)
    )
    """,
    """
    CREATE UNIQUE INDEX uq_partner_contacts_active ON partner_contacts (partner_code, role, channel, address)
    WHERE retired_at IS NULL
    """,
    f"""
    CREATE TABLE delivery_requests (
        id uuid NOT NULL CONSTRAINT pk_delivery_requests PRIMARY KEY,
        key text NOT NULL CONSTRAINT uq_delivery_requests_key UNIQUE,
        partner_code text NOT NULL,
        kind text NOT NULL CONSTRAINT ck_delivery_requests_kind_known CHECK ({KINDS}),
        from_on date NOT NULL,
        to_on date NOT NULL,
        formats text[] NOT NULL CONSTRAINT ck_delivery_requests_format_named CHECK (cardinality(formats) > 0),
        is_optional boolean NOT NULL,
        acknowledge_within_days bigint,
        document_id uuid CONSTRAINT fk_delivery_requests_document_id_documents REFERENCES documents (id),
        failure text,
        attempts bigint NOT NULL DEFAULT 0,
        next_attempt_at timestamptz NOT NULL,
        requested_at timestamptz NOT NULL,
        requested_by text NOT NULL,
        CONSTRAINT ck_delivery_requests_period_in_order CHECK (from_on <= to_on)
    )
    """,
    """
    CREATE INDEX ix_delivery_requests_unprepared ON delivery_requests (next_attempt_at)
    WHERE document_id IS NULL AND failure IS NULL
    """,
    "CREATE INDEX ix_delivery_requests_document_id ON delivery_requests (document_id)",
    f"""
    CREATE TABLE deliveries (
        id uuid NOT NULL CONSTRAINT pk_deliveries PRIMARY KEY,
        request_id uuid NOT NULL
            CONSTRAINT fk_deliveries_request_id_delivery_requests REFERENCES delivery_requests (id),
        partner_code text NOT NULL,
        channel text NOT NULL CONSTRAINT ck_deliveries_channel_known CHECK ({CHANNELS}),
        address text NOT NULL,
        name text NOT NULL,
        role text,
        language text NOT NULL,
        contact_id uuid CONSTRAINT fk_deliveries_contact_id_partner_contacts REFERENCES partner_contacts (id),
        state text NOT NULL CONSTRAINT ck_deliveries_state_known CHECK ({STATES}),
        round bigint NOT NULL DEFAULT 1,
        attempts bigint NOT NULL DEFAULT 0,
        next_attempt_at timestamptz NOT NULL,
        leased_until timestamptz,
        last_error text,
        acknowledge_by_on date,
        reminders bigint NOT NULL DEFAULT 0,
        queued_at timestamptz NOT NULL,
        sent_at timestamptz,
        CONSTRAINT ck_deliveries_counts_sensible CHECK (attempts >= 0 AND round > 0)
    )
    """,
    "CREATE UNIQUE INDEX uq_deliveries_recipient ON deliveries (request_id, channel, address)",
    "CREATE INDEX ix_deliveries_due ON deliveries (channel, next_attempt_at) WHERE state = 'queued'",
    "CREATE INDEX ix_deliveries_partner ON deliveries (partner_code, id)",
    """
    CREATE INDEX ix_deliveries_acknowledge_by_on ON deliveries (acknowledge_by_on)
    WHERE acknowledge_by_on IS NOT NULL
    """,
    """
    CREATE TABLE delivery_steps (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_delivery_steps PRIMARY KEY,
        delivery_id uuid NOT NULL CONSTRAINT fk_delivery_steps_delivery_id_deliveries REFERENCES deliveries (id),
        step text NOT NULL,
        detail text,
        actor text NOT NULL,
        at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ix_delivery_steps_delivery_id ON delivery_steps (delivery_id, id)",
    """
    CREATE TABLE document_replies (
        id uuid NOT NULL CONSTRAINT pk_document_replies PRIMARY KEY,
        document_id uuid NOT NULL CONSTRAINT fk_document_replies_document_id_documents REFERENCES documents (id),
        delivery_id uuid CONSTRAINT fk_document_replies_delivery_id_deliveries REFERENCES deliveries (id),
        reply text NOT NULL
            CONSTRAINT ck_document_replies_reply_known CHECK (reply IN ('acknowledged', 'objected')),
        objection text,
        replied_by text NOT NULL,
        replied_at timestamptz NOT NULL,
        CONSTRAINT ck_document_replies_objection_said CHECK ((reply = 'objected') = (objection IS NOT NULL))
    )
    """,
    """
    CREATE UNIQUE INDEX uq_document_replies_acknowledged ON document_replies (document_id)
    WHERE reply = 'acknowledged'
    """,
    "CREATE INDEX ix_document_replies_document_id ON document_replies (document_id, id)",
    """
    CREATE TABLE unsubscriptions (
        address text NOT NULL,
        kind text NOT NULL,
        delivery_id uuid NOT NULL CONSTRAINT fk_unsubscriptions_delivery_id_deliveries REFERENCES deliveries (id),
        unsubscribed_at timestamptz NOT NULL,
        CONSTRAINT pk_unsubscriptions PRIMARY KEY (address, kind)
    )
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    for table in (
        "unsubscriptions",
        "document_replies",
        "delivery_steps",
        "deliveries",
        "delivery_requests",
        "partner_contacts",
    ):
        op.execute(f"DROP TABLE {table}")
