"""Drafts a version of the matching policy: an existing one with some values changed. It decides nothing yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.payments.adapters.policy_content import changed_content, content_hash
from services.payments.adapters.repositories.policies import add_draft, note_policy_state, policy_of_version
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.errors import PolicyInvalid, PolicyTaken
from services.payments.domain.posting import Posting
from shared.errors import FieldProblem, NotFound


@dataclass(frozen=True, slots=True)
class DraftPolicy:
    """`changes` are values by name, grouped as in the policy; `note` says why."""

    version: str
    base_version: str
    changes: Mapping[str, Any]
    note: str


async def draft_policy(work: UnitOfWork, command: DraftPolicy, posting: Posting) -> None:
    """NotFound without the base, PolicyInvalid for values that cannot be, PolicyTaken when the version is another's."""
    base = await policy_of_version(work.connection, command.base_version)
    if base is None:
        raise NotFound(f"There is no policy {command.base_version}")
    content = changed_content(base.content, command.changes)
    digest = content_hash(content)
    if digest == content_hash(changed_content(base.content, {})):
        raise PolicyInvalid(
            "The draft would be its base again", problems=[FieldProblem("/changes", "expected another value")]
        )
    values = {
        "version": command.version,
        "content_hash": digest,
        "base_version": command.base_version,
        "note": command.note,
        "at": posting.at,
        "by": posting.actor,
    }
    if not await add_draft(work.connection, content, values):
        raise PolicyTaken(
            f"There is a policy {command.version} already; a draft is not changed, draft another"
        )
    await note_policy_state(work.connection, command.version, "draft", actor=posting.actor, at=posting.at)
