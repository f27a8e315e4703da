"""Bodies of order boards."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.partners.adapters.board_store import PublishedBoard
from services.partners.adapters.order_queries import Row
from services.partners.adapters.published_orders import quantity_text
from services.partners.api.schemas_orders import Quantity
from services.partners.domain.order import HoldKind, OrderState
from services.partners.domain.order_board import AgeBucket, BoardHold, BoardLine, OrderBoard, UnlinedOrder
from services.partners.domain.order_lift import Lifter
from services.partners.domain.terms import PaymentNeeded, PaymentReason
from shared.wire import MoneyBody, WireModel, money


class BoardPartnerBody(WireModel):
    """Whose board it is."""

    code: str
    name: str
    city: str | None
    zone: str


class OpenLineBody(WireModel):
    """A line of which something is still to be sent."""

    partner_code: str
    partner_name: str
    zone: str
    order_number: str
    line_number: int
    customer_reference: str | None
    product_code: str
    description: str
    ordered_on: date
    requested_on: date | None
    promised_on: date | None
    quantity: Quantity
    cancelled: Quantity
    allocated: Quantity
    dispatched: Quantity
    open_quantity: Quantity
    unit_value: MoneyBody
    open: Annotated[MoneyBody, Field(description="What is still to be sent, without tax")]
    ready: Annotated[MoneyBody, Field(description="What is set aside and not sent, with tax")]
    state: OrderState
    age_days: Annotated[int, Field(ge=0, description="Days since the order")]
    promise_days: Annotated[
        int | None, Field(description="Days the promise is late; negative: days to go; null: no promise")
    ]
    is_held: Annotated[bool, Field(description="Whether something stops it")]


class BoardHoldBody(WireModel):
    """What stops a line, an order or, without an order, everything of the partner; and what lifts it."""

    order_number: str | None
    line_number: int | None
    kind: HoldKind
    since_on: date | None
    note: str | None
    lifted_by: Annotated[Lifter, Field(description="Who has to act")]
    action: Annotated[str, Field(description="What would lift it")]
    amount: Annotated[MoneyBody | None, Field(description="What has to be paid, where it is a payment")]


class AgeBucketBody(WireModel):
    """Open lines by days; both bounds null: lines without a promise."""

    from_days: int | None
    to_days: int | None
    lines: int
    open: MoneyBody


class StateTotalBody(WireModel):
    """Open lines in one state and currency."""

    state: OrderState
    lines: int
    open: MoneyBody
    ready: MoneyBody
    held: Annotated[MoneyBody, Field(description="The part of `open` that something stops")]


class PromiseChangeBody(WireModel):
    """A promise that differs from the board published last."""

    order_number: str
    line_number: int
    product_code: str
    was_on: date | None
    now_on: date | None
    days: Annotated[int | None, Field(description="Later by so many days; negative: earlier")]


class PaymentNeededBody(WireModel):
    """What has to be paid so that everything that is ready may leave."""

    needed: MoneyBody
    reason: PaymentReason
    ready: Annotated[MoneyBody, Field(description="What stands ready, with tax")]
    open: Annotated[MoneyBody, Field(description="Invoices that are not paid")]
    overdue: MoneyBody
    advances: MoneyBody
    credit_notes: MoneyBody
    credit_limit: Annotated[MoneyBody | None, Field(description="Null: no limit in this currency")]


class UnlinedOrderBody(WireModel):
    """An order that only the CRM has told: without lines yet."""

    order_number: str
    ordered_on: date | None
    stated: MoneyBody | None
    crm_status: str


class OrderBoardBody(WireModel):
    """The order board of a partner as of one instant."""

    partner: BoardPartnerBody
    as_of: datetime
    day: Annotated[date, Field(description="The business day that days are counted to")]
    compared_with: Annotated[
        int | None, Field(description="Number of the published board that promises are compared with")
    ]
    orders: Annotated[int, Field(description="How many orders have something open")]
    lines: list[OpenLineBody]
    unlined: list[UnlinedOrderBody]
    holds: list[BoardHoldBody]
    by_order_age: Annotated[list[AgeBucketBody], Field(description="By days since the order")]
    by_promise: Annotated[list[AgeBucketBody], Field(description="By days that the promise is late")]
    by_state: list[StateTotalBody]
    promise_changes: list[PromiseChangeBody]
    payments: Annotated[list[PaymentNeededBody], Field(description="One per currency")]


class BoardSummaryBody(WireModel):
    """A partner's board in one line; one row per currency."""

    partner_code: str
    partner_name: str
    zone: str
    currency: str
    lines: int
    open: MoneyBody
    ready: MoneyBody
    held: MoneyBody
    late: Annotated[MoneyBody, Field(description="The part of `open` whose promise is broken")]
    needed: Annotated[MoneyBody, Field(description="To be paid before everything ready may leave")]
    reason: PaymentReason
    promise_changes: Annotated[int, Field(description="Since the board published last")]


