"""Refusals of the payments service; the tree is drawn in shared/errors.py."""

from shared.errors import Conflict, Invalid, Malformed, NotFound, TooLarge, UnsupportedFormat


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


class AdvanceUsed(Conflict):
    code, title = "advance_used", "The advance has been used"


class BankAccountTaken(Conflict):
    code, title = "bank_account_taken", "The bank account is registered with other details"


class StatementTooLarge(TooLarge):
    code, title = "statement_too_large", "The statement file is too large"


class InvoiceTaken(Conflict):
    code, title = "invoice_taken", "The invoice number is registered with other figures"
