"""What is written back to Salesforce: values of ours under names of theirs, and when a failed record is tried again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.errors import FieldProblem

FAILURES_MAX: Final = 10
_FIRST_WAIT: Final = timedelta(minutes=1)
_LONGEST_WAIT: Final = timedelta(hours=2)
_API_NAME_MAX: Final = 80

Values = Mapping[str, str | float | bool | None]


class WriteSubject(StrEnum):
    """What a record tells."""

    PARTNER_FIGURES = "partner_figures"
    QUERY_ANSWER = "query_answer"
    RESEARCH_BRIEF = "research_brief"


class WriteState(StrEnum):
    """Waiting to be sent; sent; shown only, because this subject is rehearsed; or dead: somebody has to look."""

    WAITING = "waiting"
    SENT = "sent"
    DRY_RUN = "dry_run"
    DEAD = "dead"


# The values of each subject; one of them names the record and goes into the external id.
NAMED_BY: Final[Mapping[WriteSubject, str]] = {
    WriteSubject.PARTNER_FIGURES: "partner_code",
    WriteSubject.QUERY_ANSWER: "query_number",
    WriteSubject.RESEARCH_BRIEF: "assignment_id",
}
VALUES: Final[Mapping[WriteSubject, frozenset[str]]] = {
    WriteSubject.PARTNER_FIGURES: frozenset(
        ("outstanding", "overdue", "oldest_due_on", "on_time_percent", "last_receipt_on", "as_of_on")
    ),
    WriteSubject.QUERY_ANSWER: frozenset(
        ("partner_code", "category", "state", "answered_at", "is_on_time", "case_record_id")
    ),
    WriteSubject.RESEARCH_BRIEF: frozenset(
        ("opportunity_record_id", "subject", "summary", "version", "brief_id", "shared_at")
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteMapping:
    """Where a subject goes: the object, its external id, and the field of theirs for each value of ours.

    A value without a field is not sent. What is rehearsed (`is_dry_run`) is kept and shown instead of sent.
    """

    subject: WriteSubject
    object_name: str
    external_id_field: str
    fields: Mapping[str, str]
    is_active: bool
    is_dry_run: bool
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerFigures:
    """A partner's account in rupees at the end of a day; percent of its receipts that were booked within 24 hours."""

    partner_code: str
    outstanding_minor: int
    overdue_minor: int
    oldest_due_on: date | None
    last_receipt_on: date | None
    booked_count: int
    on_time_count: int
    as_of_on: date

    def values(self) -> Values:
        """Amounts as numbers, because that is how Salesforce takes them: exact up to ninety thousand crore."""
        share = round(100 * self.on_time_count / self.booked_count, 1) if self.booked_count else None
        return {
            "outstanding": self.outstanding_minor / 100,
            "overdue": self.overdue_minor / 100,
            "oldest_due_on": self.oldest_due_on.isoformat() if self.oldest_due_on else None,
            "on_time_percent": share,
            "last_receipt_on": self.last_receipt_on.isoformat() if self.last_receipt_on else None,
            "as_of_on": self.as_of_on.isoformat(),
        }


def outgoing_fields(mapping: WriteMapping, values: Values) -> dict[str, str | float | bool | None]:
    """The values under their names; what has no field is left out."""
    return {mapping.fields[name]: value for name, value in values.items() if name in mapping.fields}


def mapping_problems(mapping: WriteMapping) -> list[FieldProblem]:
    """What is wrong with a mapping by itself; whether Salesforce has the fields, only Salesforce knows."""
    known = VALUES[mapping.subject]
    problems = [
        FieldProblem(
            f"/fields/{name}", f"not a value of this subject; expected one of {', '.join(sorted(known))}"
        )
        for name in sorted(mapping.fields.keys() - known)
    ]
    names = list(mapping.fields.values())
    named = {"/object_name": mapping.object_name, "/external_id_field": mapping.external_id_field}
    named |= {f"/fields/{name}": field for name, field in mapping.fields.items()}
    problems += [
        FieldProblem(pointer, "expected the API name of an object or field, e.g. SalesOps_Overdue__c")
        for pointer, name in named.items()
        if not _is_api_name(name)
    ]
    if len(set(names)) < len(names) or mapping.external_id_field in names:
        problems.append(FieldProblem("/fields", "each field of Salesforce takes one value"))
    return problems


def next_attempt_at(failures: int, at: datetime) -> datetime | None:
    """When a record that failed for the n-th time for a passing reason is due again: after 1, 2, 4 … minutes, two
    hours at most. None after the tenth time: then it is no passing reason."""
    if failures >= FAILURES_MAX:
        return None
    return at + min(_FIRST_WAIT * (1 << (failures - 1)), _LONGEST_WAIT)


def _is_api_name(name: str) -> bool:
    return name.isascii() and name.isidentifier() and len(name) <= _API_NAME_MAX
