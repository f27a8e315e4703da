"""Which records are one company: pairs put together, the surest first, and never against what people or identifiers say."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

# More records than this in one company are a chain of chance, until somebody looks.
COMPANY_RECORDS_MAX: Final = 200
Pair = tuple[UUID, UUID]


class HeldBy(StrEnum):
    """Why a pair that the odds would join stays apart."""

    DECISION = "decision"
    IDENTIFIERS = "identifiers"
    ONE_SOURCE = "one_source"
    SIZE = "size"


@dataclass(frozen=True, slots=True)
class Member:
    """What of a record stands against joining it: its identifiers by kind, and a source that names each company once."""

    identifiers: Mapping[str, frozenset[str]]
    sole_source: str | None


@dataclass(frozen=True, slots=True)
class Grouping:
    """Every member is in one group; `held` are pairs left apart, with what held them."""

    groups: tuple[frozenset[UUID], ...]
    held: Mapping[Pair, HeldBy]


@dataclass(slots=True)
class _Group:
    members: set[UUID]
    apart_from: set[UUID]
    sole_sources: set[str]
    identifiers: dict[str, frozenset[str]] = field(default_factory=dict)


def pair_of(one: UUID, other: UUID) -> Pair:
    return (one, other) if one < other else (other, one)


def grouped(
    members: Mapping[UUID, Member],
    *,
    decided: Iterable[Pair],
    apart: Collection[Pair],
    matched: Sequence[Pair],
) -> Grouping:
    """Decisions first, then `matched` in the order given. A decision to keep two apart holds for all that joins them."""
    groups = {key: _alone(key, member) for key, member in members.items()}
    for one, other in apart:
        for key, from_key in ((one, other), (other, one)):
            if key in groups:
                groups[key].apart_from.add(from_key)
    held: dict[Pair, HeldBy] = {}
    for pair in decided:
        _join(groups, pair, held, is_decided=True)
    for pair in matched:
        _join(groups, pair, held, is_decided=False)
    distinct = {id(group): frozenset(group.members) for group in groups.values()}
    return Grouping(tuple(sorted(distinct.values(), key=min)), held)


def named_companies(
    groups: Iterable[frozenset[UUID]], known: Mapping[UUID, UUID | None]
) -> list[tuple[frozenset[UUID], UUID | None]]:
    """Each group with the company that most of its records were: a company keeps its id as long as it has a record.

    The larger claim wins; None is a company that was not there before.
    """
    claims = []
    for group in groups:
        counted = Counter(company for key in group if (company := known.get(key)) is not None)
        claims += [(-count, min(group), company, group) for company, count in counted.items()]
    named: dict[frozenset[UUID], UUID] = {}
    taken: set[UUID] = set()
    for _, _, company, group in sorted(claims, key=lambda claim: claim[:3]):
        if group not in named and company not in taken:
            named[group] = company
            taken.add(company)
    return [(group, named.get(group)) for group in groups]


def _alone(key: UUID, member: Member) -> _Group:
    sources = {member.sole_source} if member.sole_source else set()
    return _Group({key}, set(), sources, dict(member.identifiers))


def _join(groups: dict[UUID, _Group], pair: Pair, held: dict[Pair, HeldBy], *, is_decided: bool) -> None:
    if pair[0] not in groups or pair[1] not in groups:
        return
    one, other = groups[pair[0]], groups[pair[1]]
    if one is other:
        return
    against = _against(one, other, is_decided=is_decided)
    if against is not None:
        held[pair] = against
        return
    large, small = (one, other) if len(one.members) >= len(other.members) else (other, one)
    large.members |= small.members
    large.apart_from |= small.apart_from
    large.sole_sources |= small.sole_sources
    for kind, values in small.identifiers.items():
        large.identifiers[kind] = large.identifiers.get(kind, frozenset()) | values
    for key in small.members:
        groups[key] = large


def _against(one: _Group, other: _Group, *, is_decided: bool) -> HeldBy | None:
    """What people decide goes before everything but another decision."""
    small, large = sorted((one, other), key=lambda group: len(group.members))
    if not small.apart_from.isdisjoint(large.members) or not large.apart_from.isdisjoint(small.members):
        return HeldBy.DECISION
    if is_decided:
        return None
    for kind, values in small.identifiers.items():
        if kind in large.identifiers and values.isdisjoint(large.identifiers[kind]):
            return HeldBy.IDENTIFIERS
    if not small.sole_sources.isdisjoint(large.sole_sources):
        return HeldBy.ONE_SOURCE
    return HeldBy.SIZE if len(small.members) + len(large.members) > COMPANY_RECORDS_MAX else None
