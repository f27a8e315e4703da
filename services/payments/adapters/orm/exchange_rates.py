"""What foreign currencies are worth, day by day."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record


class ExchangeRateRecord(Record):
    """Rupees for one unit of the currency on a day, as one source says. A later row for the same day replaces it."""

    __tablename__ = "exchange_rates"
    __table_args__ = (
        CheckConstraint("currency ~ '^[A-Z]{3}$' AND currency <> 'INR'", name="currency_foreign"),
        CheckConstraint("publisher IN ('reference', 'customs', 'bank')", name="publisher_known"),
        CheckConstraint("rate > 0", name="rate_positive"),
        Index("ix_exchange_rates_day", "currency", "rate_on", "publisher", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str]
    rate_on: Mapped[date]
    publisher: Mapped[str]
    rate: Mapped[Decimal] = mapped_column(Numeric(20, 10))
    source: Mapped[str]
    entered_by: Mapped[str]
    entered_at: Mapped[datetime]
