"""A collection: who is asked to fill a template by when, and where each of them stands."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.reporting.domain.errors import CollectionInvalid, WorkbookNotOfCollection
from services.reporting.domain.template import MONTHS_MAX, SHEET_COLUMNS_MAX, Template, sheet_columns
from shared.errors import FieldProblem

RESPONDENTS_MAX: Final = 1_000
REMINDERS_MAX: Final = 6
ESCALATION_DAYS_MAX: Final = 60
_IDENTITY_VERSION: Final = "1"


class RespondentKind(StrEnum):
    PARTNER = "partner"
    ZONE = "zone"
    PERSON = "person"


class SubmissionState(StrEnum):
    """Of a respondent as well: `asked` before anything came, then that of the latest submission."""

    ASKED = "asked"
    RECEIVED = "received"
    CHECKED = "checked"
    ACCEPTED = "accepted"
    RETURNED = "returned"


class Notice(StrEnum):
    REMINDER = "reminder"
    OVERDUE = "overdue"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionPlan:
    """What is opened. `remind_days` before `due_at` who has sent nothing is reminded; `escalate_days` after it the owner
    hears who still has not. A clean submission is accepted by itself if `accepts_clean`."""

    title: str
    first_month: date
    months: int
    due_at: datetime
    remind_days: tuple[int, ...]
    escalate_days: int
    accepts_clean: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbookIdentity:
    """What a workbook says of itself, hidden and signed: it cannot be handed in for another respondent or collection."""

    template: str
    revision: int
    collection_id: UUID
    respondent_id: UUID
    first_month: date
    months: int

    def facts(self) -> dict[str, str]:
        return {
            "format": _IDENTITY_VERSION,
            "template": self.template,
            "revision": f"{self.revision}",
            "collection": f"{self.collection_id}",
            "respondent": f"{self.respondent_id}",
            "first_month": f"{self.first_month:%Y-%m}",
            "months": f"{self.months}",
        }

    def signature(self, key: bytes) -> str:
        """HMAC-SHA-256 over the facts, by a key of the collection that never leaves the database."""
        told = "\n".join(f"{name}={value}" for name, value in self.facts().items())
        return hmac.new(key, told.encode(), hashlib.sha256).hexdigest()


def check_plan(plan: CollectionPlan, template: Template, at: datetime) -> None:
    """CollectionInvalid says what of it cannot be."""
    problems: list[FieldProblem] = []
    if plan.due_at <= at:
        problems.append(FieldProblem("/due_at", "expected an instant in the future"))
    if plan.first_month.day != 1:
        problems.append(FieldProblem("/first_month", "expected a month, e.g. 2026-12"))
    columns = len(sheet_columns(template, plan.first_month, min(plan.months, MONTHS_MAX)))
    if columns > SHEET_COLUMNS_MAX:
        problems.append(FieldProblem("/months", f"expected at most {SHEET_COLUMNS_MAX} columns on the sheet"))
    if len(set(plan.remind_days)) < len(plan.remind_days):
        problems.append(FieldProblem("/remind_days", "expected each number of days once"))
    if problems:
        raise CollectionInvalid("The collection cannot be opened", problems=problems)


def check_identity(expected: WorkbookIdentity, told: dict[str, str], key: bytes) -> None:
    """WorkbookNotOfCollection for a workbook of another respondent, collection or version, and one that was forged."""
    for name, value in expected.facts().items():
        if told.get(name) != value:
            raise WorkbookNotOfCollection(
                f"The workbook was made for another {name}", expected=value, told=told.get(name, "")[:80]
            )
    if not hmac.compare_digest(told.get("signature", ""), expected.signature(key)):
        raise WorkbookNotOfCollection("The workbook's signature is not ours; fill the one that was sent")


def accuracy(error: Decimal | None, actual: Decimal | None) -> Decimal | None:
    """One less the weighted absolute percentage error; None where nothing happened or is known.

    Hyndman and Koehler, Another look at measures of forecast accuracy (2006), weigh errors so that small series do not
    rule; what a forecast adds to a naive one is Gilliland's forecast value added (The Business Forecasting Deal, 2010).
    Said 90 and 60 where 100 and 50 were ordered: 1 - (10 + 10) / 150 = 0.8667.
    """
    if error is None or not actual or actual < 0:
        return None
    return 1 - error / actual
