"""Reads about exports of the ledger and the names in them."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.domain.errors import EntriesArchived

EXPORT_SELECT: Final = "SELECT x.* FROM ledger_exports x"
LEDGER_NAME_SELECT: Final = (
    "SELECT n.* FROM (SELECT DISTINCT ON (kind, code) * FROM ledger_names"
    " ORDER BY kind, code, set_at DESC, id DESC) AS n"
)
_ARCHIVED: Final = sa.text(
    "SELECT EXISTS (SELECT FROM carried_batches c JOIN audit_batches b ON b.id = c.batch_id"
    " WHERE b.position > :after AND b.position <= :last)"
)


async def refuse_archived_links(connection: AsyncConnection, after: int, last: int) -> None:
    """EntriesArchived when entries of these links of the chain left with their month."""
    if await connection.scalar(_ARCHIVED, {"after": after, "last": last}):
        raise EntriesArchived(
            f"Entries between positions {after} and {last} left with their months and are in the archive; have an"
            " administrator ask for them"
        )
