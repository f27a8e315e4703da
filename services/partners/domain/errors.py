"""Refusals of the partners service; the tree is drawn in shared/errors.py."""

from shared.errors import Conflict, Forbidden, Invalid, NotFound, UpstreamUnavailable


class PartnerInvalid(Invalid):
    """A partner that could not be told from others or shown to anybody."""

    code, title = "partner_invalid", "The partner cannot be registered like this"


class PartnerUnknown(NotFound):
    """Absent, or outside the rows the caller may see."""

    code, title = "partner_unknown", "No such partner"


class BoardUnknown(NotFound):
    """The partner published no board of this number."""

    code, title = "order_board_unknown", "No such order board"


class OrderInvalid(Invalid):
    """Lines, quantities or holds that contradict each other."""

    code, title = "order_invalid", "The order cannot be kept like this"


class OrderUnknown(NotFound):
    """Absent, or outside the rows the caller may see."""

    code, title = "order_unknown", "No such order"


class DocumentUnknown(NotFound):
    """Absent, outside the rows the caller may see, or not to be had in this format."""

    code, title = "document_unknown", "No such document"


class DocumentRemoved(Conflict):
    """Its time of retention is over and its bytes are gone; the row and the hash stay."""

    code, title = "document_removed", "The document is no longer kept"


class DocumentInvalid(Invalid):
    """A document that cannot be made or kept like this."""

    code, title = "document_invalid", "The document cannot be kept like this"


class SourceUnavailable(UpstreamUnavailable):
    """Another service keeps the bytes and does not give them now."""

    code, title = "document_source_unavailable", "The document cannot be fetched now"


class RuleTaken(Conflict):
    """A rule of the same kind holds from the same day on."""

    code, title = "retention_rule_taken", "There is a rule from that day on already"


class RecipientInvalid(Invalid):
    """An address that the channel cannot reach."""

    code, title = "recipient_invalid", "The recipient cannot be delivered to"


class ContactUnknown(NotFound):
    """Absent, or of a partner the caller does not see."""

    code, title = "contact_unknown", "No such contact"


class ContactTaken(Conflict):
    """The partner has this contact already."""

    code, title = "contact_taken", "The contact is known already"


class DeliveryUnknown(NotFound):
    """Absent, or of a partner the caller does not see."""

    code, title = "delivery_unknown", "No such delivery"


class NobodyToDeliverTo(Conflict):
    """No contact of the partner has the roles, and nobody else was named."""

    code, title = "nobody_to_deliver_to", "There is nobody to deliver to"


class NotResendable(Conflict):
    """It is on its way already, or its recipient does not want it."""

    code, title = "delivery_not_resendable", "The delivery cannot be sent again"


class ScheduleState(Conflict):
    """Paused already, or not paused."""

    code, title = "schedule_state", "The schedule's state does not allow this"


class CalendarTaken(Conflict):
    """A calendar's rule stays as it was set; only single days are added."""

    code, title = "holiday_calendar_taken", "There is a holiday calendar of this code"


class CalendarUnknown(Invalid):
    """A holiday calendar that nobody added."""

    code, title = "holiday_calendar_unknown", "No such holiday calendar"


class ScheduleUnknown(NotFound):
    """A schedule that nobody set."""

    code, title = "schedule_unknown", "No such schedule"


class DayRangeTooLong(Invalid):
    """More days than one look holds, or none."""

    code, title = "day_range_too_long", "The range of days cannot be shown"


class PersonInvalid(Invalid):
    """Somebody without a role, or who cannot be reached by their channel."""

    code, title = "person_invalid", "The person cannot be kept like this"


class PersonUnknown(NotFound):
    """Nobody of the partner has this id."""

    code, title = "person_unknown", "No such person"


class BankDetailsInvalid(Invalid):
    code, title = "bank_details_invalid", "The bank details cannot be right"


class BankDetailsUnknown(NotFound):
    code, title = "bank_details_unknown", "No such bank details"


class BankDetailsDecided(Conflict):
    code, title = "bank_details_decided", "Already decided"


class MakerIsChecker(Conflict):
    code, title = "maker_is_checker", "Who asks does not decide"


class MergeImpossible(Conflict):
    """Partners that are merged already, or of which one has others merged into it."""

    code, title = "merge_impossible", "The partners cannot be merged"


class ImportUnknown(NotFound):
    code, title = "import_unknown", "No such import"


class MergeUnknown(NotFound):
    code, title = "merge_unknown", "No such merge"


class SheetUnproved(Conflict):
    """A payment sheet that is not what the ledger says, or of which the ledger has not told yet."""

    code, title = "sheet_unproved", "The payment sheet is not what the ledger says"


class LinkInvalid(NotFound):
    """Not one of ours, changed, or over; which of these it does not say."""

    code, title = "document_link_invalid", "The link leads nowhere"


class PrefetchRefused(Forbidden):
    """A program fetches ahead what nobody asked for yet."""

    code, title = "prefetch_refused", "The document is not given ahead"


class BounceUnreadable(Invalid):
    """No report of a mail system about one of our letters."""

    code, title = "bounce_unreadable", "The message is no delivery report"
