"""Refusals of the research service; the tree is drawn in shared/errors.py."""

from shared.errors import Invalid


class SearchTooWide(Invalid):
    """Words that every name contains, or more of them than a name has."""

    code, title = "search_too_wide", "The search would find everything"
