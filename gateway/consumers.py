"""Which events the gateway reads, and the use case that applies each."""

from typing import Final

from shared.database import UnitOfWork
from shared.inbox import Subscription

SUBSCRIPTIONS: Final[tuple[Subscription[UnitOfWork], ...]] = ()
