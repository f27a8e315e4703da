"""What this code knows of a schema, told by the names of the migrations: no process that serves has to read them."""

from dataclasses import dataclass
from pathlib import Path

from shared.migrations.owners import package_of


@dataclass(frozen=True, slots=True)
class SchemaVersions:
    """What this code knows of its schema; readiness compares it with the version found."""

    newest: str | None
    known: frozenset[str]

    def suit(self, found: str | None) -> bool:
        """A version nobody here knows is a later release's, whose migrations run before its processes come.

        What these processes still need is taken away one release later, so they go on serving meanwhile.
        """
        return found == self.newest or (found is not None and found not in self.known)


def schema_versions(owner: str) -> SchemaVersions:
    """MigrationOwnerUnknown if it has no database."""
    # `20261124_0001_payments_tables.py` is version 0001; each follows the one numbered before it.
    numbers = [path.name.split("_")[1] for path in versions_folder(owner).glob("[0-9]*.py")]
    return SchemaVersions(max(numbers, default=None), frozenset(numbers))


def versions_folder(owner: str) -> Path:
    """Where the migrations of one database lie. MigrationOwnerUnknown if it has none."""
    root = Path(__file__).resolve().parents[2]
    return root / package_of(owner).replace(".", "/") / "migrations" / "versions"
