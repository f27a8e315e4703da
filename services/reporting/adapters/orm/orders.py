"""Who partners are, what they ordered, and what may be ordered: partners, orders, opportunities."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Numeric
from sqlalchemy.orm import Mapped, mapped_column

from services.reporting.adapters.orm.base import FactRecord


class KnownPartnerRecord(FactRecord):
    """A partner as it is; the later version holds."""

    __tablename__ = "known_partners"
    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    city: Mapped[str | None]
    zone: Mapped[str]
    status: Mapped[str]
    merged_into: Mapped[str | None]


class KnownOrderRecord(FactRecord):
    """An order as it is; the later version holds."""

    __tablename__ = "known_orders"
    order_number: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    partner_code: Mapped[str]
    ordered_on: Mapped[date]
    currency: Mapped[str]
    state: Mapped[str]
    is_held: Mapped[bool]
    value_minor: Mapped[int]
    open_minor: Mapped[int]
    source: Mapped[str]
    modified_at: Mapped[datetime]


class ToldOrderLineRecord(FactRecord):
    """A line of one version of an order; those of the order's own version are its lines."""

    __tablename__ = "told_order_lines"
    order_number: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    product_code: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Numeric(15, 3))
    cancelled: Mapped[Decimal] = mapped_column(Numeric(15, 3))
    allocated: Mapped[Decimal] = mapped_column(Numeric(15, 3))
    dispatched: Mapped[Decimal] = mapped_column(Numeric(15, 3))
    state: Mapped[str]
    value_minor: Mapped[int]
    open_minor: Mapped[int]
    requested_on: Mapped[date | None]
    promised_on: Mapped[date | None]


class KnownOpportunityRecord(FactRecord):
    """An opportunity of the CRM as it is; the later stamp holds, within one the later sequence."""

    __tablename__ = "known_opportunities"
    organization_id: Mapped[str] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(primary_key=True)
    system_modstamp: Mapped[datetime]
    sequence: Mapped[int]
    name: Mapped[str]
    stage: Mapped[str]
    partner_code: Mapped[str | None]
    zone: Mapped[str | None]
    owner: Mapped[str | None]
    currency: Mapped[str]
    amount_minor: Mapped[int | None]
    close_on: Mapped[date | None]
    probability_percent: Mapped[int | None]
    is_closed: Mapped[bool]
    is_won: Mapped[bool]
    is_deleted: Mapped[bool]
