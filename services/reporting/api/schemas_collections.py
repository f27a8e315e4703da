"""Bodies of collections, their respondents, and what was gathered."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from services.reporting.adapters.collection_store import Row
from services.reporting.application.open_collection import RespondentWish
from services.reporting.domain import template_collection as parts
from services.reporting.domain.collection_letter import RECIPIENTS_MAX
from services.reporting.domain.recipient import Recipient
from services.reporting.domain.template import MONTHS_MAX
from shared.wire import Instant, WireModel

Month = Annotated[
    str,
    StringConstraints(pattern=r"^20\d{2}-(0[1-9]|1[0-2])$"),
    Field(description="Of its period, the first", examples=["2026-12"]),
]
COLLECTION_EXAMPLE: Final[dict[str, JsonValue]] = {
    "template": "sales-forecast",
    "title": "Forecast December to February",
    "first_month": "2026-12",
    "due_at": "2026-11-30T12:30:00Z",
    "remind_days": [3, 1],
    "escalate_days": 2,
    "respondents": [
        {
            "kind": "partner",
            "key": "CP-1001",
            "recipients": [{"name": "Sunil Rao", "address": "sunil@northern-gensets.example"}],
        },
        {"kind": "zone", "key": "North"},
        {"kind": "person", "key": "ravi.menon", "name": "Ravi Menon", "zone": "South"},
    ],
}
COLLECTION_SHOWN: Final[dict[str, JsonValue]] = {
    "id": "01936d6e-5c3f-7c1a-8d2e-0f6b5a4c3d2e",
    "template": "sales-forecast",
    "template_revision": 1,
    "title": "Forecast December to February",
    "first_month": "2026-12",
    "months": 3,
    "due_at": "2026-11-30T12:30:00Z",
    "remind_days": [3, 1],
    "escalate_days": 2,
    "accepts_clean": False,
    "opened_by": "asha.kulkarni",
    "opened_at": "2026-11-20T04:30:00Z",
    "closed_at": "2026-12-04T06:00:00Z",
    "closed_by": "asha.kulkarni",
    "closing_note": "One zone is missing",
    "standings": {"asked": 2, "accepted": 1},
}


class CollectionRecipientBody(WireModel):
    """Somebody who gets a respondent's letters."""

    name: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\r\n]+$", examples=["Sunil Rao"])]
    address: Annotated[str, Field(max_length=320, examples=["sunil@northern-gensets.example"])]


class RespondentDraft(WireModel):
    """Whom to ask: a partner by its code, a zone by its name, a person by the subject of their tokens."""

    kind: parts.RespondentKind
    key: Annotated[str, Field(min_length=1, max_length=200, description="The code, name or subject")]
    name: Annotated[
        str | None, Field(max_length=120, description="As people read it; else the partner's name or the key")
    ] = None
    zone: Annotated[str | None, Field(max_length=200, description="Of a person: for which zone")] = None

    recipients: Annotated[
        list[CollectionRecipientBody],
        Field(
            max_length=RECIPIENTS_MAX,
            description="Who is invited, reminded, thanked or asked to correct by letter; outside of the house only for a"
            " partner. Without any only events tell",
        ),
    ] = []  # noqa: RUF012 - pydantic copies it

    def wish(self) -> RespondentWish:
        people = tuple(Recipient(name=one.name, address=one.address) for one in self.recipients)
        return RespondentWish(kind=self.kind, key=self.key, name=self.name, zone=self.zone, recipients=people)


