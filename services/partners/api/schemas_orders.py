"""Bodies of orders."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.partners.adapters.order_queries import OrderShown, Row
from services.partners.adapters.published_orders import quantity_text
from services.partners.application.record_orders import OrderOutcome, OrderVerdict, ToldOrder
from services.partners.domain.order import Dispatch, Hold, HoldKind, Order, OrderLine, OrderState, Stamp
from shared.bulk import BatchReply, ItemVerdict
from shared.money import minor_from_text
from shared.wire import Day, Instant, MoneyBody, WireModel, money

_TEXT: Final = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_QUANTITY: Final = r"^\d{1,9}(\.\d{1,3})?$"
Text = Annotated[str, Field(max_length=200, pattern=_TEXT)]
Quantity = Annotated[
    str, Field(pattern=_QUANTITY, description="Decimal text, at most 3 digits", examples=["4"])
]
NOTHING: Final = "0"
OrderNumber = Annotated[
    str,
    Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$", examples=["SO-26-001842"]),
]


class DispatchBody(WireModel):
    """Goods of a line that left."""

    quantity: Annotated[Quantity, Field(description="How many left")]
    dispatched_on: Day
    transporter: Annotated[Text | None, Field(description="Who carries them", examples=["VRL Logistics"])] = (
        None
    )
    lr_number: Annotated[
        Text | None, Field(description="Lorry receipt of the transporter", examples=["LR-559201"])
    ] = None
    invoice_number: Annotated[Text | None, Field(examples=["INV/26-27/004000"])] = None

    def dispatch(self) -> Dispatch:
        return Dispatch(**(self.model_dump() | {"quantity": Decimal(self.quantity)}))


class HoldDraft(WireModel):
    """Something that stops the order, or one of its lines."""

    kind: HoldKind
    since_on: Day
    note: Annotated[Text | None, Field(description="Why, in words")] = None
    line_number: Annotated[
        int | None, Field(ge=1, le=9999, description="The line it stops; null: the whole order")
    ] = None

    def hold(self) -> Hold:
        return Hold(**self.model_dump())


class OrderLineDraft(WireModel):
    """One product: dispatched <= allocated <= quantity - cancelled."""

    line_number: Annotated[int, Field(ge=1, le=9999, examples=[10])]
    product_code: Annotated[Text, Field(min_length=1, examples=["GEN-62"])]
    description: Annotated[Text, Field(examples=["Diesel generator 62.5 kVA"])] = ""
    quantity: Quantity
    unit_value: Annotated[
        str, Field(pattern=r"^\d{1,13}(\.\d{1,4})?$", description="Without tax", examples=["412500.00"])
    ]
    tax_percent: Annotated[
        str,
        Field(
            pattern=r"^\d{1,2}(\.\d{1,2})?$",
            description="GST rate, for what a dispatch will cost",
            examples=["18"],
        ),
    ] = NOTHING
    requested_on: Annotated[Day | None, Field(description="When the partner wants it")] = None
    promised_on: Annotated[Day | None, Field(description="When we said it leaves")] = None
    allocated: Annotated[Quantity, Field(description="Set aside, what was dispatched included")] = NOTHING
    cancelled: Annotated[Quantity, Field(description="No longer wanted, of `quantity`")] = NOTHING
    dispatches: Annotated[list[DispatchBody], Field(max_length=50)] = Field(default_factory=list)

    def line(self, currency: str) -> OrderLine:
        """The domain's line; OrderInvalid when quantities contradict each other, MoneyError for too many digits."""
        return OrderLine(
            number=self.line_number,
            product_code=self.product_code,
            description=self.description,
            quantity=Decimal(self.quantity),
            unit_value_minor=minor_from_text(self.unit_value, currency),
            tax_percent=Decimal(self.tax_percent),
            requested_on=self.requested_on,
            promised_on=self.promised_on,
            allocated=Decimal(self.allocated),
            cancelled=Decimal(self.cancelled),
            dispatches=tuple(one.dispatch() for one in self.dispatches),
        )


