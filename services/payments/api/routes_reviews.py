"""What people decide about waiting lines: one at a time or a page of the work list at once."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response

from services.payments.api.dependencies import Work
from services.payments.api.posting import posting_of
from services.payments.api.routes_bank_lines import evidence_of
from services.payments.api.schemas_bank_lines import BankLineBody
from services.payments.api.schemas_reviews import ReviewDraft, SuggestionReviewsDraft
from services.payments.application.redecide_lines import REDECISION_TASK
from services.payments.application.review_lines import ReviewVerdict, review_lines
from services.payments.domain.errors import (
    ChoiceUnknown,
    DeductionUnknown,
    ItemNotPayable,
    ItemSettled,
    LineDecided,
    NotACredit,
    PartnerUnknown,
    RateUnknown,
    ReceiptTaken,
    SharesDiffer,
)
from shared.bulk import BatchReply, ItemVerdict, refused
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.errors import NotFound, PreconditionMissing, Stale
from shared.idempotency import Attempt, IdempotencyKey, KeyReused, StillRunning, once
from shared.identity import CurrentCaller
from shared.jobs import enqueue
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.wire import WireModel

router = APIRouter(prefix="/v1", tags=["Suggestions"])


@router.post(
    "/bank-lines/{bank_line_id}/review",
    response_model=BankLineBody,
    summary="Accept, correct or reject what a line is thought to be",
    responses=refusals(
        NotFound, Stale, PreconditionMissing, LineDecided, NotACredit, ItemSettled, ReceiptTaken, ChoiceUnknown,
        SharesDiffer, PartnerUnknown, ItemNotPayable, DeductionUnknown, RateUnknown, KeyReused, StillRunning,
    ),
)  # fmt: skip
async def review_bank_line(
    bank_line_id: UUID,
    draft: Annotated[ReviewDraft, Body()],
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """One call books the receipt, keeps who decided it and why, ends its exceptions and stops its clock.

    When its invoices were settled meanwhile, the reply is 409 with what is open of each now.
    """

    async def perform() -> Response:
        review = draft.review(bank_line_id, wanted_revision(if_match))
        (verdict,) = await review_lines(work, [review], posting_of(caller))
        if verdict.refusal is not None:
            raise verdict.refusal
        body = await evidence_of(work.connection, bank_line_id)
        return as_reply(body, headers=revision_etag(body.revision))

    return await done_once(work, (caller, key, f"/v1/bank-lines/{bank_line_id}/review"), draft, perform)


@router.post(
    "/suggestions/acceptance",
    response_model=BatchReply,
    summary="Review up to 500 waiting lines",
    responses=refusals(KeyReused, StillRunning),
)
async def review_suggestions(
    draft: SuggestionReviewsDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Accepts the first choice of each unless it says otherwise. One verdict per line in order; `id` is its receipt."""

    async def perform() -> Response:
        reviews = [one.review.review(one.bank_line_id, one.revision) for one in draft.items]
        verdicts = await review_lines(work, reviews, posting_of(caller))
        return as_reply(BatchReply.of([_item(place, one) for place, one in enumerate(verdicts)]))

    return await done_once(work, (caller, key, "/v1/suggestions/acceptance"), draft, perform)


def _item(index: int, verdict: ReviewVerdict) -> ItemVerdict:
    line = str(verdict.bank_line_id)
    if verdict.refusal is not None:
        return refused(index, line, verdict.refusal)
    return ItemVerdict(index=index, status="accepted", id=verdict.receipt_id, key=line)


class RedecisionBody(WireModel):
    """The job that weighs every waiting line again."""

    job_id: UUID
    job_url: str


@router.post(
    "/bank-lines/redecision",
    status_code=202,
    response_model=RedecisionBody,
    summary="Decide all waiting lines again",
    responses=refusals(KeyReused, StillRunning),
)
async def redecide_bank_lines(work: Work, caller: CurrentCaller, key: IdempotencyKey = None) -> Response:
    """Nobody has to: invoices, partners, aliases, reviews and reversals cause it by themselves within seconds."""
    path = "/v1/bank-lines/redecision"

    async def perform() -> Response:
        job_id = await enqueue(
            work.connection, REDECISION_TASK, {}, created_by=caller.actor, lock=REDECISION_TASK
        )
        body = RedecisionBody(job_id=job_id, job_url=f"/v1/jobs/{job_id}")
        return as_reply(body, 202, {"Location": body.job_url})

    attempt = Attempt(caller.subject, key, f"POST {path}\n".encode()) if key else None
    return await once(work.connection, attempt, perform)
