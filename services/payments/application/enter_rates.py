"""Enters exchange rates; a later word about the same day replaces the one before, which stays readable."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.payments.adapters.repositories.exchange_rates import add_rates, lock_rates, rates_entered
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.exchange_rate import ExchangeRate


@dataclass(frozen=True, slots=True)
class RateVerdict:
    """A new row, or the row that says the same already."""

    rate_id: UUID
    is_duplicate: bool


async def enter_rates(
    work: UnitOfWork, rates: Sequence[ExchangeRate], *, actor: str, at: datetime
) -> list[RateVerdict]:
    """One verdict per rate in order. What was booked by an older word is not changed."""
    await lock_rates(work.connection)
    known = await rates_entered(work.connection, [(one.currency, one.rate_on) for one in rates])
    said = {key: rate for key, (_, rate) in known.items()}
    is_new = []
    for one in rates:
        key = one.currency, one.rate_on, one.publisher.value
        is_new.append(said.get(key) != one.rate)
        said[key] = one.rate
    fresh = [one for one, new in zip(rates, is_new, strict=True) if new]
    ids = iter(await add_rates(work.connection, fresh, entered_by=actor, at=at))
    latest = {key: rate_id for key, (rate_id, _) in known.items()}
    verdicts = []
    for one, new in zip(rates, is_new, strict=True):
        key = one.currency, one.rate_on, one.publisher.value
        if new:
            latest[key] = next(ids)
        verdicts.append(RateVerdict(latest[key], is_duplicate=not new))
    return verdicts
