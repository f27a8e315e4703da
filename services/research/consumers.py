"""Which events this service reads, and the use case that applies each."""

from typing import Final

from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.hear_datasets import hear_datasets
from services.research.application.project_accounts import project_accounts
from services.research.application.project_opportunities import project_opportunities
from services.research.application.project_partners import project_changed, project_registered
from shared.events.crm import AccountChangedV1, OpportunityChangedV1
from shared.events.partners import PartnersChangedV1, PartnersRegisteredV1
from shared.events.research import DatasetLoadedV1
from shared.inbox import Subscription, on

SUBSCRIPTIONS: Final[tuple[Subscription[UnitOfWork], ...]] = (
    on(PartnersRegisteredV1, project_registered),
    on(PartnersChangedV1, project_changed),
    on(AccountChangedV1, project_accounts),
    on(OpportunityChangedV1, project_opportunities),
    on(DatasetLoadedV1, hear_datasets),
)
