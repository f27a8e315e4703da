"""Reads about virtual account numbers."""

from typing import Final

VIRTUAL_ACCOUNT_SELECT: Final = (
    "SELECT v.*, b.number AS bank_account, p.zone FROM virtual_accounts v"
    " JOIN bank_accounts b ON b.id = v.bank_account_id JOIN partners p ON p.code = v.partner_code"
)
