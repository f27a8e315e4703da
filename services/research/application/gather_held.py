"""Gathers what is held of the company behind an assignment: its names, where datasets have it, who is around it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.assignments import EVERYTHING, Row
from services.research.adapters.brief_drafts import (
    around,
    datasets_of,
    entities_called,
    partners_in,
)
from services.research.adapters.briefs import visible_assignment
from services.research.adapters.companies import company_entities, matches_within
from services.research.adapters.competitors import attributes, competitor_rows
from services.research.adapters.observations import live_observations
from services.research.domain.drafted_brief import (
    DatasetFacts,
    Held,
    Likeness,
    Name,
    NamedRow,
    Surroundings,
)
from services.research.domain.entity import name_words
from services.research.domain.entity_source import ACCOUNTS, PARTNERS
from services.research.domain.observation import Standing, standings
from services.research.domain.record_weights import Weights, reasons
from shared.identity import Caller, RowScope

PARTNERS_MAX: Final = 100
MAKERS_MAX: Final = 50
REGIONS_MAX: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A version of a dataset that names the company or somebody around it, and the keys of those names."""

    dataset: str
    title: str
    version: int
    profile: str | None
    data_key: str
    names: Sequence[Mapping[str, Any]]
    keys: Sequence[str]
    around: Mapping[str, Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldNames:
    """What is known before any file is read."""

    assignment: Row
    today: date
    names: Sequence[Name]
    company_ids: Sequence[UUID]
    alike: int
    sources: Sequence[Source]


async def gather_names(
    connection: AsyncConnection, assignment_id: UUID, caller: Caller, today: date
) -> HeldNames:
    """Within the caller's rights. A company that only its writing names counts when there is one of that writing."""
    assignment = await visible_assignment(connection, EVERYTHING, assignment_id)
    called = await _called(connection, assignment, caller)
    sure = [row for row in called if row.named_as != "written"] or called
    companies = list(dict.fromkeys(row.company_id or row.id for row in sure))
    is_one = all(row.named_as != "written" for row in sure) or len(companies) == 1
    anchors = sure if is_one else []
    names, company_ids = await _names(connection, anchors, caller)
    sources = await _sources(connection, names, company_ids, (caller, today))
    return HeldNames(
        assignment=assignment,
        today=today,
        names=names,
        company_ids=company_ids,
        alike=0 if is_one else len(companies),
        sources=sources,
    )


async def gather_held(
    connection: AsyncConnection, found: HeldNames, rows: Mapping[str, Sequence[NamedRow]]
) -> Held:
    """With the rows that were read, the partners near by and what is seen of competitors there."""
    zone = found.assignment.zone
    partners = [] if zone is None else await partners_in(connection, zone, found.company_ids, PARTNERS_MAX)
    makers = [one for one in await competitor_rows(connection, limit=MAKERS_MAX) if not one.is_ours]
    return Held(
        subject=found.assignment.subject,
        zone=zone,
        today=found.today,
        names=found.names,
        alike=found.alike,
        likenesses=await _likenesses(connection, found.names),
        datasets=[_facts(source, found.names, rows[source.dataset]) for source in found.sources],
        partners_there=[_name(row) for row in partners],
        competitors={one.code: one.name for one in makers},
        standings=await _standings(connection, zone, [one.code for one in makers], found.today),
    )


async def _called(connection: AsyncConnection, assignment: Row, caller: Caller) -> Sequence[Row]:
    """A subject may say where the company is, behind a comma."""
    subject = assignment.subject
    written = {" ".join(name_words(one)) for one in (subject, subject.partition(",")[0])}
    return await entities_called(connection, caller, assignment, sorted(written - {""}))


async def _names(
    connection: AsyncConnection, anchors: Sequence[Row], caller: Caller
) -> tuple[list[Name], list[UUID]]:
    hows = {row.id: _how(row) for row in anchors}
    names = {row.id: _name(row, hows[row.id]) for row in anchors}
    company_ids = list(dict.fromkeys(row.company_id for row in anchors if row.company_id is not None))
    for company_id in company_ids:
        for row in await company_entities(connection, caller, company_id):
            names.setdefault(row.id, _name(row, hows.get(row.id)))
    return list(names.values()), company_ids


def _how(row: Row) -> str:
    if row.named_as == "partner":
        return f"partner {row.source_key}, whom the assignment names"
    if row.named_as == "account":
        return "the account of the opportunity in the CRM"
    place = {PARTNERS: f"partner {row.source_key}", ACCOUNTS: "an account of the CRM"}.get(
        row.source, f"in {row.source.removeprefix('dataset:')}"
    )
    return f"written as the subject is, {place}"


def _name(row: Row, how: str | None = None) -> Name:
    return Name(
        id=row.id, source=row.source, source_key=row.source_key, name=row.name, region=row.region, how=how
    )


async def _sources(
    connection: AsyncConnection,
    names: Sequence[Name],
    company_ids: Sequence[UUID],
    reader: tuple[Caller, date],
) -> list[Source]:
    told = {one.source for one in names if one.source.startswith("dataset:")}
    sources = []
    for row in await datasets_of(connection, reader[0], sorted(told), reader[1]):
        ours = [one for one in names if one.source == f"dataset:{row.name}"]
        regions = list(dict.fromkeys(one.region for one in ours if one.region))[:REGIONS_MAX]
        near = {region: await around(connection, row.name, region, company_ids) for region in regions}
        keys = [one.source_key for one in ours]
        keys += [key for found in near.values() for key in found.keys_named or ()]
        sources.append(
            Source(
                dataset=row.name,
                title=row.title,
                version=row.version,
                profile=row.profile,
                data_key=row.data_key,
                names=row.names,
                keys=keys,
                around=near,
            )
        )
    return sources


def _facts(source: Source, names: Sequence[Name], rows: Sequence[NamedRow]) -> DatasetFacts:
    ours = [one for one in names if one.source == f"dataset:{source.dataset}"]
    keys = {one.source_key for one in ours}
    return DatasetFacts(
        dataset=source.dataset,
        title=source.title,
        version=source.version,
        profile=source.profile,
        names=ours,
        rows=[one for one in rows if one.source_key in keys],
        around=[
            Surroundings(
                region=region,
                others=found.others,
                strangers=found.strangers,
                named=_first_of_each(rows, found.keys_named or ()),
            )
            for region, found in source.around.items()
        ],
    )


def _first_of_each(rows: Sequence[NamedRow], keys: Sequence[str]) -> list[NamedRow]:
    first = {one.source_key: one for one in reversed(rows)}
    return [first[key] for key in keys if key in first]


async def _likenesses(connection: AsyncConnection, names: Sequence[Name]) -> list[Likeness]:
    found = await matches_within(connection, [one.id for one in names])
    return [
        Likeness(ids=frozenset({row.left_id, row.right_id}), says=_says(row.weights, row.levels))
        for row in found
    ]


def _says(weights: Mapping[str, Any], levels: Sequence[int]) -> tuple[str, ...]:
    """What speaks for it, the weightiest first."""
    learnt = Weights(
        weights["share"], tuple(tuple(one) for one in weights["m"]), tuple(tuple(one) for one in weights["u"])
    )
    return tuple(says for _, says, bits in reasons(learnt, tuple(levels)) if bits > 0)


async def _standings(
    connection: AsyncConnection, zone: str | None, makers: Sequence[str], today: date
) -> list[Standing]:
    """What holds everywhere and in the zone, as in a brief."""
    readers = RowScope(sees_all=False, zones=frozenset({zone} if zone else ()), partner_code=None)
    observations = await live_observations(connection, readers, list(makers))
    return standings(observations, await attributes(connection), today)