class OrderContent(WireModel):
    """An order as its source has it now, told whole."""

    partner_code: Annotated[str, Field(min_length=1, max_length=32)]
    ordered_on: Day
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["INR"])] = "INR"
    customer_reference: Annotated[
        Text | None, Field(description="The partner's own number of the order", examples=["PO/118"])
    ] = None
    source: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$", description="The system that tells it", examples=["sap"]
        ),
    ] = "api"
    modified_at: Annotated[
        Instant, Field(description="When the source changed it; of two tellings the later counts")
    ]
    source_version: Annotated[
        int, Field(ge=0, le=2**53, description="Of one instant the higher counts", examples=[3])
    ] = 0
    lines: Annotated[list[OrderLineDraft], Field(min_length=1, max_length=200)]
    holds: Annotated[list[HoldDraft], Field(max_length=100)] = Field(default_factory=list)

    def told(self, number: str) -> ToldOrder:
        """The domain's telling; OrderInvalid when lines or holds contradict each other."""
        order = Order(
            number=number,
            partner_code=self.partner_code,
            ordered_on=self.ordered_on,
            currency=self.currency,
            lines=tuple(line.line(self.currency) for line in self.lines),
            holds=tuple(hold.hold() for hold in self.holds),
            customer_reference=self.customer_reference,
        )
        return ToldOrder(order=order, stamp=Stamp(self.modified_at, self.source_version), source=self.source)


