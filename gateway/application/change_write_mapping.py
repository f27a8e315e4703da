"""Changes where and whether a subject is written to Salesforce, and has single records sent again."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from gateway.adapters.salesforce_write_mappings import lock_write_mapping, store_write_mapping
from gateway.adapters.salesforce_writes import resend
from gateway.domain.salesforce_write import WriteMapping, mapping_problems
from shared.database import UnitOfWork
from shared.errors import Invalid, NotFound, Stale


class WriteMappingInvalid(Invalid):
    """The mapping cannot be used; `problems` say why."""

    code, title = "write_mapping_invalid", "The mapping cannot be used"


class WriteNotFound(NotFound):
    code, title = "salesforce_write_not_found", "There is no such write"


async def change_write_mapping(
    work: UnitOfWork, wanted: WriteMapping, *, changed_by: str, at: datetime
) -> WriteMapping:
    """Replace the mapping of the subject; `wanted.revision` is the one it was decided on.

    WriteMappingInvalid for values or names that cannot be, Stale when somebody was faster.
    """
    problems = mapping_problems(wanted)
    if problems:
        raise WriteMappingInvalid("The mapping cannot be used", problems=problems)
    known = await lock_write_mapping(work.connection, wanted.subject)
    if known.revision != wanted.revision:
        raise Stale("The mapping was changed meanwhile; read it again", revision=known.revision)
    changed = replace(wanted, revision=known.revision + 1)
    await store_write_mapping(work.connection, changed, changed_by=changed_by, at=at)
    return changed


async def resend_write(work: UnitOfWork, write_id: UUID, at: datetime) -> None:
    """Have a record sent again as soon as possible, e.g. after its cause was mended. WriteNotFound without one."""
    if not await resend(work.connection, write_id, at):
        raise WriteNotFound("There is no such write", write_id=str(write_id))
