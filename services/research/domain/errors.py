"""Refusals of the research service; the tree is drawn in shared/errors.py."""

from shared.errors import Conflict, Invalid, NotFound


class SearchTooWide(Invalid):
    """Words that every name contains, or more of them than a name has."""

    code, title = "search_too_wide", "The search would find everything"


class OpportunityUnknown(NotFound):
    code, title = "opportunity_unknown", "No such opportunity"


class AssignmentUnknown(NotFound):
    code, title = "assignment_unknown", "No such research assignment"


class AssignmentState(Conflict):
    """The assignment's state does not lead to the one wanted, or it is over."""

    code, title = "assignment_state", "The assignment's state does not allow it"


class ZoneNeeded(Invalid):
    """Somebody who sees some zones only has to say for which of them a free subject is researched."""

    code, title = "zone_needed", "Say for which of your zones"
