"""Orders as they are, as they were told, and order boards as they were published."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.partners.adapters.orm.base import Record

_STATES: Final = "('open', 'partly_allocated', 'allocated', 'partly_dispatched', 'dispatched', 'cancelled')"
_QUANTITY: Final = Numeric(15, 3)


class OrderRecord(Record):
    """An order as it is now: its newest version."""

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint(f"state IN {_STATES}", name="state_known"),
        CheckConstraint("open_minor BETWEEN 0 AND value_minor", name="open_is_a_part"),
        Index("ix_orders_partner", "partner_code", "order_number"),
        Index(
            "ix_orders_open",
            "partner_code",
            postgresql_where=text("state NOT IN ('dispatched', 'cancelled')"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_number: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int]
    partner_code: Mapped[str]
    ordered_on: Mapped[date]
    currency: Mapped[str]
    customer_reference: Mapped[str | None]
    state: Mapped[str]
    is_held: Mapped[bool]
    value_minor: Mapped[int]
    open_minor: Mapped[int]
    source: Mapped[str]
    modified_at: Mapped[datetime]
    source_version: Mapped[int]
    changed_at: Mapped[datetime]


class OrderLineRecord(Record):
    """A line of one version of an order. Append-only."""

    __tablename__ = "order_lines"
    __table_args__ = (
        CheckConstraint(f"state IN {_STATES}", name="state_known"),
        CheckConstraint(
            "0 <= dispatched AND dispatched <= allocated AND allocated <= quantity - cancelled"
            " AND 0 <= cancelled AND 0 < quantity",
            name="parts_nest",
        ),
        CheckConstraint(
            "unit_value_minor >= 0 AND open_minor >= 0 AND ready_minor >= 0", name="values_not_negative"
        ),
    )
    order_id: Mapped[UUID] = mapped_column(
        ForeignKey("orders.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True)
    line_number: Mapped[int] = mapped_column(primary_key=True)
    product_code: Mapped[str]
    description: Mapped[str]
    unit_value_minor: Mapped[int]
    requested_on: Mapped[date | None]
    promised_on: Mapped[date | None]
    quantity: Mapped[Decimal] = mapped_column(_QUANTITY)
    cancelled: Mapped[Decimal] = mapped_column(_QUANTITY)
    allocated: Mapped[Decimal] = mapped_column(_QUANTITY)
    dispatched: Mapped[Decimal] = mapped_column(_QUANTITY)
    open_minor: Mapped[int]
    ready_minor: Mapped[int]
    state: Mapped[str]


class OrderTellingRecord(Record):
    """What a source told of an order, when and by whom; without a version it came late and changed nothing."""

    __tablename__ = "order_tellings"
    __table_args__ = (UniqueConstraint("order_id", "version"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", deferrable=True, initially="DEFERRED"))
    version: Mapped[int | None]
    source: Mapped[str]
    modified_at: Mapped[datetime]
    source_version: Mapped[int]
    told_at: Mapped[datetime]
    told_by: Mapped[str]
    content: Mapped[dict[str, Any]]


class CrmOrderTellingRecord(Record):
    """What the CRM told of an order; of one record the latest stamp holds. Append-only."""

    __tablename__ = "crm_order_tellings"
    __table_args__ = (
        Index("ix_crm_order_tellings_number", "order_number"),
        Index("ix_crm_order_tellings_partner", "partner_code"),
    )
    organization_id: Mapped[str] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(primary_key=True)
    system_modstamp: Mapped[datetime] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    order_number: Mapped[str]
    partner_code: Mapped[str | None]
    status: Mapped[str]
    currency: Mapped[str]
    stated_minor: Mapped[int | None]
    ordered_on: Mapped[date | None]
    is_deleted: Mapped[bool]
    told_at: Mapped[datetime]


class PublishedBoardRecord(Record):
    """An order board as it was published: its bytes, and their hash. Append-only."""

    __tablename__ = "published_boards"
    __table_args__ = (
        UniqueConstraint("partner_code", "number"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("content_sha256 = encode(sha256(content), 'hex')", name="hash_of_content"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_code: Mapped[str]
    number: Mapped[int]
    as_of: Mapped[datetime]
    published_by: Mapped[str]
    content: Mapped[bytes]
    content_sha256: Mapped[str]
