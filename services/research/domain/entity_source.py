"""Which columns of a dataset name companies, and what kinds of datasets are known to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

ROLES_MAX: Final = 10
PARTNERS: Final = "partners"
ACCOUNTS: Final = "accounts"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameColumns:
    """Where one name of a row stands, and what else is known of the company that has it."""

    name: str
    street: str | None = None
    city: str | None = None
    region: str | None = None
    postcode: str | None = None
    telephone: str | None = None
    identifier: str | None = None
    identifier_kind: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        places = (self.street, self.city, self.region, self.postcode, self.telephone, self.identifier)
        return (self.name, *(column for column in places if column is not None))


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitySource:
    """`is_unique`: every row is another company, so that two of its rows are never one."""

    names: tuple[NameColumns, ...]
    is_unique: bool


# A project's place is not the place of the companies it names.
BY_PROFILE: Final[Mapping[str, EntitySource]] = {
    "carriers": EntitySource(
        names=(
            NameColumns(
                name="legal_name", street="street", city="city", region="state", postcode="zip",
                telephone="telephone", identifier="dot_number", identifier_kind="dot",
            ),
        ),
        is_unique=True,
    ),
    "projects": EntitySource(
        names=tuple(
            NameColumns(name=role)
            for role in ("owner", "architect", "general_contractor", "construction_manager")
        ),
        is_unique=False,
    ),
    "registrations": EntitySource(
        names=(
            NameColumns(name="dealer_name", region="state", identifier="dealer_id", identifier_kind="dealer"),
        ),
        is_unique=False,
    ),
}  # fmt: skip


def dataset_source(dataset: str) -> str:
    """The source of entities read from a dataset."""
    return f"dataset:{dataset}"
