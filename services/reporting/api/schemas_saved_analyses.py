"""Bodies of analyses that are made again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, ValidationError, model_validator

from services.reporting.adapters.analysis_store import Row
from services.reporting.adapters.saved_analysis_store import SavedAnalysis
from services.reporting.api.schemas_analyses import AnalysisDraft, VarianceDraft
from services.reporting.api.schemas_bundling import BundlingDraft
from services.reporting.api.schemas_costing import BillOfMaterialsDraft, LandedCostDraft, MarginWaterfallDraft
from services.reporting.api.schemas_forecasts import ProjectionDraft
from services.reporting.api.schemas_report_subscriptions import InsideRecipientBody
from services.reporting.domain.analysis import AnalysisKind
from services.reporting.domain.analysis_letter import RECIPIENTS_MAX, LetterCondition
from services.reporting.domain.recipient import Recipient
from shared.wire import WireModel

DRAFTS: Final[Mapping[AnalysisKind, type[AnalysisDraft]]] = {
    AnalysisKind.VARIANCE: VarianceDraft,
    AnalysisKind.BILL_OF_MATERIALS: BillOfMaterialsDraft,
    AnalysisKind.LANDED_COST: LandedCostDraft,
    AnalysisKind.MARGIN_WATERFALL: MarginWaterfallDraft,
    AnalysisKind.PROJECTION: ProjectionDraft,
    AnalysisKind.BUNDLING: BundlingDraft,
}


class SavedAnalysisDraft(WireModel):
    """What is to be analysed again and again."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "name": "Month against plan",
                    "kind": "variance",
                    "table_name": "October",
                    "options": {"keys": ["product_code"], "hierarchy": ["zone"]},
                    "cron": "0 7 * * MON",
                    "recipients": [{"name": "Meera Joshi", "address": "meera.joshi@salesops.invalid"}],
                    "condition": "when_changed",
                }
            ]
        },
    )

    name: Annotated[str, Field(min_length=3, max_length=120, examples=["Month against plan"])]
    kind: AnalysisKind
    table_name: Annotated[
        str,
        Field(min_length=1, max_length=120, description="Rows told under this name", examples=["October"]),
    ]
    options: Annotated[
        dict[str, Any],
        Field(
            default_factory=dict,
            description="The fields of the request of this kind, without title and rows",
            examples=[{"keys": ["product_code"], "hierarchy": ["zone"]}],
        ),
    ]
    zone: Annotated[
        str | None, Field(max_length=200, description="Of which zone; its people see the answers")
    ] = None
    partner_code: Annotated[str | None, Field(max_length=40, description="Of which partner")] = None
    runs_on_new_rows: Annotated[
        bool, Field(description="Whether it is made again whenever rows of the name are told")
    ] = True
    cron: Annotated[
        str | None,
        Field(
            max_length=120,
            description="When it is made by itself: minute hour day month weekday; null: never",
            examples=["0 7 * * MON"],
        ),
    ] = None
    time_zone: Annotated[str, Field(max_length=60, description="Of `cron`, by its IANA name")] = (
        "Asia/Kolkata"
    )
    recipients: Annotated[
        list[InsideRecipientBody],
        Field(
            max_length=RECIPIENTS_MAX,
            description="People of the house, who get a letter each time the clock made it; needs `cron`",
            default_factory=list,
        ),
    ]
    condition: Annotated[
        LetterCondition,
        Field(
            description="Whether letters go always, or when figures, tables or notes are not those of the due instant"
            " before"
        ),
    ] = LetterCondition.ALWAYS

    @model_validator(mode="after")
    def _options_are_of_the_kind(self) -> Self:
        try:
            self._asked()
        except ValidationError as error:
            wrong = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
            raise ValueError(f"options: {'; '.join(wrong)}") from error
        return self

    def saved(self) -> SavedAnalysis:
        """With its options' defaults written out: a later default does not change what was saved."""
        people = {one.address.lower(): one for one in self.recipients}
        return SavedAnalysis(
            name=self.name,
            kind=self.kind,
            table_name=self.table_name,
            options=self._asked().options(),
            zone=self.zone,
            partner_code=self.partner_code,
            runs_on_new_rows=self.runs_on_new_rows,
            cron=self.cron,
            time_zone=self.time_zone,
            recipients=tuple(Recipient(name=one.name, address=one.address) for one in people.values()),
            condition=self.condition,
        )

    def _asked(self) -> AnalysisDraft:
        return DRAFTS[self.kind].model_validate({"title": self.name, **self.options})


class SavedAnalysisBody(WireModel):
    """What is analysed again and again, as its newest version says."""

    id: UUID
    revision: int
    name: str
    kind: AnalysisKind
    table_name: Annotated[str, Field(description="Rows told under this name")]
    options: Annotated[dict[str, Any], Field(description="What is asked, defaults written out")]
    zone: str | None
    partner_code: str | None
    runs_on_new_rows: Annotated[bool, Field(description="Whether new rows make it again")]
    cron: Annotated[str | None, Field(description="When it is made by itself; null: never")]
    time_zone: Annotated[str, Field(description="Of `cron`")]
    next_due_at: Annotated[datetime | None, Field(description="When the clock makes it next; UTC")]
    recipients: Annotated[list[InsideRecipientBody], Field(description="Who gets a letter by the clock")]
    condition: Annotated[LetterCondition, Field(description="When letters go")]
    kept_at: Annotated[datetime, Field(description="When this version was saved; UTC")]
    kept_by: Annotated[str, Field(description="Who saved this version, by the token's subject")]


class SavedAnalysisInstantBody(WireModel):
    """A due instant of a saved analysis, and what became of it."""

    due_at: Annotated[datetime, Field(description="When it was due; UTC")]
    revision: Annotated[int, Field(description="The version that held")]
    outcome: Annotated[
        Literal["made", "unchanged", "refused", "skipped"],
        Field(description="`unchanged`: the same rows by the same version; `skipped`: overtaken in downtime"),
    ]
    analysis_id: Annotated[UUID | None, Field(description="The analysis that counts, at /v1/analyses")]
    refusal: Annotated[str | None, Field(description="Why it could not be made")]
    settled_at: Annotated[datetime, Field(description="UTC")]


def instant_body(row: Row) -> SavedAnalysisInstantBody:
    names = SavedAnalysisInstantBody.model_fields
    return SavedAnalysisInstantBody.model_validate({name: getattr(row, name) for name in names})


def saved_body(row: Row) -> SavedAnalysisBody:
    """The newest version."""
    return SavedAnalysisBody.model_validate(
        {name: getattr(row, name) for name in SavedAnalysisBody.model_fields}
    )
