"""The months of the journal: entries and lines lie in partitions of the same ids, made ahead together.

A row that no month takes stays in the default partition for good, as the books cannot be moved; that month then has no
partition of its own.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.month_partitions import MonthTable, alone, make_months

_APPEND_ONLY: Final = (
    "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
)
_IN_OPEN_MONTHS: Final = (
    "CREATE TRIGGER entries_in_open_months AFTER INSERT ON {table} REFERENCING NEW TABLE AS inserted"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_month()"
)
REVERSALS_NOTED: Final = (
    "CREATE TRIGGER reversals_noted AFTER INSERT ON {table} REFERENCING NEW TABLE AS inserted"
    " FOR EACH STATEMENT EXECUTE FUNCTION note_reversed_entries()"
)
_ENTRIES_BALANCE: Final = (
    "CREATE TRIGGER entries_balance AFTER INSERT ON {table} REFERENCING NEW TABLE AS inserted"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_unbalanced_entries()"
)
# A key of the whole is looked up in all months for each line, at four times the cost (decision 0097).
_OF_THE_SAME_MONTH: Final = (
    "ALTER TABLE {table} ADD CONSTRAINT fk_{table}_entry_id"
    " FOREIGN KEY (entry_id) REFERENCES journal_entries{month} (id)"
)
ENTRIES: Final = MonthTable(
    name="journal_entries",
    key="id",
    guards=(_APPEND_ONLY, _IN_OPEN_MONTHS, REVERSALS_NOTED),
)
LINES: Final = MonthTable(
    name="journal_lines",
    key="entry_id",
    guards=(_APPEND_ONLY, _ENTRIES_BALANCE, _OF_THE_SAME_MONTH),
)


async def keep_journal_months(connection: AsyncConnection, now: datetime) -> Sequence[str]:
    """Make the partitions that are missing of this month and the two ahead; returns their names."""
    if not await alone(connection, ENTRIES):
        return []
    return await make_months(connection, (ENTRIES, LINES), now)
