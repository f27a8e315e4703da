"""Takes in a file that somebody hands in as evidence: scanned, in the store under its hash, told once an assignment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from services.research.adapters.files import add_file, file_rows
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.record_finding import open_for_findings
from services.research.domain.errors import AssignmentState
from shared.identity import Caller

FILES_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """A file whose bytes passed the scan and are in the store; its name is a label and says nothing of what it is."""

    file_name: str
    format: str
    sha256: str
    size_bytes: int


async def take_in_file(
    work: UnitOfWork, assignment_id: UUID, file: HandedIn, caller: Caller, *, at: datetime
) -> tuple[UUID, bool]:
    """Its id, and whether it is new: the same bytes are known by the name they first had.

    AssignmentUnknown; AssignmentState when it is over or full.
    """
    row = await open_for_findings(work, assignment_id, caller)
    known = await file_rows(work.connection, row.id)
    same = next((one.id for one in known if one.sha256 == file.sha256), None)
    if same is not None:
        return same, False
    if len(known) >= FILES_MAX:
        raise AssignmentState(f"An assignment has at most {FILES_MAX} files")
    file_id = uuid7()
    facts = {
        "id": file_id,
        "assignment_id": row.id,
        "file_name": file.file_name,
        "format": file.format,
        "sha256": file.sha256,
        "size_bytes": file.size_bytes,
        "received_by": caller.actor,
        "received_at": at,
    }
    await add_file(work.connection, facts)
    return file_id, True
