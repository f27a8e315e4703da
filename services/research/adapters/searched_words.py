"""The words by which full-text search finds the rows of a table; the index and the search say them alike."""

from collections.abc import Mapping
from typing import Final


def _joined(first: str, *others: str) -> str:
    """With a blank between, bracketed as PostgreSQL shows an index: the check of migrations compares the two as texts."""
    words = inner = first
    for one in others:
        words = f"({inner} || ' ') || {one}"
        inner = f"({words})"
    return words


# Expressions over a table's own columns. `texts_in` gives every text of a JSON value (migration 0012).
SEARCHED_WORDS: Final[Mapping[str, str]] = {
    "competitors": _joined("name", "maker", "country", "about", "texts_in(products)"),
    "competitor_observations": _joined("about", "COALESCE(value_text, '')", "note", "source"),
    "battlecards": "texts_in(content)",
    "opportunities": _joined("name", "stage"),
    "research_assignments": "subject",
    "research_questions": "question",
    "research_evidence": _joined("source", "quotation"),
    "research_findings": "text",
    "research_briefs": "texts_in(content)",
    "research_fetches": _joined("url", "title", "text_extract"),
    "datasets": _joined("title", "name", "description", "licence"),
}
