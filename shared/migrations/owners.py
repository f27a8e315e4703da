"""Who has a database of its own, and where its code is."""

from typing import Final

from shared.errors import Fault

OWNERS: Final = {
    "payments": "services.payments",
    "partners": "services.partners",
    "reporting": "services.reporting",
    "research": "services.research",
    "gateway": "gateway",
}


class MigrationOwnerUnknown(Fault):
    """The name is none of ours."""

    code = "migration_owner_unknown"


def package_of(owner: str) -> str:
    """The owner's package. MigrationOwnerUnknown if there is no such owner."""
    if owner not in OWNERS:
        raise MigrationOwnerUnknown(f"'{owner}' has no database; expected one of {', '.join(OWNERS)}")
    return OWNERS[owner]
