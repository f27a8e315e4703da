"""The draft of a first brief: what we hold already of the company behind an assignment, each sentence with what it rests on.

Nothing is concluded: every sentence repeats rows, names or observations and cites them, and what is not there is said.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.research.domain.observation import Standing

COLUMNS_SHOWN_MAX: Final = 8
NAMED_MAX: Final = 5
# What of a row says most, by profile; of other datasets it is the first columns that say anything.
TELLING: Final[Mapping[str, tuple[str, ...]]] = {
    "carriers": ("city", "state", "power_units", "drivers", "engine_make", "mileage", "filed_on"),
    "projects": ("title", "stages", "primary_type", "value_low", "value_high", "bid_on", "start_on", "city", "state"),
    "registrations": ("month", "state", "segment", "make", "model", "units"),
}  # fmt: skip
NEWEST_BY: Final[Mapping[str, str]] = {
    "carriers": "filed_on", "projects": "published_on", "registrations": "month",
}  # fmt: skip
_SOURCES: Final = {"partners": "the partner master", "accounts": "the accounts of the CRM"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """What a sentence rests on: a row of a version of a dataset (or all of it), a name as its source tells it, an
    observation."""

    dataset: str | None = None
    version: int | None = None
    row: int | None = None
    entity_id: UUID | None = None
    observation_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A company as one source tells it; `how` says why it is the one asked about, of those that are named by the
    assignment itself."""

    id: UUID
    source: str
    source_key: str
    name: str
    region: str | None
    how: str | None = None

    @property
    def place(self) -> str:
        return _SOURCES.get(self.source, self.source.removeprefix("dataset:"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """Two names that were found alike, and in what."""

    ids: frozenset[UUID]
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRow:
    """A row of a dataset that names somebody in one of its columns."""

    row: int
    role: str
    name: str
    source_key: str
    rows_of_name: int
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Other companies that a dataset names in a region, and how many of them are neither partner nor account of ours."""

    region: str
    others: int
    strangers: int
    named: Sequence[NamedRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetFacts:
    """What one version of a dataset says of the company, the newest first, and of those around it."""

    dataset: str
    title: str
    version: int
    profile: str | None
    names: Sequence[Name]
    rows: Sequence[NamedRow]
    around: Sequence[Surroundings]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Everything that a draft is made of; `alike` counts companies that are written like the subject when no one of them
    is named otherwise."""

    subject: str
    zone: str | None
    today: date
    names: Sequence[Name]
    alike: int
    likenesses: Sequence[Likeness]
    datasets: Sequence[DatasetFacts]
    partners_there: Sequence[Name]
    competitors: Mapping[str, str]
    standings: Sequence[Standing]


def drafted(held: Held) -> dict[str, Any]:
    """What is kept of a draft. Statements are numbered from 1; `not_found` says what we do not hold."""
    statements = [*_company(held), *_records(held), *_around(held), *_competitors(held)]
    return {
        "subject": held.subject,
        "zone": held.zone,
        "as_of": held.today.isoformat(),
        "statements": [{"number": number, **one} for number, one in enumerate(statements, 1)],
        "not_found": _not_found(held, {one["section"] for one in statements}),
    }


def readable(statements: Sequence[Mapping[str, Any]], datasets: Collection[str]) -> list[Mapping[str, Any]]:
    """Those whose datasets are all among what the reader sees."""
    return [
        one
        for one in statements
        if all(cited["dataset"] is None or cited["dataset"] in datasets for cited in one["citations"])
    ]


def cited_words(citations: Sequence[Mapping[str, Any]]) -> str:
    """`guide_carriers version 2, row 1`, several parted by semicolons; each once."""
    return "; ".join(dict.fromkeys(_words(one) for one in citations))


def _words(cited: Mapping[str, Any]) -> str:
    if cited["dataset"] is not None:
        row = "" if cited["row"] is None else f", row {cited['row']}"
        return f"{cited['dataset']} version {cited['version']}{row}"
    if cited["observation_id"] is not None:
        return f"observation {cited['observation_id']}"
    return f"name {cited['entity_id']}"


def _statement(section: str, text: str, cited: Sequence[Citation]) -> dict[str, Any]:
    def told(value: object) -> object:
        return str(value) if isinstance(value, UUID) else value

    citations = [{name: told(getattr(one, name)) for name in one.__slots__} for one in cited]
    return {"section": section, "text": text, "citations": citations}


def _named(name: Name, held: Held) -> Citation:
    version = next(
        (facts.version for facts in held.datasets if name.source == f"dataset:{facts.dataset}"), None
    )
    dataset = name.source.removeprefix("dataset:") if name.source.startswith("dataset:") else None
    return Citation(entity_id=name.id, dataset=dataset, version=version)


def _company(held: Held) -> list[dict[str, Any]]:
    anchors = [one for one in held.names if one.how is not None]
    told = [_statement("company", f"{one.name}: {one.how}.", [_named(one, held)]) for one in anchors]
    ids = {one.id for one in anchors}
    for one in held.names:
        if one.id in ids:
            continue
        link = next((found for found in held.likenesses if one.id in found.ids and found.ids & ids), None)
        why = "as people decided, or by names between" if link is None else ", ".join(link.says)
        text = f"{one.name} in {one.place} is the same company: {why}."
        told.append(_statement("company", text, [_named(one, held), *(_named(two, held) for two in anchors)]))
    return told


def _records(held: Held) -> list[dict[str, Any]]:
    told = []
    for facts in held.datasets:
        for name in facts.names:
            rows = [one for one in facts.rows if one.source_key == name.source_key]
            count = rows[0].rows_of_name if rows else 0
            if count > len(rows):
                text = f"{facts.title} has {count} rows of {name.name}; the newest {len(rows)} follow."
                whole = Citation(dataset=facts.dataset, version=facts.version)
                told.append(_statement("records", text, [whole]))
            told += [_row_told("records", facts, one) for one in rows]
    return told


def _row_told(section: str, facts: DatasetFacts, row: NamedRow) -> dict[str, Any]:
    role = "" if row.role in {"legal_name", "name"} else f" as {row.role.replace('_', ' ')}"
    text = f"{facts.title}: {row.name}{role}: {_shown(facts.profile, row)}."
    return _statement(section, text, [Citation(dataset=facts.dataset, version=facts.version, row=row.row)])


def _shown(profile: str | None, row: NamedRow) -> str:
    wanted = TELLING.get(profile or "", tuple(row.record))
    said = [
        f"{name.replace('_', ' ')} {_value(row.record[name])}"
        for name in wanted
        if name != row.role and row.record.get(name) not in (None, "", [])
    ]
    return ", ".join(said[:COLUMNS_SHOWN_MAX]) or "nothing else is said"


def _value(value: object) -> str:
    return " / ".join(map(str, value)) if isinstance(value, list) else str(value)


def _around(held: Held) -> list[dict[str, Any]]:
    told = []
    if held.partners_there:
        shown = held.partners_there[:NAMED_MAX]
        more = len(held.partners_there) - len(shown)
        text = f"Partners of ours in zone {held.zone}: {', '.join(one.name for one in shown)}" + (
            f" and {more} more." if more else "."
        )
        told.append(_statement("around", text, [_named(one, held) for one in shown]))
    for facts in held.datasets:
        for one in facts.around:
            text = (
                f"{facts.title} names {one.others} other companies in {one.region};"
                f" {one.strangers} of them are neither partner nor account of ours."
                if one.others
                else f"{facts.title} names no other company in {one.region}."
            )
            whole = Citation(dataset=facts.dataset, version=facts.version)
            told.append(_statement("around", text, [whole]))
            told += [_row_told("around", facts, row) for row in one.named]
    return told


def _competitors(held: Held) -> list[dict[str, Any]]:
    told = []
    for one in held.standings:
        if not one.contradicted_by:
            continue
        seen = one.observation
        what = f"{one.attribute.title} of {seen.product}" if seen.product else one.attribute.title
        others = ", ".join(
            f"{other.value.shown(one.attribute.unit)} by {other.source} on {other.seen_on.isoformat()}"
            for other in one.contradicted_by
        )
        text = (
            f"{held.competitors[seen.competitor]}, {what}: {one.shown} by {seen.source} on {seen.seen_on.isoformat()};"
            f" against it {others}."
        )
        cited = [Citation(observation_id=other.id) for other in (seen, *one.contradicted_by)]
        told.append(_statement("competitors", text, cited))
    return told


def _not_found(held: Held, sections: Collection[str]) -> list[str]:
    told = []
    if not held.names:
        told.append(
            f"{held.alike} companies are written like the subject; a person has to say which is meant"
            if held.alike
            else "No partner, account or dataset names the company of this assignment"
        )
    if "records" not in sections:
        told.append("No dataset has a row of the company")
    if held.zone is None:
        told.append("The assignment names no zone, so that no partner is near it")
    elif not held.partners_there:
        told.append(f"No active partner of ours is in zone {held.zone}")
    if not any(facts.around for facts in held.datasets):
        told.append("No dataset says in which region the company is, so that nobody is found around it")
    if "competitors" not in sections:
        told.append("No observations of competitors contradict each other there")
    return told
