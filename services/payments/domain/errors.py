"""Refusals of the payments service; the tree is drawn in shared/errors.py."""

from shared.errors import Conflict, Fault, Invalid, Malformed, NotFound, TooLarge, UnsupportedFormat


class StatementUnreadable(Malformed):
    """The file claims a known format but breaks its grammar before the first entry."""

    code, title = "statement_unreadable", "The statement file cannot be read"


class StatementFormatUnknown(UnsupportedFormat):
    code, title = "statement_format_unknown", "Not a statement format this system reads"


class BankAccountUnknown(NotFound):
    code, title = "bank_account_unknown", "No such bank account"


class PartnerUnknown(Invalid):
    code, title = "partner_unknown", "No such partner"


class PartnerAwaited(Fault):
    """An event names a partner whose registration is still on its way, by another queue: it is tried again for some
    minutes, and then an operator is told."""

    code, title = "partner_awaited", "The partner has not reached us yet"


class AlreadyReversed(Conflict):
    code, title = "already_reversed", "Already reversed"


class CreditUsedUp(Conflict):
    code, title = "credit_used_up", "Less is open of the credit than asked for"


class ItemSettled(Conflict):
    code, title = "item_settled", "Less is open of the item than asked for"


class ItemNotPayable(Invalid):
    code, title = "item_not_payable", "The credit cannot pay this item"


class ReceiptRefunded(Conflict):
    code, title = "receipt_refunded", "Money of the receipt was sent back"


class BankAccountTaken(Conflict):
    code, title = "bank_account_taken", "The bank account is registered with other details"


class StatementTooLarge(TooLarge):
    code, title = "statement_too_large", "The statement file is too large"


class InvoiceTaken(Conflict):
    code, title = "invoice_taken", "The invoice number is registered with other figures"


class AlreadyDecided(Conflict):
    code, title = "already_decided", "Already decided"


class MakerIsChecker(Conflict):
    code, title = "maker_is_checker", "Who asks does not decide"


class DateImpossible(Invalid):
    code, title = "date_impossible", "The day cannot be"


class DeductionUnknown(Invalid):
    code, title = "deduction_unknown", "No such kind of deduction"


class InstrumentState(Conflict):
    code, title = "instrument_state", "The cheque is not in a state for this"


class InstrumentNotDue(Conflict):
    code, title = "instrument_not_due", "The cheque is post-dated"


class InstrumentStale(Conflict):
    code, title = "instrument_stale", "The cheque is stale"


class InstrumentTaken(Conflict):
    code, title = "instrument_taken", "The cheque is registered with other details"


class NotACheque(Conflict):
    code, title = "not_a_cheque", "The receipt did not come by cheque"


class BounceStepRefused(Conflict):
    code, title = "bounce_step_refused", "The step does not follow"


class RuleTaken(Conflict):
    code, title = "rule_taken", "A rule begins on that day already"


class ReceiptTaken(Conflict):
    code, title = "receipt_taken", "The reference is booked with other facts"


class QueryState(Conflict):
    code, title = "query_state", "The question is not in a state for this"


class RegistrationTaken(Conflict):
    code, title = "gst_registration_taken", "The registration is told otherwise from that day"


class SupplierUnknown(Invalid):
    code, title = "supplier_unknown", "No such GST registration of ours"


class NoteState(Conflict):
    code, title = "credit_note_state", "The credit note is not in a state for this"


class NotTheMaker(Conflict):
    code, title = "not_the_maker", "Only who asked for it takes it back"


class ReasonNotAllowed(Invalid):
    code, title = "reason_not_allowed", "No ground for a note of this type"


class AgreementMissing(Invalid):
    code, title = "agreement_missing", "The discount rests on no agreement"


class DeclarationMissing(Invalid):
    code, title = "itc_declaration_missing", "The recipient has not reversed its credit"


class DeadlinePassed(Conflict):
    code, title = "section_34_deadline_passed", "The time for a GST credit note is over"


class InvoicesDoNotFit(Invalid):
    code, title = "invoices_do_not_fit", "The invoices do not belong into one note"


class TaxUnknown(Conflict):
    code, title = "invoice_tax_unknown", "Nobody told which tax the invoice carries"


class CreditNoteInvalid(Invalid):
    code, title = "credit_note_invalid", "The credit note contradicts itself"


class CreditBeyondInvoice(Conflict):
    code, title = "credit_beyond_invoice", "More than the invoice has left"


class RegistrationPending(Conflict):
    code, title = "registration_pending", "The portal has not answered yet"


