"""Orders with their history, the terms partners buy on, and order boards as they were published.

Reversible, but what was told meanwhile is forgotten.
"""

from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

STATES = "('open', 'partly_allocated', 'allocated', 'partly_dispatched', 'dispatched', 'cancelled')"
MASTER = (
    """
    ALTER TABLE partners
        ADD COLUMN merged_into text CONSTRAINT fk_partners_merged_into_partners REFERENCES partners (code),
        ADD CONSTRAINT ck_partners_not_into_itself CHECK (merged_into <> code)
    """,
    "CREATE INDEX ix_partners_owner ON partners (coalesce(merged_into, code))",
    # Whose facts a code names: its own, or those of the partner that it was merged into.
    """
    CREATE VIEW partner_owners AS
    SELECT p.code, coalesce(p.merged_into, p.code) AS owner_code, s.zone, s.name, s.city
    FROM partners p JOIN partners s ON s.code = coalesce(p.merged_into, p.code)
    """,
    """
    CREATE TABLE partner_terms (
        partner_id uuid NOT NULL CONSTRAINT fk_partner_terms_partner_id_partners REFERENCES partners,
        version bigint NOT NULL CONSTRAINT ck_partner_terms_version_positive CHECK (version > 0),
        payment_days bigint CONSTRAINT ck_partner_terms_days_in_range CHECK (payment_days BETWEEN 0 AND 365),
        credit_limit_minor bigint CONSTRAINT ck_partner_terms_limit_not_negative CHECK (credit_limit_minor >= 0),
        currency text NOT NULL,
        stops_on_overdue boolean NOT NULL,
        is_on_hold boolean NOT NULL,
        hold_reason text,
        set_at timestamptz NOT NULL,
        set_by text NOT NULL,
        CONSTRAINT pk_partner_terms PRIMARY KEY (partner_id, version),
        CONSTRAINT ck_partner_terms_hold_says_why CHECK (is_on_hold = (hold_reason IS NOT NULL))
    )
    """,
)
ORDERS = (
    f"""
    CREATE TABLE orders (
        id uuid NOT NULL CONSTRAINT pk_orders PRIMARY KEY,
        order_number text NOT NULL CONSTRAINT uq_orders_order_number UNIQUE,
        version bigint NOT NULL CONSTRAINT ck_orders_version_positive CHECK (version > 0),
        partner_code text NOT NULL,
        ordered_on date NOT NULL,
        currency text NOT NULL,
        customer_reference text,
        state text NOT NULL CONSTRAINT ck_orders_state_known CHECK (state IN {STATES}),
        is_held boolean NOT NULL,
        value_minor bigint NOT NULL,
        open_minor bigint NOT NULL,
        source text NOT NULL,
        modified_at timestamptz NOT NULL,
        source_version bigint NOT NULL,
        changed_at timestamptz NOT NULL,
        CONSTRAINT ck_orders_open_is_a_part CHECK (open_minor BETWEEN 0 AND value_minor)
    )
    """,
    "CREATE INDEX ix_orders_partner ON orders (partner_code, order_number)",
    "CREATE INDEX ix_orders_open ON orders (partner_code) WHERE state NOT IN ('dispatched', 'cancelled')",
    f"""
    CREATE TABLE order_lines (
        order_id uuid NOT NULL CONSTRAINT fk_order_lines_order_id_orders REFERENCES orders
            DEFERRABLE INITIALLY DEFERRED,
        version bigint NOT NULL,
        line_number bigint NOT NULL,
        product_code text NOT NULL,
        description text NOT NULL,
        unit_value_minor bigint NOT NULL,
        requested_on date,
        promised_on date,
        quantity numeric(15, 3) NOT NULL,
        cancelled numeric(15, 3) NOT NULL,
        allocated numeric(15, 3) NOT NULL,
        dispatched numeric(15, 3) NOT NULL,
        open_minor bigint NOT NULL,
        ready_minor bigint NOT NULL,
        state text NOT NULL CONSTRAINT ck_order_lines_state_known CHECK (state IN {STATES}),
        CONSTRAINT pk_order_lines PRIMARY KEY (order_id, version, line_number),
        CONSTRAINT ck_order_lines_parts_nest CHECK (0 <= dispatched AND dispatched <= allocated
            AND allocated <= quantity - cancelled AND 0 <= cancelled AND 0 < quantity),
        CONSTRAINT ck_order_lines_values_not_negative
            CHECK (unit_value_minor >= 0 AND open_minor >= 0 AND ready_minor >= 0)
    )
    """,
    """
    CREATE TABLE order_tellings (
        id uuid NOT NULL CONSTRAINT pk_order_tellings PRIMARY KEY,
        order_id uuid NOT NULL CONSTRAINT fk_order_tellings_order_id_orders REFERENCES orders
            DEFERRABLE INITIALLY DEFERRED,
        version bigint,
        source text NOT NULL,
        modified_at timestamptz NOT NULL,
        source_version bigint NOT NULL,
        told_at timestamptz NOT NULL,
        told_by text NOT NULL,
        content jsonb NOT NULL,
        CONSTRAINT uq_order_tellings_order_id_version UNIQUE (order_id, version)
    )
    """,
    """
    CREATE TABLE crm_order_tellings (
        organization_id text NOT NULL,
        record_id text NOT NULL,
        system_modstamp timestamptz NOT NULL,
        sequence bigint NOT NULL,
        order_number text NOT NULL,
        partner_code text,
        status text NOT NULL,
        currency text NOT NULL,
        stated_minor bigint,
        ordered_on date,
        is_deleted boolean NOT NULL,
        told_at timestamptz NOT NULL,
        CONSTRAINT pk_crm_order_tellings PRIMARY KEY (organization_id, record_id, system_modstamp, sequence)
    )
    """,
    "CREATE INDEX ix_crm_order_tellings_number ON crm_order_tellings (order_number)",
    "CREATE INDEX ix_crm_order_tellings_partner ON crm_order_tellings (partner_code)",
    """
    CREATE TABLE published_boards (
        id uuid NOT NULL CONSTRAINT pk_published_boards PRIMARY KEY,
        partner_code text NOT NULL,
        number bigint NOT NULL CONSTRAINT ck_published_boards_number_positive CHECK (number > 0),
        as_of timestamptz NOT NULL,
        published_by text NOT NULL,
        content bytea NOT NULL,
        content_sha256 text NOT NULL,
        CONSTRAINT uq_published_boards_partner_code_number UNIQUE (partner_code, number),
        CONSTRAINT ck_published_boards_hash_of_content
            CHECK (content_sha256 = encode(sha256(content), 'hex'))
    )
    """,
)
HISTORIES = ("partner_terms", "order_lines", "order_tellings", "crm_order_tellings", "published_boards")


def upgrade() -> None:
    for statement in (*MASTER, *ORDERS, *append_only(HISTORIES)):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP VIEW partner_owners")
    for table in (*HISTORIES, "orders"):
        op.execute(f"DROP TABLE {table} CASCADE")
    op.execute("DROP INDEX ix_partners_owner")
    op.execute("ALTER TABLE partners DROP COLUMN merged_into")