class PublicationBody(WireModel):
    """A board that was frozen."""

    id: UUID
    partner_code: str
    number: Annotated[int, Field(description="Counts the partner's boards from 1")]
    published_at: datetime
    published_by: str
    content_sha256: Annotated[str, Field(description="SHA-256 of the frozen content")]


class PublishedBoardBody(PublicationBody):
    """A board that was frozen, with its content."""

    board: OrderBoardBody


def order_board_body(board: OrderBoard) -> OrderBoardBody:
    """The reply for one board."""
    partner = board.partner
    return OrderBoardBody(
        partner=BoardPartnerBody(code=partner.code, name=partner.name, city=partner.city, zone=partner.zone),
        as_of=board.as_of,
        day=board.day,
        compared_with=board.compared_with,
        orders=board.orders,
        lines=[_line_body(board, line) for line in board.lines],
        unlined=[_unlined_body(one) for one in board.unlined],
        holds=[_hold_body(one) for one in board.holds],
        by_order_age=[_bucket_body(one) for one in board.by_order_age],
        by_promise=[_bucket_body(one) for one in board.by_promise],
        by_state=[
            StateTotalBody(
                state=one.state,
                lines=one.lines,
                open=money(one.open_minor, one.currency),
                ready=money(one.ready_minor, one.currency),
                held=money(one.held_minor, one.currency),
            )
            for one in board.by_state
        ],
        promise_changes=[
            PromiseChangeBody(
                order_number=one.order_number,
                line_number=one.line_number,
                product_code=one.product_code,
                was_on=one.was_on,
                now_on=one.now_on,
                days=one.days,
            )
            for one in board.promise_changes
        ],
        payments=[_payment_body(one) for one in board.payments],
    )


def summary_bodies(board: OrderBoard) -> list[BoardSummaryBody]:
    """One per currency."""
    return [_summary_body(board, one) for one in board.payments]


def published_board_body(published: PublishedBoard) -> PublishedBoardBody:
    """The reply for one published board."""
    return PublishedBoardBody(
        id=published.id,
        partner_code=published.board.partner.code,
        number=published.number,
        published_at=published.published_at,
        published_by=published.published_by,
        content_sha256=published.content_sha256,
        board=order_board_body(published.board),
    )


def publication_body(row: Row) -> PublicationBody:
    """One line of the list of published boards."""
    return PublicationBody(
        id=row.id,
        partner_code=row.partner_code,
        number=row.number,
        published_at=row.as_of,
        published_by=row.published_by,
        content_sha256=row.content_sha256,
    )


def open_line_body(row: Row, day: date) -> OpenLineBody:
    """One open line of a list; `day` is what days are counted to."""
    return OpenLineBody(
        partner_code=row.partner_code,
        partner_name=row.partner_name,
        zone=row.zone,
        order_number=row.order_number,
        line_number=row.line_number,
        customer_reference=row.customer_reference,
        product_code=row.product_code,
        description=row.description,
        ordered_on=row.ordered_on,
        requested_on=row.requested_on,
        promised_on=row.promised_on,
        quantity=quantity_text(row.quantity),
        cancelled=quantity_text(row.cancelled),
        allocated=quantity_text(row.allocated),
        dispatched=quantity_text(row.dispatched),
        open_quantity=quantity_text(row.open_quantity),
        unit_value=money(row.unit_value_minor, row.currency),
        open=money(row.open_minor, row.currency),
        ready=money(row.ready_minor, row.currency),
        state=row.state,
        age_days=max(0, (day - row.ordered_on).days),
        promise_days=(day - row.promised_on).days if row.promised_on else None,
        is_held=row.is_held,
    )


