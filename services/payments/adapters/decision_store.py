"""Stores what was decided about bank lines, revision after revision, with the candidates a person may choose from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.ledger_writer import copy_rows
from services.payments.adapters.repositories import Row
from services.payments.domain.decision import (
    Allocation,
    Alternative,
    Decision,
    Deduction,
    LineKind,
    Outcome,
    Reason,
)

MATCHING: Final = "matching"
REVIEW: Final = "review"  # the policy version of what a person decided


@dataclass(frozen=True, slots=True)
class DecidedLine:
    """A decision and the receipt it booked or took back; who decided it by which rules, and what they noted."""

    bank_line_id: UUID
    decision: Decision
    receipt_id: UUID | None
    policy_version: str
    revision: int = 1
    decided_by: str = MATCHING
    note: str = ""


async def add_decisions(connection: AsyncConnection, decided: Sequence[DecidedLine], at: datetime) -> None:
    """Record the next decision of each line; the primary key refuses a revision that exists."""
    await copy_rows(
        connection,
        "line_decisions",
        "bank_line_id revision decision kind partner_code allocations deductions on_account_minor score reasons"
        " policy_version receipt_id decided_at alternatives decided_by note",
        [_row(one, at) for one in decided],
    )


def stored_decision(row: Row) -> Decision:
    """The decision of a row of `line_decisions`."""
    return Decision(
        line_number=0,
        outcome=Outcome(row.decision),
        kind=LineKind(row.kind),
        partner_code=row.partner_code,
        allocations=_read_allocations(row.allocations),
        deductions=_read_deductions(row.deductions),
        on_account_minor=row.on_account_minor,
        score=row.score,
        reasons=_read_reasons(row.reasons),
        alternatives=tuple(_read_alternative(one) for one in row.alternatives),
    )


def _row(one: DecidedLine, at: datetime) -> tuple[object, ...]:
    decision = one.decision
    return (
        one.bank_line_id, one.revision, decision.outcome.value, decision.kind.value, decision.partner_code,
        _json(_allocations(decision.allocations)), _json(_deductions(decision.deductions)),
        decision.on_account_minor, decision.score, _json(_reasons(decision.reasons)), one.policy_version,
        one.receipt_id, at, _json([_alternative(choice) for choice in decision.alternatives]), one.decided_by,
        one.note,
    )  # fmt: skip


def _alternative(choice: Alternative) -> dict[str, object]:
    return {
        "partner": choice.partner_code,
        "allocations": _allocations(choice.allocations),
        "deductions": _deductions(choice.deductions),
        "on_account": choice.on_account_minor,
        "share": choice.share,
        "reasons": _reasons(choice.reasons),
    }


def _allocations(parts: Sequence[Allocation]) -> list[dict[str, object]]:
    return [{"item": str(a.invoice_id), "number": a.invoice_number, "minor": a.amount_minor} for a in parts]


def _deductions(parts: Sequence[Deduction]) -> list[dict[str, object]]:
    return [
        {"item": str(d.invoice_id), "number": d.invoice_number, "kind": d.kind, "minor": d.amount_minor}
        for d in parts
    ]


def _reasons(reasons: Sequence[Reason]) -> list[dict[str, object]]:
    return [{"code": reason.code, "text": reason.text} for reason in reasons]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _read_alternative(stored: Mapping[str, Any]) -> Alternative:
    return Alternative(
        stored["partner"],
        _read_allocations(stored["allocations"]),
        _read_deductions(stored["deductions"]),
        stored["on_account"],
        stored["share"],
        _read_reasons(stored["reasons"]),
    )


def _read_allocations(stored: Sequence[Mapping[str, Any]]) -> tuple[Allocation, ...]:
    return tuple(Allocation(UUID(one["item"]), one["number"], one["minor"]) for one in stored)


def _read_deductions(stored: Sequence[Mapping[str, Any]]) -> tuple[Deduction, ...]:
    return tuple(Deduction(UUID(one["item"]), one["number"], one["kind"], one["minor"]) for one in stored)


def _read_reasons(stored: Sequence[Mapping[str, Any]]) -> tuple[Reason, ...]:
    return tuple(Reason(one["code"], one["text"]) for one in stored)
