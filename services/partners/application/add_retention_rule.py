"""Adds a rule of how long documents of a kind are kept."""

from datetime import datetime

from services.partners.adapters.document_rows import add_retention_rule
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.domain.document import RetentionRule
from services.partners.domain.errors import RuleTaken


async def add_rule(work: UnitOfWork, rule: RetentionRule, *, source: str, actor: str, at: datetime) -> None:
    """RuleTaken when the kind has a rule from that day on: rules are added, never changed."""
    if not await add_retention_rule(work.connection, rule, source=source, by=actor, at=at):
        raise RuleTaken(f"There is a rule for {rule.kind} from {rule.valid_from} on; choose a later day")
