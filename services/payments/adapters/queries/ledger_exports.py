"""Reads about exports of the ledger and the names in them."""

from typing import Final

EXPORT_SELECT: Final = "SELECT x.* FROM ledger_exports x"
LEDGER_NAME_SELECT: Final = (
    "SELECT n.* FROM (SELECT DISTINCT ON (kind, code) * FROM ledger_names"
    " ORDER BY kind, code, set_at DESC, id DESC) AS n"
)