class OrderDraft(OrderContent):
    """One order of a batch."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "order_number": "SO-26-001842",
                    "partner_code": "CP0001",
                    "ordered_on": "2026-10-12",
                    "source": "sap",
                    "modified_at": "2026-10-20T09:30:00Z",
                    "lines": [
                        {
                            "line_number": 10,
                            "product_code": "GEN-62",
                            "description": "Diesel generator 62.5 kVA",
                            "quantity": "4",
                            "unit_value": "412500.00",
                            "tax_percent": "18",
                            "promised_on": "2026-11-20",
                            "allocated": "2",
                        }
                    ],
                }
            ]
        }
    )
    order_number: OrderNumber


class OrderVerdictBody(ItemVerdict):
    """What became of one order: accepted when it is new or changed, duplicate when nothing changed."""

    outcome: Annotated[
        OrderOutcome | None,
        Field(
            description="`late`: an earlier state than the one that counts, kept in the history; null when refused"
        ),
    ] = None
    version: int | None = None
    rows: list[int] = Field(
        default_factory=list,
        description="Rows of the file that told it, the header being row 1; empty for JSON",
    )


class OrderBatchReply(BaseModel):
    """Counts and one verdict per order, in the order of their first appearance."""

    accepted: int
    duplicate: int
    refused: int
    items: list[OrderVerdictBody]
    import_id: Annotated[UUID | None, Field(description="Under /v1/partner-imports")] = None


class OrderLineBody(WireModel):
    """One product of an order; quantity = cancelled + dispatched + open."""

    line_number: int
    product_code: str
    description: str
    state: OrderState
    quantity: Quantity
    cancelled: Quantity
    allocated: Quantity
    dispatched: Quantity
    open_quantity: Quantity
    unit_value: MoneyBody
    tax_percent: str
    value: Annotated[MoneyBody, Field(description="What is wanted, without tax")]
    open: Annotated[MoneyBody, Field(description="What is still to be sent, without tax")]
    requested_on: date | None
    promised_on: date | None
    dispatches: list[DispatchBody]


class OrderSummaryBody(WireModel):
    """An order as it is now, without its lines."""

    id: UUID
    order_number: str
    partner_code: str
    zone: str
    customer_reference: str | None
    ordered_on: date
    state: OrderState
    is_held: Annotated[bool, Field(description="Whether the source says that something stops it")]
    value: Annotated[MoneyBody, Field(description="What is wanted, without tax")]
    open: Annotated[MoneyBody, Field(description="What is still to be sent, without tax")]
    source: str
    modified_at: datetime
    version: Annotated[int, Field(description="Grows by one with every change")]


class CrmOrderBody(WireModel):
    """What the CRM says of the order."""

    status: str
    stated: Annotated[MoneyBody | None, Field(description="Its value in the CRM")]
    changed_at: datetime


class OrderBody(OrderSummaryBody):
    """An order with its lines, its holds and what the CRM says of it."""

    lines: list[OrderLineBody]
    holds: list[HoldDraft]
    crm: CrmOrderBody | None


class OrderVersionBody(WireModel):
    """One telling: who told what, from where, when. Without a version it came late and changed nothing."""

    id: UUID
    version: int | None
    source: str
    modified_at: datetime
    source_version: int
    told_at: datetime
    told_by: str
    state: OrderState
    value: MoneyBody
    lines: list[OrderLineBody]
    holds: list[HoldDraft]


def verdict_body(index: int, number: str, verdict: OrderVerdict, rows: list[int]) -> OrderVerdictBody:
    """The verdict on an order that was understood."""
    is_news = verdict.outcome in (OrderOutcome.RECORDED, OrderOutcome.CHANGED)
    status: Literal["accepted", "duplicate"] = "accepted" if is_news else "duplicate"
    return OrderVerdictBody(
        index=index,
        status=status,
        id=verdict.order_id,
        key=number,
        outcome=verdict.outcome,
        version=verdict.version,
        rows=rows,
    )


def refused_order(item: ItemVerdict, rows: list[int]) -> OrderVerdictBody:
    """The verdict on an item that is no order."""
    return OrderVerdictBody(
        index=item.index, status=item.status, key=item.key, problem=item.problem, rows=rows
    )


def order_batch_reply(verdicts: list[OrderVerdictBody]) -> OrderBatchReply:
    """The verdicts with their counts."""
    counts = BatchReply.of(verdicts)
    return OrderBatchReply(
        accepted=counts.accepted, duplicate=counts.duplicate, refused=counts.refused, items=verdicts
    )


def order_summary_body(row: Row) -> OrderSummaryBody:
    """The reply for one order of a list."""
    return OrderSummaryBody(
        id=row.id,
        order_number=row.order_number,
        partner_code=row.partner_code,
        zone=row.zone,
        customer_reference=row.customer_reference,
        ordered_on=row.ordered_on,
        state=row.state,
        is_held=row.is_held,
        value=money(row.value_minor, row.currency),
        open=money(row.open_minor, row.currency),
        source=row.source,
        modified_at=row.modified_at,
        version=row.version,
    )


def order_body(shown: OrderShown) -> OrderBody:
    """The reply for one order."""
    crm = shown.crm
    return OrderBody(
        **order_summary_body(shown.row).model_dump(),
        lines=line_bodies(shown.order),
        holds=hold_bodies(shown.order),
        crm=CrmOrderBody(
            status=crm.status,
            stated=None if crm.stated_minor is None else money(crm.stated_minor, crm.currency),
            changed_at=crm.system_modstamp,
        )
        if crm
        else None,
    )


def version_body(row: Row, order: Order) -> OrderVersionBody:
    """The reply for one telling."""
    return OrderVersionBody(
        id=row.id,
        version=row.version,
        source=row.source,
        modified_at=row.modified_at,
        source_version=row.source_version,
        told_at=row.told_at,
        told_by=row.told_by,
        state=order.state,
        value=money(order.value_minor, order.currency),
        lines=line_bodies(order),
        holds=hold_bodies(order),
    )


def line_bodies(order: Order) -> list[OrderLineBody]:
    return [_line_body(line, order.currency) for line in order.lines]


def hold_bodies(order: Order) -> list[HoldDraft]:
    return [
        HoldDraft(kind=one.kind, since_on=one.since_on, note=one.note, line_number=one.line_number)
        for one in order.holds
    ]


def _line_body(line: OrderLine, currency: str) -> OrderLineBody:
    return OrderLineBody(
        line_number=line.number,
        product_code=line.product_code,
        description=line.description,
        state=line.state,
        quantity=quantity_text(line.quantity),
        cancelled=quantity_text(line.cancelled),
        allocated=quantity_text(line.allocated),
        dispatched=quantity_text(line.dispatched),
        open_quantity=quantity_text(line.open_quantity),
        unit_value=money(line.unit_value_minor, currency),
        tax_percent=quantity_text(line.tax_percent),
        value=money(line.value_minor, currency),
        open=money(line.open_minor, currency),
        requested_on=line.requested_on,
        promised_on=line.promised_on,
        dispatches=[
            DispatchBody(
                quantity=quantity_text(one.quantity),
                dispatched_on=one.dispatched_on,
                transporter=one.transporter,
                lr_number=one.lr_number,
                invoice_number=one.invoice_number,
            )
            for one in line.dispatches
        ],
    )
