"""Templates: made, changed as new versions, shipped with the system."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from services.reporting.adapters.template_store import add_template, change_template, kept_template
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.errors import TemplateChanged, TemplateNameTaken, TemplateUnknown
from services.reporting.domain.template import Template, check_template
from shared.errors import FieldProblem

SHIPPED_BY: Final = "salesops"


async def define_template(work: UnitOfWork, template: Template, *, owner: str, at: datetime) -> UUID:
    """TemplateInvalid for what contradicts itself, TemplateNameTaken for a name of another."""
    check_template(template)
    template_id = uuid7()
    if not await add_template(work.connection, template_id, template, owner=owner, at=at):
        raise _name_taken(template.name)
    return template_id


async def redefine_template(
    work: UnitOfWork, named: str, template: Template, *, revision: int, actor: tuple[str, datetime]
) -> None:
    """A new version; collections keep the one they were opened with. Its name stays."""
    kept = await kept_template(work.connection, named, is_locked=True)
    if kept is None:
        raise TemplateUnknown("There is no such template", named=named)
    if kept.revision != revision:
        raise TemplateChanged(
            f"It is at revision {kept.revision} meanwhile; read it again", revision=kept.revision
        )
    if template.name != kept.template.name:
        problem = FieldProblem("/name", f"expected {kept.template.name}: the name of a template stays")
        raise TemplateNameTaken("A template keeps its name", problems=[problem])
    check_template(template)
    await change_template(work.connection, kept, template, actor=actor[0], at=actor[1])


async def ship_templates(work: UnitOfWork, shipped: Sequence[Template], at: datetime) -> None:
    """Those that come with the system; one that people changed stays as they want it."""
    for template in shipped:
        kept = await kept_template(work.connection, template.name, is_locked=True)
        if kept is None:
            check_template(template)
            await add_template(work.connection, uuid7(), template, owner=SHIPPED_BY, at=at)
        elif kept.owner == kept.set_by == SHIPPED_BY and kept.template != template:
            check_template(template)
            await change_template(work.connection, kept, template, actor=SHIPPED_BY, at=at)


def _name_taken(name: str) -> TemplateNameTaken:
    problem = FieldProblem("/name", "expected a name that no other template has")
    return TemplateNameTaken(f"There is a template named {name} already", problems=[problem])
