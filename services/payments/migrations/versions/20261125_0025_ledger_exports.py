"""The general ledger for the accounting system: names of its ledgers as data, and what was exported."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.ledger_guards import append_only

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE ledger_names (
        id uuid NOT NULL CONSTRAINT pk_ledger_names PRIMARY KEY,
        kind varchar NOT NULL CONSTRAINT ck_ledger_names_kind_known CHECK (kind IN ('account', 'partner')),
        code varchar NOT NULL,
        ledger_name varchar NOT NULL,
        group_name varchar NOT NULL,
        set_at timestamptz NOT NULL,
        set_by varchar NOT NULL
    )
    """,
    "CREATE INDEX ix_ledger_names_code ON ledger_names (kind, code, set_at)",
    """
    CREATE TABLE ledger_exports (
        number bigint NOT NULL CONSTRAINT pk_ledger_exports PRIMARY KEY,
        id uuid NOT NULL CONSTRAINT uq_ledger_exports_id UNIQUE,
        after_position bigint NOT NULL CONSTRAINT uq_ledger_exports_after_position UNIQUE,
        last_position bigint NOT NULL,
        batches bigint NOT NULL,
        entries bigint NOT NULL,
        totals jsonb NOT NULL,
        chain_hash bytea NOT NULL,
        csv_hash bytea NOT NULL,
        tally_hash bytea NOT NULL,
        made_by varchar NOT NULL,
        made_at timestamptz NOT NULL,
        CONSTRAINT ck_ledger_exports_goes_forward CHECK (last_position > after_position)
    )
    """,
    # Without a gap and without a repetition: an export begins where the one before ended.
    """
    CREATE FUNCTION refuse_gap_in_exports() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE before_number bigint; before_position bigint;
    BEGIN
        SELECT number, last_position INTO before_number, before_position FROM ledger_exports
        ORDER BY number DESC LIMIT 1;
        IF NEW.number <> coalesce(before_number, 0) + 1 OR NEW.after_position <> coalesce(before_position, 0) THEN
            RAISE EXCEPTION 'export % does not follow export %', NEW.number, coalesce(before_number, 0)
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER without_gaps BEFORE INSERT ON ledger_exports
        FOR EACH ROW EXECUTE FUNCTION refuse_gap_in_exports()
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(sa.text(statement))
    for statement in append_only(("ledger_names", "ledger_exports")):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("What was handed to the accounting system is kept")
