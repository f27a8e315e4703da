"""Definitions of reports: made, changed as new versions, shipped with the system."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from services.reporting.adapters.definition_store import (
    KeptDefinition,
    add_definition,
    change_definition,
    kept_definition,
)
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.errors import DefinitionChanged, DefinitionNameTaken, DefinitionUnknown
from services.reporting.domain.report_definition import ReportDefinition, check_definition
from shared.errors import FieldProblem

SHIPPED_BY: Final = "salesops"


async def define_report(work: UnitOfWork, definition: ReportDefinition, *, owner: str, at: datetime) -> UUID:
    """DefinitionInvalid for what its source cannot tell, DefinitionNameTaken for a name of another."""
    check_definition(definition)
    definition_id = uuid7()
    if not await add_definition(work.connection, definition_id, definition, owner=owner, at=at):
        raise _name_taken(definition.name)
    return definition_id


async def redefine_report(
    work: UnitOfWork, named: str, definition: ReportDefinition, *, revision: int, actor: tuple[str, datetime]
) -> None:
    """A new version; runs keep the one they were made with. Its name stays: it is what scripts call it by."""
    kept = await kept_definition(work.connection, named, is_locked=True)
    if kept is None:
        raise DefinitionUnknown("There is no such definition", named=named)
    if kept.revision != revision:
        raise DefinitionChanged(
            f"It is at revision {kept.revision} meanwhile; read it again", revision=kept.revision
        )
    if definition.name != kept.definition.name:
        problem = FieldProblem("/name", f"expected {kept.definition.name}: the name of a definition stays")
        raise DefinitionNameTaken("A definition keeps its name", problems=[problem])
    check_definition(definition)
    await change_definition(work.connection, kept, definition, actor=actor[0], at=actor[1])


async def ship_definitions(work: UnitOfWork, shipped: Sequence[ReportDefinition], at: datetime) -> None:
    """Those that come with the system; one that people changed stays as they want it."""
    for definition in shipped:
        kept = await kept_definition(work.connection, definition.name, is_locked=True)
        if kept is None:
            check_definition(definition)
            await add_definition(work.connection, uuid7(), definition, owner=SHIPPED_BY, at=at)
        elif _is_ours(kept) and kept.definition != definition:
            check_definition(definition)
            await change_definition(work.connection, kept, definition, actor=SHIPPED_BY, at=at)


def _is_ours(kept: KeptDefinition) -> bool:
    return kept.owner == SHIPPED_BY and kept.set_by == SHIPPED_BY


def _name_taken(name: str) -> DefinitionNameTaken:
    problem = FieldProblem("/name", "expected a name that no other definition has")
    return DefinitionNameTaken(f"There is a definition named {name} already", problems=[problem])
