"""Puts a drafted policy in force in place of the one that is."""

import sqlalchemy as sa

from services.payments.adapters.repositories.policies import note_policy_state, policy_of_version
from services.payments.adapters.repositories.simulations import is_simulated
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.errors import MakerIsChecker, PolicyNotSimulated, PolicyState
from services.payments.domain.posting import Posting
from shared.actors import is_same_person
from shared.errors import NotFound


async def activate_policy(work: UnitOfWork, version: str, posting: Posting) -> None:
    """PolicyState unless it is a draft; MakerIsChecker for who made it; PolicyNotSimulated before its simulation.

    Imports that run go on with the policy they began with.
    """
    await work.connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('matching_policies'))"))
    policy = await policy_of_version(work.connection, version)
    if policy is None:
        raise NotFound(f"There is no policy {version}")
    if policy.state != "draft":
        raise PolicyState(f"Policy {version} is {policy.state}; only a draft is activated")
    if is_same_person(policy.made_by, posting.actor):
        raise MakerIsChecker("Somebody else has to activate what you drafted")
    if not await is_simulated(work.connection, version, policy.content_hash):
        raise PolicyNotSimulated(
            f"See first what policy {version} would have decided: POST …/{version}/simulation"
        )
    retired = await work.connection.scalar(
        sa.text("UPDATE matching_policies SET state = 'retired' WHERE state = 'active' RETURNING version")
    )
    await work.connection.execute(
        sa.text(
            "UPDATE matching_policies SET state = 'active', activated_at = :at, activated_by = :by"
            " WHERE version = :version"
        ),
        {"version": version, "at": posting.at, "by": posting.actor},
    )
    for changed, state in ((retired, "retired"), (version, "active")):
        await note_policy_state(work.connection, changed, state, actor=posting.actor, at=posting.at)
