"""The rows that a workbook comes with: their keys, and what is told beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.reporting.domain.template import RowSource, ShownFigure, Template, combinations

# (partner, product) → (quantity, zone of the partner)
Ordered = Mapping[tuple[str, str], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Whose:
    """Of whose partners: one partner, those of a zone, or all."""

    partner_code: str | None = None
    zone: str | None = None

    def admits(self, partner_code: str, zone: str) -> bool:
        if self.partner_code is not None:
            return partner_code == self.partner_code
        return self.zone is None or zone == self.zone


@dataclass(frozen=True, slots=True)
class GivenFacts:
    """What was ordered: of the twelve months before under None, else as a shown figure wants it; lists of keys by column
    and whose they are; cells accepted before by respondent."""

    ordered: Mapping[ShownFigure | None, Ordered]
    lists: Mapping[tuple[str, Whose], Sequence[str]]
    accepted: Mapping[tuple[str, str], Sequence[Mapping[str, str]]]


def given_rows(
    template: Template, facts: GivenFacts, whose: Whose, respondent: tuple[str, str]
) -> list[dict[str, str]]:
    """In the order of their keys; of each the keys and the shown figures that are known."""
    before = {_key(template, one): one for one in facts.accepted.get(respondent, ())}
    keys = _keys(template, facts, whose, list(before))
    return [
        dict(zip(template.key_names, key, strict=True)) | _shown(template, facts, key, before.get(key, {}))
        for key in keys
    ]


def _keys(
    template: Template, facts: GivenFacts, whose: Whose, before: Sequence[tuple[str, ...]]
) -> Sequence[tuple[str, ...]]:
    match template.rows_from:
        case RowSource.ORDERED:
            found = facts.ordered[None]
            pairs = sorted(key for key, (_, zone) in found.items() if whose.admits(key[0], zone))
            places = [("partner_code", "product_code").index(name) for name in template.key_names]
            return [tuple(pair[place] for place in places) for pair in pairs]
        case RowSource.COMBINED:
            columns = [column for column in template.columns if column.is_key]
            lists = [
                facts.lists[(column.name, whose)] if column.values_of else column.values for column in columns
            ]
            return combinations(lists)
        case RowSource.ACCEPTED_BEFORE:
            return sorted(before)
    return []


def _shown(
    template: Template, facts: GivenFacts, key: tuple[str, ...], before: Mapping[str, str]
) -> dict[str, str]:
    names = dict(zip(template.key_names, key, strict=True))
    shown: dict[str, str] = {}
    for column in template.columns:
        if column.shows is ShownFigure.ACCEPTED_BEFORE and column.shows_column in before:
            shown[column.name] = before[column.shows_column or ""]
        elif column.shows in facts.ordered and column.shows is not None:
            pair = (names.get("partner_code", ""), names.get("product_code", ""))
            shown[column.name] = facts.ordered[column.shows].get(pair, ("0", ""))[0]
    return shown


def _key(template: Template, cells: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(cells.get(name, "") for name in template.key_names)
