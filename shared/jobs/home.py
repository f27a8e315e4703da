"""Where a job lives: its id says it, so that one resource serves the jobs of all without asking around."""

from typing import Final
from uuid import UUID

JOBS: Final = "/v1/jobs"
# The last hexadecimal digit of an id is the place in this list: append, and never move one.
HOMES: Final = ("payments", "partners", "reporting", "research", "gateway")


def home_of(job_id: str) -> str | None:
    """Return the service whose job this is; None for what is no id or of no service."""
    try:
        place = UUID(job_id).int & 0xF
    except ValueError:
        return None
    return HOMES[place] if place < len(HOMES) else None


def name_job_home_sql(service: str) -> tuple[str, ...]:
    """Statements for a migration: the database itself knows whose jobs it holds."""
    return (
        f"CREATE FUNCTION job_home() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT {HOMES.index(service)}'",
    )
