"""The journal lies in months by the time in the ids of its entries (decision 0097).

What is there already becomes the first partition as it stands: no row is written or looked at, for the constraint of before
says where they all lie. The tables are locked for as long as their names change. Processes of before go on; the key by
which they look for what was taken back stays on that partition.

Not reversible: books are not written anew.
"""

from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from services.payments.adapters.journal_months import ENTRIES, LINES
from shared.month_partitions import MonthTable, first_months_sql, guard_sql, id_range, time_of

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

INDEXES = {
    "journal_entries": {
        "ix_journal_entries_batch_id": "(batch_id)",
        "ix_journal_entries_effective": "(effective_on, id)",
        "ix_journal_entries_source": "(source_id)",
    },
    "journal_lines": {
        "ix_journal_lines_account": "(account_code, entry_id)",
        "ix_journal_lines_partner": "(partner_code, entry_id) WHERE partner_code IS NOT NULL",
    },
}
KEYS = {"journal_entries": "id", "journal_lines": "entry_id, line_number"}
CHECKS = {
    "journal_entries": "CONSTRAINT ck_journal_entries_counts_later CHECK (occurred_on < effective_on)",
    "journal_lines": "CONSTRAINT ck_journal_lines_amount_not_zero CHECK (amount_minor <> 0 OR base_minor <> 0)",
}
BOUND = """
    SELECT CAST(substring(pg_get_constraintdef(oid) FROM '[0-9a-f]{8}-[0-9a-f-]{27}') AS uuid)
    FROM pg_constraint WHERE conname = 'ck_journal_entries_before'
"""
REFERENCES = """
    ALTER TABLE reversed_entries
        ADD CONSTRAINT fk_reversed_entries_entry_id_journal_entries FOREIGN KEY (entry_id) REFERENCES journal_entries (id),
        ADD CONSTRAINT fk_reversed_entries_reversal_id_journal_entries
            FOREIGN KEY (reversal_id) REFERENCES journal_entries (id)
"""


def upgrade() -> None:
    bound = op.get_bind().scalar(sa.text(BOUND))
    assert isinstance(bound, UUID), "the constraint was made two migrations before"
    ends_at = time_of(bound)
    op.execute("LOCK TABLE journal_entries, journal_lines IN ACCESS EXCLUSIVE MODE")
    for name in INDEXES:
        _put_aside(name)
        _new_whole(name)
    for table in (ENTRIES, LINES):
        for statement in (
            *_guards_of_the_whole(table),
            *first_months_sql(table, datetime.now(UTC), ends_at),
            f"ALTER TABLE {table.name} ATTACH PARTITION {table.name}_before {id_range(None, ends_at)}",
            f"ALTER TABLE {table.name}_before DROP CONSTRAINT ck_{table.name}_before",
        ):
            op.execute(statement)
    op.execute(
        "ALTER TABLE journal_entries_before DROP CONSTRAINT fk_journal_entries_reverses_entry_id_journal_entries"
    )
    op.execute(REFERENCES)


def _guards_of_the_whole(table: MonthTable) -> list[str]:
    """Triggers only: each partition of lines refers to the entries of its month itself."""
    return [one for one in guard_sql(table, table.name) if one.startswith("CREATE TRIGGER")]


def _put_aside(name: str) -> None:
    op.execute(f"ALTER TABLE {name} RENAME TO {name}_before")
    op.execute(f"ALTER TABLE {name}_before RENAME CONSTRAINT pk_{name} TO pk_{name}_before")
    for index in INDEXES[name]:
        op.execute(f"ALTER INDEX {index} RENAME TO {index.replace(name, f'{name}_before')}")


def _new_whole(name: str) -> None:
    partitioned = KEYS[name].partition(",")[0]
    op.execute(
        f"CREATE TABLE {name} (LIKE {name}_before INCLUDING DEFAULTS, {CHECKS[name]},"
        f" CONSTRAINT pk_{name} PRIMARY KEY ({KEYS[name]})) PARTITION BY RANGE ({partitioned})"
    )
    for index, definition in INDEXES[name].items():
        op.execute(f"CREATE INDEX {index} ON {name} {definition}")


def downgrade() -> None:
    raise NotImplementedError("Books are not written anew")
