"""Zones learn nothing of each other's opportunities and assignments, on any route that takes an id."""

from uuid_utils.compat import uuid7

from tests.integration.research.conftest import ResearchService
from tests.integration.research.test_assignments import ANALYST, opened, the_opportunity
from tests.integration.research.test_assignments import told as opportunity_told
from tests.integration.service_callers import a_caller
from tests.integration.strangers import Place, World, told_to_strangers


async def test_what_is_others_is_answered_as_what_is_not_there(service: ResearchService) -> None:
    record = f"006{uuid7().hex[-15:]}"
    await service[1]([opportunity_told(record)])
    ids = {
        "assignment_id": (await opened(service, zone="west"))["id"],
        "opportunity_id": (await the_opportunity(service, record))["id"],
    }
    world = World(
        places={name: Place(of_others=value, of_nobody=str(uuid7())) for name, value in ids.items()},
        strangers=[a_caller("zonal_sales", zones=("south",))],
        owner=ANALYST,
    )

    assert await told_to_strangers("research", world, service[0]) == []
