"""Bodies of pages and files of the web that are asked for as evidence."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.research.adapters.assignments import Row
from services.research.domain.web_page import FetchProblem, FetchState
from shared.webhooks.target import URL_LENGTH_MAX
from shared.wire import WireModel


class FetchDraft(WireModel):
    """What is to be fetched."""

    url: Annotated[
        str,
        Field(
            min_length=8,
            max_length=URL_LENGTH_MAX,
            description="Of a page or file, on a host that the operator allows; a fragment is left out",
            examples=["https://www.example.com/prices.pdf"],
        ),
    ]


class ResearchFetchBody(WireModel):
    """A page or file that was asked for, and what became of it."""

    id: Annotated[UUID, Field(description="Its id")]
    assignment_id: Annotated[UUID, Field(description="The assignment it is for")]
    url: Annotated[str, Field(description="What was asked for")]
    state: Annotated[
        FetchState,
        Field(description="Unchanged: the copy that is kept already is still what is there"),
    ]
    problem: Annotated[FetchProblem | None, Field(description="Why nothing was taken in")]
    problem_detail: Annotated[str | None, Field(description="The same in words")]
    final_url: Annotated[
        str | None, Field(description="Where redirects led; the last that was allowed to be asked")
    ]
    http_status: Annotated[int | None, Field(description="Of the last reply", examples=[200])]
    etag: Annotated[str | None, Field(description="As its server named this version")]
    last_modified: Annotated[str | None, Field(description="As its server wrote it")]
    content_type: Annotated[str | None, Field(description="What its server called it")]
    title: Annotated[str, Field(description="Of a page; empty where it has none")]
    file_id: Annotated[UUID | None, Field(description="The copy, a file of the assignment")]
    job_id: Annotated[UUID, Field(description="The job that fetches it")]
    asked_by: Annotated[str, Field(description="By the token's subject")]
    asked_at: Annotated[datetime, Field(description="UTC")]
    settled_at: Annotated[datetime | None, Field(description="UTC; null while it is queued")]


def fetch_body(row: Row) -> ResearchFetchBody:
    return ResearchFetchBody(**{name: getattr(row, name) for name in ResearchFetchBody.model_fields})
