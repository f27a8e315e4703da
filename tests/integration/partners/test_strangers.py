"""Zones and partners learn nothing of other partners, on any route that takes an id."""

from tests.integration.partners.conftest import PartnersService
from tests.integration.partners.test_payment_sheet import APartner, registered_partner
from tests.integration.service_callers import a_caller
from tests.integration.strangers import Place, World, told_to_strangers


async def test_what_is_others_is_answered_as_what_is_not_there(service: PartnersService) -> None:
    other, own = await registered_partner(service, "West"), await registered_partner(service)
    world = World(
        places={"partner": Place(of_others=other.code, of_nobody=APartner().code)},
        strangers=[
            a_caller("zonal_sales", zones=(own.zone,)),
            a_caller("partner", partner_code=own.code),
        ],
        owner=a_caller(),
    )

    assert await told_to_strangers("partners", world, service[0]) == []
