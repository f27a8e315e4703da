"""A maker on the market, ours among them: its products with their ranges, its plants and its channels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from services.research.domain.errors import CompetitorInvalid
from shared.errors import FieldProblem

CODE_PATTERN: Final = r"^[a-z][a-z0-9-]{1,39}$"
PRODUCTS_MAX: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A range of machines sold under one name; `range_from` and `range_to` are in `range_unit`, both included."""

    code: str
    name: str
    segment: str
    range_from: Decimal
    range_to: Decimal
    range_unit: str
    note: str = ""

    @property
    def range_text(self) -> str:
        if self.range_from == self.range_to:
            return f"{self.range_from:f} {self.range_unit}"
        return f"{self.range_from:f}–{self.range_to:f} {self.range_unit}"

    def meets(self, other: "Product") -> bool:
        """Whether a customer could choose between the two: same segment and unit, and ranges that overlap."""
        is_same_kind = (self.segment.casefold(), self.range_unit.casefold()) == (
            other.segment.casefold(),
            other.range_unit.casefold(),
        )
        return is_same_kind and self.range_from <= other.range_to and other.range_from <= self.range_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """Where it makes what."""

    place: str
    country: str
    makes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """How it sells: a dealer, its own branch, a manufacturer that builds it in."""

    kind: str
    name: str
    territory: str


def checked_products(products: Sequence[Product]) -> None:
    """CompetitorInvalid for a code that stands twice and for a range that ends before it begins."""
    problems: list[FieldProblem] = []
    seen: set[str] = set()
    for place, product in enumerate(products):
        if product.code in seen:
            problems.append(FieldProblem(f"/products/{place}/code", "another product has this code"))
        seen.add(product.code)
        if product.range_to < product.range_from:
            problems.append(FieldProblem(f"/products/{place}/range_to", "expected at least range_from"))
    if problems:
        raise CompetitorInvalid("The profile cannot be so", problems=problems)


def met_by(product: Product, ours: Iterable[Product]) -> list[Product]:
    """Those of ours that meet it, the nearest in range first."""
    meeting = [one for one in ours if product.meets(one)]
    return sorted(
        meeting,
        key=lambda one: (
            abs(one.range_from - product.range_from) + abs(one.range_to - product.range_to),
            one.code,
        ),
    )
