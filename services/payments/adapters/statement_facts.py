"""Turns published statements into the events other services read."""

from services.payments.adapters.account_documents.labels import LABELS
from services.payments.adapters.queries.account_statements import PUBLISHED_SELECT
from services.payments.adapters.queries.listing import one_row
from services.payments.adapters.repositories import Row
from services.payments.adapters.unit_of_work import UnitOfWork
from shared.events.account_statements import StatementBalance, StatementPublishedV1


async def publish_statement_fact(work: UnitOfWork, statement_id: object) -> None:
    """Tell that the statement exists, with what its delivery needs and without its bytes."""
    row = await one_row(work.connection, PUBLISHED_SELECT, "s.id = :id", id=statement_id)
    assert row is not None
    work.publish(_fact(row), partition_key=f"statements:{row.partner_code}", subject=row.number)


def _fact(row: Row) -> StatementPublishedV1:
    sha256 = {one["format"]: one["sha256"] for one in row.files}
    return StatementPublishedV1(
        statement_id=row.id,
        number=row.number,
        partner_code=row.partner_code,
        zone=row.zone,
        kind=row.kind,
        title=LABELS[row.language][row.kind],
        language=row.language,
        from_on=row.from_on,
        to_on=row.to_on,
        pdf_sha256=sha256["pdf"],
        content_path=f"/v1/account-statements/{row.id}/content",
        balances=tuple(StatementBalance(one["currency"], one["closing"]) for one in row.balances),
        supersedes_id=row.supersedes_id,
        published_at=row.published_at,
    )
