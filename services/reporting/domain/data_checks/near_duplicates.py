"""Rows that are probably the same thing typed twice.

Only rows of a common block are compared, so that the work grows with the rows and not with their pairs: blocks are made
of the beginning and the end of a name and of its rarest words, so that one slip spoils one block and not all. A large
block is sorted and each row compared with the few behind it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rapidfuzz import fuzz

from services.reporting.domain.data_checks.rule import Check
from services.reporting.domain.data_checks.table import Finding, ReviewedTable, Surroundings

BLOCK_MAX: Final = 40
NEIGHBOURS: Final = 10
_PREFIX: Final = 5
_RARE_WORDS: Final = 2
# Legal forms of companies in India, by the Companies Act 2013 and the LLP Act 2008, and words for firms.
_FORMS: Final = frozenset(
    "pvt private ltd limited llp co company corp corporation inc opc the and m s ms messrs".split()
)
_DIGIT: Final = re.compile(r"\d")
_WORD: Final = re.compile(r"[^\W_]+")


def nearly_the_same(check: Check, table: ReviewedTable, _around: Surroundings) -> Iterator[Finding]:
    """The later of two rows whose texts are at least this similar, with the most similar of the earlier ones."""
    rows = [" ".join(_words(" ".join(values))) for values in table.tuples(check.fields)]
    # Numbers tell siblings apart: Unit 1 and Unit 2 are not the same.
    numbers = [sorted(word for word in row.split() if _DIGIT.search(word)) for row in rows]
    held = table.tuples(check.same_fields) if check.same_fields else [()] * len(rows)
    best: dict[int, tuple[float, int]] = {}
    for one, other in _pairs(rows):
        if numbers[one] != numbers[other] or not _agree(held[one], held[other]):
            continue
        score = similarity(rows[one], rows[other])
        if score >= (check.similarity_min or 0) and score > best.get(other, (0.0, 0))[0]:
            best[other] = score, one
    name = check.fields[0]
    for position, (score, twin) in sorted(best.items()):
        other_value, key = table.column(name)[twin].strip(), table.keys[twin]
        why = f"probably the same as {key}, {other_value}: {score:.0f} of 100 alike"
        told = {"same_as": key, "similarity": f"{score:.0f}"}
        yield Finding(position, name, table.column(name)[position].strip(), why, evidence=told)


def similarity(one: str, other: str) -> float:
    """From 0 to 100 between texts of words: the order of words does not count, nor blanks within them."""
    in_order = fuzz.token_sort_ratio(one, other)
    return max(in_order, fuzz.ratio(one.replace(" ", ""), other.replace(" ", "")))


def _agree(held: Sequence[str], other_held: Sequence[str]) -> bool:
    """Fields that are held equal have to be, where both rows say something."""
    return all(
        not mine or not theirs or mine.casefold() == theirs.casefold()
        for mine, theirs in zip(held, other_held, strict=True)
    )


def _words(text: str) -> list[str]:
    """Without case, punctuation and legal forms; a text of nothing else keeps them."""
    words = _WORD.findall(text.casefold())
    return [word for word in words if word not in _FORMS] or words


def _pairs(rows: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Each pair of a common block once, the earlier row first."""
    seen: set[tuple[int, int]] = set()
    for block in _blocks(rows).values():
        ordered = sorted(block, key=lambda position: (rows[position], position))
        reach = len(ordered) if len(ordered) <= BLOCK_MAX else NEIGHBOURS
        for index, one in enumerate(ordered):
            for other in ordered[index + 1 : index + 1 + reach]:
                pair = (min(one, other), max(one, other))
                if pair not in seen:
                    seen.add(pair)
                    yield pair


def _blocks(rows: Sequence[str]) -> Mapping[str, Sequence[int]]:
    frequency = Counter(word for row in rows for word in set(row.split()))
    blocks: dict[str, list[int]] = defaultdict(list)
    for position, row in enumerate(rows):
        squeezed = row.replace(" ", "")
        if not squeezed:
            continue
        rarest = sorted(set(row.split()), key=lambda word: (frequency[word], word))[:_RARE_WORDS]
        for key in {f"<{squeezed[:_PREFIX]}", f">{squeezed[-_PREFIX:]}", *rarest}:
            blocks[key].append(position)
    return blocks
