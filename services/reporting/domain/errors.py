"""Refusals of the reporting service; the tree is drawn in shared/errors.py."""

from shared.errors import Invalid


class PeriodInvalid(Invalid):
    """A period that ends before it begins, or is longer than one reply shows."""

    code, title = "period_invalid", "The period cannot be shown"
