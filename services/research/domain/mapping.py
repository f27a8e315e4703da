"""How columns of a file become columns of a dataset: profiles that say it, and names where none does."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

COLUMNS_MAX: Final = 500
NAME_LENGTH_MAX: Final = 60
NULL_WORDS: Final = ("", "n/a", "na", "null", "none", "nan", "-", "--", "#n/a")
_NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9]+")


class ColumnType(StrEnum):
    """What the values of a column are. `digits` keeps the digits alone, without zeros in front: numbers that are names."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"
    DATE = "date"
    MONTH = "month"
    FLAG = "flag"
    DIGITS = "digits"
    LIST = "list"


class MappedBy(StrEnum):
    """Why a column of a file is this column of the dataset."""

    ALIAS = "alias"
    HEADER = "header"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetColumn:
    """A column that a profile knows, by its own name or by any of its aliases.

    `part` takes the first or the last of a range as `$ 4500000 - $ 5000000`; `nothing` are values that mean nothing
    here. Of a list the parts stand between `separator`s.
    """

    name: str
    type: ColumnType = ColumnType.TEXT
    aliases: tuple[str, ...] = ()
    is_required: bool = False
    description: str = ""
    nothing: tuple[str, ...] = ()
    part: str | None = None
    separator: str = ";"


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingProfile:
    """What a kind of file holds. Of rows with the same `key` the one that is greatest in `newest_by` counts, then the last.

    `day_first` says how 03/04/2026 is read.
    """

    name: str
    title: str
    description: str
    version: int
    key: tuple[str, ...]
    newest_by: str | None
    day_first: bool
    columns: tuple[TargetColumn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedColumn:
    """A column of the file (its place from 0, its heading) and the column of the dataset that it becomes."""

    place: int
    heading: str
    column: TargetColumn
    mapped_by: MappedBy


def comparable(heading: str) -> str:
    """What of a heading counts: `Dodge Report  Number ` and DODGE_REPORT_NUMBER are one."""
    plain = unicodedata.normalize("NFKD", heading).casefold()
    return "".join(char for char in plain if char.isalnum())


def column_name(heading: str, place: int) -> str:
    """The name of a column nobody knows, from its heading: lower case, letters, digits and underscores."""
    plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode().casefold()
    name = _NOT_IN_NAMES.sub("_", plain).strip("_")[:NAME_LENGTH_MAX]
    if not name:
        return f"column_{place + 1}"
    return name if name[0].isalpha() else f"c_{name}"


def mapped_columns(headings: Sequence[str], profile: MappingProfile | None) -> list[MappedColumn]:
    """What each column of a file becomes, in the file's order. What no profile knows keeps its heading as its name.

    The first of two headings that mean the same column is it; the other keeps its own name. Where the name of an
    unknown column is that of a known one, the unknown one gets a number.
    """
    known = _by_heading(profile.columns if profile else ())
    mapped: list[MappedColumn] = []
    taken: set[str] = set()
    names = {column.name for column in (profile.columns if profile else ())}
    for place, heading in enumerate(headings):
        columns = [column for column in known.get(comparable(heading), ()) if column.name not in taken]
        mapped_by = MappedBy.ALIAS
        if not columns:
            columns = [TargetColumn(name=_free_name(column_name(heading, place), taken | names))]
            mapped_by = MappedBy.HEADER
        for column in columns:
            taken.add(column.name)
            mapped.append(MappedColumn(place=place, heading=heading, column=column, mapped_by=mapped_by))
    return mapped


def fitting_profile(
    headings: Sequence[str], profiles: Iterable[MappingProfile]
) -> tuple[MappingProfile, float] | None:
    """The profile that knows most of the headings and has its key among them, with the share that it knows."""
    fits = []
    for profile in profiles:
        mapped = mapped_columns(headings, profile)
        known = {one.column.name for one in mapped if one.mapped_by is MappedBy.ALIAS}
        if known and set(profile.key[:1]) <= known:
            fits.append((len(known) / len(headings), profile.name, profile))
    if not fits:
        return None
    share, _, profile = max(fits, key=lambda fit: fit[:2])
    return profile, share


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How the columns of a version differ from those of the version before."""

    added: tuple[str, ...]
    gone: tuple[str, ...]
    retyped: tuple[str, ...]
    is_reordered: bool

    @property
    def is_any(self) -> bool:
        return bool(self.added or self.gone or self.retyped or self.is_reordered)


def drift_between(before: Mapping[str, str], after: Mapping[str, str]) -> Drift:
    """Compare columns by name and type, each in the order of its file."""
    common_before = [name for name in before if name in after]
    common_after = [name for name in after if name in before]
    return Drift(
        added=tuple(name for name in after if name not in before),
        gone=tuple(name for name in before if name not in after),
        retyped=tuple(name for name in common_after if before[name] != after[name]),
        is_reordered=common_before != common_after,
    )


def _by_heading(columns: Iterable[TargetColumn]) -> dict[str, list[TargetColumn]]:
    """A heading may give two columns: the low and the high end of a range."""
    known: dict[str, list[TargetColumn]] = {}
    for column in columns:
        for heading in dict.fromkeys(map(comparable, (*column.aliases, column.name))):
            known.setdefault(heading, []).append(column)
    return known


def _free_name(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free
