"""Events of partners, of the CRM and of desks; name only what matters."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from shared.events.crm import OpportunityChangedV1
from shared.events.documents import DocumentAcknowledgedV1, DocumentDeliveredV1, DocumentPublishedV1
from shared.events.envelope import Envelope, Event, envelope_of
from shared.events.orders import OrderLineState, OrdersChangedV1, OrdersRecordedV1, OrderTold
from shared.events.partners import PartnersChangedV1, PartnersRegisteredV1, PartnerState, PartnerStatus
from shared.events.payment_queries import QueryAnsweredV1, QueryOpenedV1

MORNING = datetime(2026, 10, 5, 4, tzinfo=UTC)


def told(event: Event, *, at: datetime | None = None, sequence: int | None = None) -> Envelope[Event]:
    """The event in a new envelope, told at that instant."""
    envelope = envelope_of(event, subject="test", partition_key="test", sequence=sequence)
    return envelope if at is None else replace(envelope, time=at)


def partner_told(code: str, *, at: datetime | None = None, **facts: Any) -> Envelope[Event]:
    state = PartnerState(
        **{
            "code": code,
            "name": f"Partner {code}",
            "city": "Pune",
            "zone": "West",
            "gstin": None,
            "ifsc": None,
            "bank_account": None,
            "status": PartnerStatus.ACTIVE,
            "version": 1,
            **facts,
        }
    )
    event = PartnersRegisteredV1 if state.version == 1 else PartnersChangedV1
    return told(event(partners=(state,)), at=at)


def order_told(number: str, **facts: Any) -> Envelope[Event]:
    line = OrderLineState(
        number=1,
        product_code="ENG-6",
        quantity="2.5",
        cancelled="0",
        allocated="1",
        dispatched="0",
        state="partly_allocated",
        value_minor=500_00,
        open_minor=500_00,
        promised_on=date(2026, 10, 20),
    )
    order = OrderTold(
        **{
            "order_number": number,
            "partner_code": "CP1",
            "version": 1,
            "ordered_on": date(2026, 10, 2),
            "currency": "INR",
            "state": "partly_allocated",
            "is_held": False,
            "value_minor": 500_00,
            "open_minor": 500_00,
            "source": "test",
            "modified_at": MORNING,
            "lines": (line,),
            **facts,
        }
    )
    event = OrdersRecordedV1 if order.version == 1 else OrdersChangedV1
    return told(event(orders=(order,)))


def query_told(
    *, partner_code: str = "CP1", zone: str | None = "West", answered_after: timedelta | None = None
) -> Sequence[Envelope[Event]]:
    """A question with two days to answer it, and its answer if there is one."""
    query_id, due_at = uuid4(), MORNING + timedelta(days=2)
    asked = {
        "query_id": query_id,
        "number": f"PQ-{query_id.hex[:8]}",
        "partner_code": partner_code,
        "zone": zone,
        "category": "short_payment",
    }
    opened = told(
        QueryOpenedV1(**asked, subject="Where is it?", owner="c1", due_at=due_at),  # type: ignore[arg-type]
        at=MORNING,
    )
    if answered_after is None:
        return [opened]
    answered_at = MORNING + answered_after
    answer = QueryAnsweredV1(**asked, answered_at=answered_at, is_on_time=answered_at <= due_at)  # type: ignore[arg-type]
    return [opened, told(answer, at=answered_at)]


def document_told(*, partner_code: str = "CP1", kind: str = "payment_sheet") -> Sequence[Envelope[Event]]:
    """A document that was published, delivered an hour later and agreed to."""
    document_id: UUID = uuid4()
    about = {"document_id": document_id, "kind": kind, "partner_code": partner_code, "zone": "West"}
    published = DocumentPublishedV1(
        **about,  # type: ignore[arg-type]
        title="Payment sheet",
        number="PS-1",
        from_on=date(2026, 10, 1),
        to_on=date(2026, 10, 5),
        version=1,
        supersedes_id=None,
        published_at=MORNING,
    )
    delivered = DocumentDeliveredV1(
        **about,  # type: ignore[arg-type]
        delivery_id=uuid4(),
        channel="email",
        attempts=1,
        delivered_at=MORNING + timedelta(hours=1),
    )
    agreed = DocumentAcknowledgedV1(
        **about,  # type: ignore[arg-type]
        title="Payment sheet",
        acknowledged_by="partner",
        acknowledged_at=MORNING + timedelta(hours=5),
    )
    return [told(published), told(delivered), told(agreed)]


def opportunity_told(record_id: str, stage: str, *, sequence: int, **facts: Any) -> Envelope[Event]:
    opportunity = OpportunityChangedV1(
        **{
            "record_id": record_id,
            "organization_id": "00D000000000001",
            "system_modstamp": MORNING,
            "name": "Sixty engines",
            "stage": stage,
            "partner_code": "CP1",
            "zone": "West",
            "currency": "INR",
            "amount_minor": 900_000_00,
            "close_on": date(2026, 12, 31),
            "probability_percent": 60,
            "is_won": stage == "Won",
            **facts,
        }
    )
    return told(opportunity, sequence=sequence)
