"""Systems that people type into: what each holds, by which fields its rows are known, and whose they are."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.reporting.domain.data_checks.errors import SourceInvalid, SourceObjectUnknown
from services.reporting.domain.source_connection import Connection, connection_problems
from services.reporting.domain.source_connection import SourceKind as SourceKind
from services.reporting.domain.source_schedule import SourceSchedule, schedule_problems
from shared.errors import FieldProblem

OBJECTS_MAX: Final = 20
FIELDS_MAX: Final = 150
KEY_FIELDS_MAX: Final = 4
ROWS_MAX: Final = 200_000
CELL_LENGTH_MAX: Final = 10_000
KEY_LENGTH_MAX: Final = 400
REJECTED_TOLD_MAX: Final = 100
PROBLEMS_MAX: Final = 50
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")


@dataclass(frozen=True, slots=True)
class SourceField:
    """A field by our name, and what its column is called where it comes from."""

    name: str
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceObject:
    """A kind of rows: accounts, opportunities, orders. `zone_field` and `owner_field` say whose a row is.

    `query` is how they are asked for where we read them ourselves.
    """

    name: str
    title: str
    fields: tuple[SourceField, ...]
    key_fields: tuple[str, ...]
    zone_field: str | None = None
    owner_field: str | None = None
    query: str | None = None

    @property
    def field_names(self) -> list[str]:
        return [field.name for field in self.fields]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSystem:
    """A system as it was described; its owner answers for what nobody else does."""

    name: str
    title: str
    kind: SourceKind
    owner: str
    objects: tuple[SourceObject, ...]
    connection: Connection | None = None
    schedule: SourceSchedule | None = None

    def object_named(self, name: str) -> SourceObject:
        """SourceObjectUnknown when it holds no such thing."""
        found = next((one for one in self.objects if one.name == name), None)
        if found is None:
            known = ", ".join(one.name for one in self.objects)
            problem = FieldProblem("object", f"expected one of {known}")
            raise SourceObjectUnknown(f"{self.name} has no object {name}", problems=[problem])
        return found


@dataclass(frozen=True, slots=True)
class TakenRow:
    """A row as it was read: its key, and a text for each field in their order."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that has no place in a snapshot, by its number from 1."""

    number: int
    reason: str


class Taking:
    """Takes rows of one object, one after the other; of the rejected ones the first are told, all are counted."""

    def __init__(self, described: SourceObject) -> None:
        self._described = described
        self.rows_count = self.rejected_count = 0
        self.rejected: list[RejectedRow] = []

    def rows(self, records: Iterable[Mapping[str, str]]) -> Iterator[TakenRow]:
        """By their keys. A row without a key, or with that of one before it, is rejected; so is an endless text."""
        described, keys = self._described, set[str]()
        key_positions = [described.field_names.index(name) for name in described.key_fields]
        for number, record in enumerate(records, 1):
            values = tuple(record.get(field.column, "").replace("\0", "") for field in described.fields)
            parts = [values[position].strip() for position in key_positions]
            key = "/".join(parts)
            if reason := _reason(parts, key, values, is_known=key in keys):
                self._reject(RejectedRow(number, reason))
                continue
            keys.add(key)
            self.rows_count += 1
            yield TakenRow(key, values)

    def _reject(self, row: RejectedRow) -> None:
        self.rejected_count += 1
        if self.rejected_count <= REJECTED_TOLD_MAX:
            self.rejected.append(row)


def check_source(source: SourceSystem) -> None:
    """SourceInvalid, with every problem, for a description that contradicts itself."""
    problems = list(_problems(source))
    if problems:
        raise SourceInvalid(f"{source.name} is described in a way that cannot be read", problems=problems)


def _reason(parts: Sequence[str], key: str, values: Sequence[str], *, is_known: bool) -> str:
    if not all(parts):
        return "the key is empty"
    if is_known:
        return f"the key {key[:60]} is that of a row before"
    if len(key) > KEY_LENGTH_MAX or any(len(value) > CELL_LENGTH_MAX for value in values):
        return f"a key of more than {KEY_LENGTH_MAX} or a value of more than {CELL_LENGTH_MAX} characters"
    return ""


def _problems(source: SourceSystem) -> Iterator[FieldProblem]:
    names = [one.name for one in source.objects]
    yield from connection_problems(source.kind, source.connection, [one.query for one in source.objects])
    yield from schedule_problems(source.kind, source.schedule)
    for index, one in enumerate(source.objects):
        at = f"/objects/{index}"
        if names.index(one.name) != index:
            yield FieldProblem(f"{at}/name", "expected a name that no other object has")
        fields = one.field_names
        for place, name in enumerate(fields):
            if fields.index(name) != place:
                yield FieldProblem(f"{at}/fields/{place}/name", "expected a name that no other field has")
        told = {"zone_field": one.zone_field, "owner_field": one.owner_field}
        told |= {f"key_fields/{place}": name for place, name in enumerate(one.key_fields)}
        for where, field in told.items():
            if field is not None and field not in fields:
                yield FieldProblem(f"{at}/{where}", f"expected one of its fields: {', '.join(fields)}"[:300])
