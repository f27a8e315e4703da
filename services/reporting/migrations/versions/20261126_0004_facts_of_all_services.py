"""Facts of everything the services tell: receivables, credit notes, questions, partners, orders, documents, pipeline.

Reversible: what is here was told by others, who tell it again when asked. Extracts are made by `written_in`.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WRITING = "CAST(CAST(pg_current_xact_id() AS text) AS bigint)"
OLDER = ("collected_receipts", "reversed_receipts")
TABLES = (
    f"""
    CREATE TABLE late_bookings (
        bank_line_id uuid NOT NULL,
        told_at timestamptz NOT NULL,
        bank_account text NOT NULL,
        zone text,
        currency text NOT NULL,
        amount_minor bigint NOT NULL,
        received_on date NOT NULL,
        due_at timestamptz NOT NULL,
        is_identified boolean,
        booked_at timestamptz,
        cause text,
        written_in bigint NOT NULL DEFAULT {WRITING},
        CONSTRAINT pk_late_bookings PRIMARY KEY (bank_line_id)
    )
    """,
    f"""
    CREATE TABLE registered_invoices (
        invoice_id uuid NOT NULL,
        number text NOT NULL,
        partner_code text NOT NULL,
        issued_on date NOT NULL,
        due_on date NOT NULL,
        currency text NOT NULL,
        taxable_minor bigint NOT NULL,
        tax_minor bigint NOT NULL,
        total_minor bigint NOT NULL,
        written_in bigint NOT NULL DEFAULT {WRITING},
        CONSTRAINT pk_registered_invoices PRIMARY KEY (invoice_id)
    )
    """,
    f"""
    CREATE TABLE settlements (
        source_id uuid NOT NULL,
        position bigint NOT NULL,
        credit_id uuid NOT NULL,
        credit_kind text NOT NULL,
        invoice_id uuid NOT NULL,
        invoice_number text NOT NULL,
        kind text NOT NULL,
        currency text NOT NULL,
        amount_minor bigint NOT NULL,
        effective_on date NOT NULL,
        written_in bigint NOT NULL DEFAULT {WRITING},
        CONSTRAINT pk_settlements PRIMARY KEY (source_id, position)
    )
    """,
    f"""
    CREATE TABLE paid_refunds (
        refund_id uuid NOT NULL,
        credit_id uuid NOT NULL,
        credit_kind text NOT NULL,
        partner_code text NOT NULL,
        zone text,
        currency text NOT NULL,
        amount_minor bigint NOT NULL,
        refunded_on date NOT NULL,
        written_in bigint NOT NULL DEFAULT {WRITING},
        CONSTRAINT pk_paid_refunds PRIMARY KEY (refund_id)
    )
    """,
    f"""
    CREATE TABLE known_credit_notes (
        note_id uuid NOT NULL,
        revision bigint NOT NULL,
        note_type text NOT NULL,
        standing text NOT NULL,
        number text,
        issued_on date,
        partner_code text NOT NULL,
        zone text,
        reason_code text NOT NULL,
        currency text NOT NULL,
        taxable_minor bigint NOT NULL,
        tax_minor bigint NOT NULL,
        total_minor bigint NOT NULL,
        written_in bigint NOT NULL DEFAULT {WRITING},
        CONSTRAINT pk_known_credit_notes PRIMARY KEY (note_id)
    )
    """,
    f"""
    CREATE TABLE known_partners (
        code text NOT NULL,
        version bigint NOT NULL,
        name text NOT NULL,
        city text,
        zone text NOT NULL,
        status text NOT NULL,
        merged_into text,
        written_in bigint NOT NULL DEFAULT {WRITING},
        CONSTRAINT pk_known_partners PRIMARY KEY (code)
    )
    """,
    f"""
    CREATE TABLE known_orders (
        order_number text NOT NULL,
        version bigint NOT NULL,
        partner_code text NOT NULL,
        ordered_on date NOT NULL,
        currency text NOT NULL,
        state text NOT NULL,
        is_held boolean NOT NULL,
        value_minor bigint NOT NULL,
        open_minor bigint NOT NULL,
        source text NOT NULL,
        modified_at timestamptz NOT NULL,
        written_in bigint NOT NULL DEFAULT {WRITING},
        CONSTRAINT pk_known_orders PRIMARY KEY (order_number)
    )
    """,
    f"""
    CREATE TABLE told_order_lines (
        order_number text NOT NULL,
        version bigint NOT NULL,
        number bigint NOT NULL,
        product_code text NOT NULL,
        quantity numeric(15, 3) NOT NULL,
        cancelled numeric(15, 3) NOT NULL,
        allocated numeric(15, 3) NOT NULL,
        dispatched numeric(15, 3) NOT NULL,
        state text NOT NULL,
        value_minor bigint NOT NULL,
        open_minor bigint NOT NULL,
        requested_on date,
        promised_on date,
        written_in bigint NOT NULL DEFAULT {WRITING},
        CONSTRAINT pk_told_order_lines PRIMARY KEY (order_number, version, number)
    )
    """,
    f"""
    CREATE TABLE known_opportunities (
        organization_id text NOT NULL,
        record_id text NOT NULL,
        system_modstamp timestamptz NOT NULL,
        sequence bigint NOT NULL,
        name text NOT NULL,
        stage text NOT NULL,
        partner_code text,
        zone text,
        owner text,
        currency text NOT NULL,
        amount_minor bigint,
        close_on date,
        probability_percent bigint,
        is_closed boolean NOT NULL,
        is_won boolean NOT NULL,
        is_deleted boolean NOT NULL,
        written_in bigint NOT NULL DEFAULT {WRITING},
        CONSTRAINT pk_known_opportunities PRIMARY KEY (organization_id, record_id)
    )
    """,
    f"""
    CREATE TABLE query_openings (
        query_id uuid NOT NULL,
        due_at timestamptz NOT NULL,
        opened_at timestamptz NOT NULL,
        number text NOT NULL,
        partner_code text NOT NULL,
        zone text,
        category text NOT NULL,
        subject text NOT NULL,
        owner text NOT NULL,
        written_in bigint NOT NULL DEFAULT {WRITING},
        CONSTRAINT pk_query_openings PRIMARY KEY (query_id, due_at)
    )
    """,
    f"""
    CREATE TABLE query_answers (
        query_id uuid NOT NULL,
        answered_at timestamptz NOT NULL,
        is_on_time boolean NOT NULL,
        written_in bigint NOT NULL DEFAULT {WRITING},
        CONSTRAINT pk_query_answers PRIMARY KEY (query_id, answered_at)
    )
    """,
    f"""
    CREATE TABLE published_documents (
        document_id uuid NOT NULL,
        kind text NOT NULL,
        partner_code text NOT NULL,
        zone text,
        title text NOT NULL,
        number text NOT NULL,
        from_on date NOT NULL,
        to_on date NOT NULL,
        version bigint NOT NULL,
        published_at timestamptz NOT NULL,
        written_in bigint NOT NULL DEFAULT {WRITING},
        CONSTRAINT pk_published_documents PRIMARY KEY (document_id)
    )
    """,
    f"""
    CREATE TABLE delivery_outcomes (
        delivery_id uuid NOT NULL,
        ended_at timestamptz NOT NULL,
        document_id uuid,
        kind text NOT NULL,
        partner_code text NOT NULL,
        zone text,
        channel text NOT NULL,
        is_delivered boolean NOT NULL,
        reason text,
        written_in bigint NOT NULL DEFAULT {WRITING},
        CONSTRAINT pk_delivery_outcomes PRIMARY KEY (delivery_id, ended_at)
    )
    """,
    f"""
    CREATE TABLE document_replies (
        document_id uuid NOT NULL,
        replied_at timestamptz NOT NULL,
        partner_code text NOT NULL,
        is_objection boolean NOT NULL,
        written_in bigint NOT NULL DEFAULT {WRITING},
        CONSTRAINT pk_document_replies PRIMARY KEY (document_id, replied_at)
    )
    """,
)
NEWER = (
    "late_bookings",
    "registered_invoices",
    "settlements",
    "paid_refunds",
    "known_credit_notes",
    "known_partners",
    "known_orders",
    "told_order_lines",
    "known_opportunities",
    "query_openings",
    "query_answers",
    "published_documents",
    "delivery_outcomes",
    "document_replies",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    for table in OLDER:
        op.execute(f"ALTER TABLE {table} ADD COLUMN written_in bigint NOT NULL DEFAULT {WRITING}")
    for table in (*OLDER, *NEWER):
        op.execute(f"CREATE INDEX ix_{table}_written_in ON {table} (written_in)")


def downgrade() -> None:
    for table in reversed(NEWER):
        op.execute(f"DROP TABLE {table}")
    for table in OLDER:
        op.execute(f"ALTER TABLE {table} DROP COLUMN written_in")
