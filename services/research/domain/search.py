"""Words that somebody searches for, and what of a text they hit."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.research.domain.entity import name_words

WORDS_LENGTH_MAX: Final = 200
# Set around what was hit by the database; nobody types them, and texts are freed of them before.
HIT_BEGINS: Final = "\x02"
HIT_ENDS: Final = "\x03"
# What stands for < and > while the database looks for hits.
LESS: Final = "\x04"
GREATER: Final = "\x05"
_WORD: Final = re.compile(r"[^\s\"-]+")
_INNER_HYPHEN: Final = re.compile(r"(?<=\w)-+(?=\w)")


class HitKind(StrEnum):
    """What can be found."""

    COMPANY = "company"
    COMPETITOR = "competitor"
    OBSERVATION = "observation"
    BATTLECARD = "battlecard"
    OPPORTUNITY = "opportunity"
    ASSIGNMENT = "assignment"
    QUESTION = "question"
    EVIDENCE = "evidence"
    FINDING = "finding"
    PAGE = "page"
    BRIEF = "brief"
    DATASET = "dataset"


@dataclass(frozen=True, slots=True)
class ExcerptPart:
    """A piece of a text; `is_hit` when the search asked for it."""

    text: str
    is_hit: bool


def names_wanted(words: str) -> str:
    """The same search with each word as names of companies are kept: `"M/s Om-Sai" -Ltd` is `"om sai" -`."""
    return _WORD.sub(_as_in_names, _INNER_HYPHEN.sub(" ", words))


def excerpt_parts(marked: str) -> Sequence[ExcerptPart]:
    """The pieces of a text in which the database marked what was hit."""
    parts: list[ExcerptPart] = []
    marked = marked.replace(LESS, "<").replace(GREATER, ">")
    for place, piece in enumerate(marked.split(HIT_BEGINS)):
        hit, _, after = piece.partition(HIT_ENDS) if place else ("", "", piece)
        parts += [ExcerptPart(hit, is_hit=True), ExcerptPart(after, is_hit=False)]
    return [part for part in parts if part.text]


def _as_in_names(word: re.Match[str]) -> str:
    return word[0] if word[0].casefold() == "or" else " ".join(name_words(word[0]))
