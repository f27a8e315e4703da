"""Refusals of the partners service; the tree is drawn in shared/errors.py."""

from shared.errors import Invalid, NotFound


class PartnerInvalid(Invalid):
    """A partner that could not be told from others or shown to anybody."""

    code, title = "partner_invalid", "The partner cannot be registered like this"


class PartnerUnknown(NotFound):
    """Absent, or outside the rows the caller may see."""

    code, title = "partner_unknown", "No such partner"


class OrderInvalid(Invalid):
    """Lines, quantities or holds that contradict each other."""

    code, title = "order_invalid", "The order cannot be kept like this"


class OrderUnknown(NotFound):
    """Absent, or outside the rows the caller may see."""

    code, title = "order_unknown", "No such order"