class CancellationTooLate(Conflict):
    code, title = "cancellation_too_late", "The portal no longer cancels it"


class NoteReported(Conflict):
    code, title = "credit_note_reported", "The note is part of a return"


class ImsStepRefused(Conflict):
    code, title = "ims_step_refused", "The step does not follow"


class NoteUsed(Conflict):
    code, title = "credit_note_used", "Something of the credit note was used"


class VirtualAccountTaken(Conflict):
    code, title = "virtual_account_taken", "The virtual account number is another partner's"


class AdviceTaken(Conflict):
    code, title = "advice_taken", "The payment was advised with other figures"


class AdviceState(Conflict):
    code, title = "advice_state", "The advice is not in a state for this"


class QueryTaken(Conflict):
    code, title = "query_taken", "The external id belongs to another question"


class ExceptionState(Conflict):
    code, title = "exception_state", "The exception is not in a state for this"


class CauseStands(Conflict):
    code, title = "cause_stands", "What raised the exception is still so"


class StatementUnproved(Conflict):
    """Ledger, movements, ageing and open items of an account do not tell the same amount: nothing may leave."""

    code, title = "statement_unproved", "The account does not prove"


class CalendarNeverOpen(Invalid):
    code, title = "calendar_never_open", "The calendar has no day that counts"


class ClockState(Conflict):
    code, title = "clock_state", "The clock is not in a state for this"


class ClockReasonUnknown(Invalid):
    code, title = "clock_reason_unknown", "The reason is not offered"


class CalendarUnknown(Invalid):
    code, title = "calendar_unknown", "No such business calendar"


class RateUnknown(Invalid):
    code, title = "rate_unknown", "No exchange rate of that day is known"


class ConfirmationState(Conflict):
    code, title = "confirmation_state", "The confirmation is not in a state for this"


class ReplyContradicts(Invalid):
    code, title = "reply_contradicts", "The reply contradicts itself"


class LineInBooks(Conflict):
    code, title = "line_in_books", "The bank line is in the books"


class AccountNotForLines(Invalid):
    code, title = "account_not_for_lines", "Bank lines are not posted to this account"


class LinkUnfit(Conflict):
    code, title = "link_unfit", "The line does not show this"


class OpeningTaken(Conflict):
    code, title = "opening_taken", "Nothing is left to take over"


class LineDecided(Conflict):
    code, title = "line_decided", "The bank line does not wait for a decision"


class NotACredit(Conflict):
    code, title = "not_a_credit", "The bank line is money out"


class ChoiceUnknown(Invalid):
    code, title = "choice_unknown", "The line has no such candidate"


class SharesDiffer(Invalid):
    code, title = "shares_differ", "The shares are not the line's amount"


class AliasWithdrawn(Conflict):
    code, title = "alias_withdrawn", "The alias does not stand any more"


class PeriodClosed(Conflict):
    code, title = "period_closed", "The month is closed"


class PeriodState(Conflict):
    code, title = "period_state", "The month is not in a state for this"


class PeriodOrder(Conflict):
    code, title = "period_order", "Another month comes first"


class PeriodNotReady(Conflict):
    code, title = "period_not_ready", "The checklist of the month fails"


class CheckNotWaivable(Invalid):
    code, title = "check_not_waivable", "The check cannot be waived"


class NothingToExport(Conflict):
    code, title = "nothing_to_export", "Nothing was posted since the export before"


class LedgerNameTaken(Conflict):
    code, title = "ledger_name_taken", "Another ledger has the name"


class PolicyInvalid(Invalid):
    code, title = "policy_invalid", "The matching policy cannot have these values"


class PolicyTaken(Conflict):
    code, title = "policy_taken", "A policy has this version already"


class InputsNotKept(NotFound):
    code, title = "inputs_not_kept", "What the line was decided from was not kept"


class PolicyState(Conflict):
    code, title = "policy_state", "The matching policy is not in a state for this"


class PolicyNotSimulated(Conflict):
    code, title = "policy_not_simulated", "The matching policy was not simulated"


class CertificateTaken(Conflict):
    code, title = "certificate_taken", "The certificate is recorded over another amount"


class CarryingRefused(Conflict):
    code, title = "carrying_refused", "The month cannot be carried forward now"


class EntryArchived(NotFound):
    code, title = "entry_archived", "The entry left for the archive"


class EntriesArchived(Conflict):
    code, title = "entries_archived", "Entries of it left for the archive"
