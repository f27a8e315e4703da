"""Refusals of the payments service; the tree is drawn in shared/errors.py."""

from shared.errors import Conflict, Invalid, Malformed, NotFound, UnsupportedFormat


class StatementUnreadable(Malformed):
    """The file claims a known format but breaks its grammar before the first entry."""

    code, title = "statement_unreadable", "The statement file cannot be read"


class StatementFormatUnknown(UnsupportedFormat):
    code, title = "statement_format_unknown", "Not a statement format this system reads"


class BankAccountUnknown(NotFound):
    code, title = "bank_account_unknown", "No such bank account"


class PartnerUnknown(Invalid):
    code, title = "partner_unknown", "No such partner"


class AlreadyReversed(Conflict):
    code, title = "already_reversed", "Already reversed"
