"""What was taken back is noted in a table of its own, and new entries have ids of before a bound: the journal can be cut.

That an entry is taken back at most once holds over all months only there (decision 0097). The bound is the end of the next
month, so that whoever books meanwhile is not refused; it is compared with what is there by the next migration, without
holding anybody. Processes of before go on: the trigger notes what they take back.

Not reversible: books are not written anew.
"""

from datetime import UTC, datetime

from alembic import op

from services.payments.adapters.journal_months import REVERSALS_NOTED
from shared.migrations.ledger_guards import append_only
from shared.month_partitions import first_id, month_start

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

TABLE = """
    CREATE TABLE reversed_entries (
        entry_id uuid NOT NULL CONSTRAINT pk_reversed_entries PRIMARY KEY,
        reversal_id uuid NOT NULL CONSTRAINT uq_reversed_entries_reversal_id UNIQUE
    )
"""
# In the order of ids, so that two batches that take back the same wait for each other instead of deadlocking.
NOTE = """
    CREATE FUNCTION note_reversed_entries() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO reversed_entries (entry_id, reversal_id)
        SELECT reverses_entry_id, id FROM inserted WHERE reverses_entry_id IS NOT NULL ORDER BY reverses_entry_id;
        RETURN NULL;
    END $$
"""
NOTED = """
    INSERT INTO reversed_entries (entry_id, reversal_id)
    SELECT reverses_entry_id, id FROM journal_entries WHERE reverses_entry_id IS NOT NULL
"""


def upgrade() -> None:
    bound = first_id(month_start(datetime.now(UTC), 2))
    for statement in (
        TABLE,
        NOTE,
        REVERSALS_NOTED.format(table="journal_entries"),
        NOTED,
        *append_only(("reversed_entries",)),
        *(
            f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_before CHECK ({key} < '{bound}') NOT VALID"
            for table, key in (("journal_entries", "id"), ("journal_lines", "entry_id"))
        ),
    ):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("What was taken back stays known")
