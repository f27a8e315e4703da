"""What every route that posts needs: who, when and for which day."""

from datetime import UTC, date, datetime

from services.payments.domain.business_day import business_day
from services.payments.domain.errors import DateImpossible
from services.payments.domain.posting import Posting
from shared.identity import Caller


def posting_of(caller: Caller, wanted_on: date | None = None) -> Posting:
    """For today in India unless a day is given; DateImpossible for one that has not come."""
    at = datetime.now(UTC)
    today = business_day(at)
    if wanted_on is not None and wanted_on > today:
        raise DateImpossible(f"{wanted_on} has not come; expected {today} or before")
    return Posting(caller.actor, at, wanted_on or today)