def _line_body(board: OrderBoard, line: BoardLine) -> OpenLineBody:
    return OpenLineBody(
        partner_code=board.partner.code,
        partner_name=board.partner.name,
        zone=board.partner.zone,
        order_number=line.order_number,
        line_number=line.line_number,
        customer_reference=line.customer_reference,
        product_code=line.product_code,
        description=line.description,
        ordered_on=line.ordered_on,
        requested_on=line.requested_on,
        promised_on=line.promised_on,
        quantity=quantity_text(line.quantity),
        cancelled=quantity_text(line.cancelled),
        allocated=quantity_text(line.allocated),
        dispatched=quantity_text(line.dispatched),
        open_quantity=quantity_text(line.open_quantity),
        unit_value=money(line.unit_value_minor, line.currency),
        open=money(line.open_minor, line.currency),
        ready=money(line.ready_minor, line.currency),
        state=line.state,
        age_days=line.age_days,
        promise_days=line.promise_days,
        is_held=bool(line.holds),
    )


def _hold_body(hold: BoardHold) -> BoardHoldBody:
    lift = hold.lift
    return BoardHoldBody(
        order_number=hold.order_number,
        line_number=hold.line_number,
        kind=hold.kind,
        since_on=hold.since_on,
        note=hold.note,
        lifted_by=lift.by,
        action=lift.action,
        amount=money(lift.amount_minor, lift.currency) if lift.amount_minor and lift.currency else None,
    )


def _bucket_body(bucket: AgeBucket) -> AgeBucketBody:
    return AgeBucketBody(
        from_days=bucket.from_days,
        to_days=bucket.to_days,
        lines=bucket.lines,
        open=money(bucket.open_minor, bucket.currency),
    )


def _unlined_body(order: UnlinedOrder) -> UnlinedOrderBody:
    stated = None if order.stated_minor is None else money(order.stated_minor, order.currency)
    return UnlinedOrderBody(
        order_number=order.order_number,
        ordered_on=order.ordered_on,
        stated=stated,
        crm_status=order.crm_status,
    )


def _payment_body(payment: PaymentNeeded) -> PaymentNeededBody:
    limit = payment.credit_limit_minor
    return PaymentNeededBody(
        needed=money(payment.needed_minor, payment.currency),
        reason=payment.reason,
        ready=money(payment.ready_minor, payment.currency),
        open=money(payment.open_minor, payment.currency),
        overdue=money(payment.overdue_minor, payment.currency),
        advances=money(payment.advances_minor, payment.currency),
        credit_notes=money(payment.credit_notes_minor, payment.currency),
        credit_limit=None if limit is None else money(limit, payment.currency),
    )


def _summary_body(board: OrderBoard, payment: PaymentNeeded) -> BoardSummaryBody:
    lines = [line for line in board.lines if line.currency == payment.currency]
    totals = [one for one in board.by_state if one.currency == payment.currency]
    late = [line for line in lines if (line.promise_days or 0) > 0]
    return BoardSummaryBody(
        partner_code=board.partner.code,
        partner_name=board.partner.name,
        zone=board.partner.zone,
        currency=payment.currency,
        lines=len(lines),
        open=money(sum(one.open_minor for one in totals), payment.currency),
        ready=money(payment.ready_minor, payment.currency),
        held=money(sum(one.held_minor for one in totals), payment.currency),
        late=money(sum(line.open_minor for line in late), payment.currency),
        needed=money(payment.needed_minor, payment.currency),
        reason=payment.reason,
        promise_changes=len(board.promise_changes),
    )