class CollectionDraft(WireModel):
    """A cycle: which template, for which months, from whom, by when."""

    model_config = ConfigDict(json_schema_extra={"examples": [COLLECTION_EXAMPLE]})
    template: Annotated[
        str, Field(max_length=60, description="Name of the template; its version of now is taken")
    ]
    title: Annotated[str, Field(min_length=1, max_length=120, description="What people read")]
    first_month: Month
    months: Annotated[
        int | None,
        Field(ge=1, le=MONTHS_MAX, description="How long the period is; else as the template says"),
    ] = None
    due_at: Annotated[Instant, Field(description="By when it has to be accepted or at least sent")]
    remind_days: Annotated[
        list[Annotated[int, Field(ge=1, le=60)]],
        Field(max_length=parts.REMINDERS_MAX, description="So many days before it is due reminders go out"),
    ] = [3, 1]  # noqa: RUF012 - pydantic copies it
    escalate_days: Annotated[
        int,
        Field(
            ge=0,
            le=parts.ESCALATION_DAYS_MAX,
            description="So many days after it was due the owner has to act",
        ),
    ] = 2
    accepts_clean: Annotated[
        bool, Field(description="Whether a submission without findings is accepted by itself")
    ] = False
    respondents: Annotated[
        list[RespondentDraft],
        Field(min_length=1, max_length=parts.RESPONDENTS_MAX, description="Each is asked once"),
    ]

    def plan(self, months: int) -> parts.CollectionPlan:
        return parts.CollectionPlan(
            title=self.title,
            first_month=date.fromisoformat(f"{self.first_month}-01"),
            months=self.months or months,
            due_at=self.due_at,
            remind_days=tuple(self.remind_days),
            escalate_days=self.escalate_days,
            accepts_clean=self.accepts_clean,
        )


class CollectionBody(WireModel):
    """A collection, and how many of the respondents you see stand where."""

    model_config = ConfigDict(json_schema_extra={"examples": [COLLECTION_SHOWN]})
    id: UUID
    template: Annotated[str, Field(description="Name of the template")]
    template_revision: Annotated[int, Field(description="Its version that is asked")]
    title: Annotated[str, Field(description="What people read")]
    first_month: Month
    months: Annotated[int, Field(description="How long its period is")]
    due_at: datetime
    remind_days: Annotated[list[int], Field(description="Days before it is due")]
    escalate_days: Annotated[int, Field(description="Days after it was due")]
    accepts_clean: Annotated[bool, Field(description="Whether what has no findings is accepted by itself")]
    opened_by: Annotated[str, Field(description="Who asks")]
    opened_at: datetime
    closed_at: Annotated[datetime | None, Field(description="From when on nothing is taken in")]
    closed_by: Annotated[str | None, Field(description="Who closed it")]
    closing_note: Annotated[str | None, Field(description="What they noted")]
    standings: Annotated[
        dict[parts.SubmissionState, int], Field(description="Respondents by where they stand")
    ]


class RespondentBody(WireModel):
    """Who is asked, and where they stand: asked, or as their latest submission."""

    id: UUID
    kind: parts.RespondentKind
    key: Annotated[str, Field(description="The partner's code, the zone, or the person's subject")]
    name: Annotated[str, Field(description="As people read it")]
    partner_code: str | None
    zone: str | None
    state: parts.SubmissionState
    rows_count: Annotated[int, Field(description="Rows that the workbook comes with")]
    submission_id: Annotated[UUID | None, Field(description="The latest; null before anything came")]
    version: Annotated[int | None, Field(description="Of the latest submission, from 1")]
    sent_at: Annotated[datetime | None, Field(description="When the latest came; UTC")]
    findings_count: Annotated[
        int | None, Field(description="Of the latest submission; null before its check")
    ]
    reminders: Annotated[int, Field(description="How often they were reminded")]
    is_escalated: Annotated[bool, Field(description="Whether the owner was told that they are late")]
    workbook_path: Annotated[str, Field(description="Where their workbook is")]


class CollectionClosingDraft(WireModel):
    """Why it is closed, if that is worth a note."""

    note: Annotated[str | None, Field(max_length=500)] = None


class ConsolidatedRowBody(WireModel):
    """A row that counts: of the last accepted version of its respondent."""

    respondent_id: Annotated[UUID, Field(description="Who said it, of the collection's respondents")]
    respondent: Annotated[str, Field(description="Who said it, as people read it")]
    partner_code: str | None
    zone: str | None
    submission_id: Annotated[UUID, Field(description="In which submission")]
    version: Annotated[int, Field(description="Of the submission, from 1")]
    position: Annotated[int, Field(ge=1, description="Of the row in it")]
    cells: Annotated[dict[str, str], Field(description="What it says, by the names of the sheet's columns")]


