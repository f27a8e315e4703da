"""Products beside each other: what is known of each attribute of each, and which a customer would prefer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.research.domain.competitor import Product
from services.research.domain.observation import Attribute, Better, Standing

COLUMNS_MAX: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedProduct:
    """A column of a comparison."""

    competitor: str
    competitor_name: str
    is_ours: bool
    product: Product


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedAttribute:
    """A row of a comparison: one cell per column, None where nothing was observed."""

    attribute: Attribute
    cells: tuple[Standing | None, ...]


def best_of(
    standings: Sequence[Standing], *, competitor: str, product: str | None, attribute: str
) -> Standing | None:
    """What holds of one thing: fresh before stale, then the better grade, then the later."""
    found = [
        one
        for one in standings
        if (one.observation.competitor, one.observation.product, one.observation.attribute)
        == (competitor, product, attribute)
    ]
    return min(found, key=_preference, default=None)


def compared(
    columns: Sequence[ComparedProduct], standings: Sequence[Standing], attributes: Mapping[str, Attribute]
) -> list[ComparedAttribute]:
    """A row for each attribute of which there is one truth and of which something is known of a column.

    What was observed of the maker as a whole stands for each of its products of which nothing else is known.
    """
    rows: list[ComparedAttribute] = []
    for attribute in (one for one in attributes.values() if one.is_single):
        cells = tuple(_cell(column, standings, attribute.code) for column in columns)
        if any(cells):
            rows.append(ComparedAttribute(attribute=attribute, cells=cells))
    return rows


def preferred(attribute: Attribute, theirs: Standing | None, ours: Standing | None) -> str | None:
    """`theirs`, `ours` or `even` where both are known, fresh and undisputed, and can be told apart; else None."""
    if theirs is None or ours is None or attribute.better is Better.NEITHER:
        return None
    if any(one.is_stale or one.contradicted_by for one in (theirs, ours)):
        return None
    left, right = theirs.observation.value, ours.observation.value
    if left.currency != right.currency or left.comparable is None or right.comparable is None:
        return None
    if left.comparable == right.comparable:
        return "even"
    is_theirs = (left.comparable > right.comparable) == (attribute.better is Better.HIGHER)
    return "theirs" if is_theirs else "ours"


def _cell(column: ComparedProduct, standings: Sequence[Standing], attribute: str) -> Standing | None:
    of_product = best_of(
        standings, competitor=column.competitor, product=column.product.code, attribute=attribute
    )
    return of_product or best_of(standings, competitor=column.competitor, product=None, attribute=attribute)


def _preference(one: Standing) -> tuple[bool, int, int]:
    return (one.is_stale, one.observation.grade.rank, -one.observation.seen_on.toordinal())
