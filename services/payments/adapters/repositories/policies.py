"""Policies of the matching, one of which is active."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.policy_content import policy_from
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.deductions import deduction_terms, tds_rules
from services.payments.domain.matching_policy import MatchingPolicy


async def active_policy(connection: AsyncConnection) -> MatchingPolicy:
    """What decides new lines now, with the law and the agreements as they stand."""
    row = (
        await connection.execute(
            sa.text("SELECT version, content FROM matching_policies WHERE state = 'active'")
        )
    ).one()
    return replace(
        policy_from(row.version, row.content),
        tds_rules=await tds_rules(connection),
        terms=await deduction_terms(connection),
    )


async def policy_of_version(
    connection: AsyncConnection, version: str, *, for_update: bool = False
) -> Row | None:
    lock = " FOR UPDATE" if for_update else ""
    return (
        await connection.execute(
            sa.text(f"SELECT * FROM matching_policies WHERE version = :version{lock}"), {"version": version}
        )
    ).one_or_none()


async def add_draft(
    connection: AsyncConnection, content: Mapping[str, Any], values: Mapping[str, object]
) -> bool:
    """False when the version is taken."""
    added = await connection.execute(
        sa.text(
            "INSERT INTO matching_policies (version, content, content_hash, state, base_version, note, made_at, made_by)"
            " VALUES (:version, CAST(:content AS jsonb), :content_hash, 'draft', :base_version, :note, :at, :by)"
            " ON CONFLICT DO NOTHING"
        ),
        {**values, "content": msgspec.json.encode(content).decode()},
    )
    return added.rowcount == 1


async def note_policy_state(
    connection: AsyncConnection, version: str, state: str, *, actor: str, at: datetime
) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO matching_policy_events (version, state, at, actor) VALUES (:version, :state, :at, :actor)"
        ),
        {"version": version, "state": state, "at": at, "actor": actor},
    )