class ComparedGroupBody(WireModel):
    """Figures of a group: pieces of a forecast, or amounts of a plan in its currency."""

    name: Annotated[str | None, Field(description="Of the group: a zone, partner, product, segment or month")]
    figure: Annotated[str, Field(description="What was gathered, of all months")]
    before: Annotated[
        str | None,
        Field(
            description="A forecast: what the collection before said of the same months; a plan: of a year before"
        ),
    ]
    actual: Annotated[
        str | None, Field(description="What happened in the months that are over; null while none is")
    ]
    figure_over: Annotated[str | None, Field(description="What was gathered of those months")]
    gap: Annotated[str | None, Field(description="actual less figure_over")]
    accuracy: Annotated[
        str | None,
        Field(
            description="Of a forecast: 1 less the absolute errors by what happened, of one; may be negative"
        ),
    ]
    naive_accuracy: Annotated[
        str | None, Field(description="The same had each month been said to be as the one before the period")
    ]
    value_added: Annotated[str | None, Field(description="accuracy less naive_accuracy")]


class CollectionComparisonBody(WireModel):
    """Groups, and all of them as one."""

    groups: Annotated[list[ComparedGroupBody], Field(description="By name; without one the last")]
    is_cut: Annotated[bool, Field(description="Whether there are more groups than are shown")]

    by: Annotated[
        Literal["zone", "partner_code", "product_code", "segment", "month"], Field(description="The grouping")
    ]
    unit: Annotated[str, Field(description="pieces, or the currency")]
    total: ComparedGroupBody


def collection_body(row: Row, standing: Mapping[str, int]) -> CollectionBody:
    names = CollectionBody.model_fields.keys() - {"template_revision", "first_month", "standings"}
    return CollectionBody(
        **{name: getattr(row, name) for name in names},
        template_revision=row.revision,
        first_month=f"{row.first_month:%Y-%m}",
        standings={parts.SubmissionState(name): count for name, count in standing.items()},
    )


def respondent_body(row: Row, path: str) -> RespondentBody:
    names = RespondentBody.model_fields.keys() - {"workbook_path"}
    return RespondentBody(**{name: getattr(row, name) for name in names}, workbook_path=path)


def consolidated_body(row: Row) -> ConsolidatedRowBody:
    return ConsolidatedRowBody(
        respondent_id=row.respondent_id,
        respondent=row.name,
        partner_code=row.partner_code,
        zone=row.zone,
        submission_id=row.id,
        version=row.version,
        position=row.position,
        cells=row.cells,
    )


def compared_body(
    name: str | None, figures: Mapping[str, Decimal | None], decimals: int
) -> ComparedGroupBody:
    """Amounts are in minor units inside: 125050 is 1250.50 where `decimals` is two."""
    actual, over = figures["actual"], figures["figure_over"]
    accuracy = parts.accuracy(figures["error"], actual)
    naive = parts.accuracy(figures["naive_error"], actual)
    return ComparedGroupBody(
        name=name,
        figure=_plain(figures["figure"] or Decimal(0), decimals),
        before=_shown(figures["before"], decimals),
        actual=_shown(actual, decimals),
        figure_over=_shown(over, decimals),
        gap=None if actual is None or over is None else _plain(actual - over, decimals),
        accuracy=_share(accuracy),
        naive_accuracy=_share(naive),
        value_added=None if accuracy is None or naive is None else _share(accuracy - naive),
    )


def _shown(figure: Decimal | None, decimals: int) -> str | None:
    return None if figure is None else _plain(figure, decimals)


def _plain(figure: Decimal, decimals: int) -> str:
    if decimals:
        return f"{Decimal(figure).scaleb(-decimals):.{decimals}f}"
    text = f"{figure:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _share(share: Decimal | None) -> str | None:
    return None if share is None else f"{share:.4f}"
