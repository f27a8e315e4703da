"""What other parts hear about documents."""

from datetime import datetime

from services.partners.adapters.document_rows import AddedVersion, NewDocument
from services.partners.adapters.unit_of_work import UnitOfWork
from shared.events.documents import DocumentPublishedV1


def tell_published(
    work: UnitOfWork, new: NewDocument, added: AddedVersion, *, zone: str, at: datetime
) -> None:
    """A version that is new; its bytes are asked for at the API."""
    event = DocumentPublishedV1(
        document_id=added.id,
        kind=new.kind.value,
        partner_code=new.partner_code,
        zone=zone,
        title=new.title,
        number=new.number,
        from_on=new.period.first,
        to_on=new.period.last,
        version=added.version,
        supersedes_id=added.supersedes_id,
        published_at=at,
    )
    work.publish(event, partition_key=f"documents-{new.partner_code}", subject=str(added.id))
