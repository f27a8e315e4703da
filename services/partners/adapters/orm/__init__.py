"""Tables of the partners database; histories are append-only (triggers in the migrations)."""

from services.partners.adapters.orm import crm as crm
from services.partners.adapters.orm import deliveries as deliveries
from services.partners.adapters.orm import documents as documents
from services.partners.adapters.orm import imports as imports
from services.partners.adapters.orm import master as master
from services.partners.adapters.orm import orders as orders
from services.partners.adapters.orm import people as people
from services.partners.adapters.orm import schedules as schedules
from services.partners.adapters.orm import sheets as sheets
from services.partners.adapters.orm.base import Record as Record
from services.partners.adapters.orm.base import metadata as metadata
