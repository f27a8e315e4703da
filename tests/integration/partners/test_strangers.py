"""Zones and partners learn nothing of other partners, on any route that takes an id."""

from fastapi import FastAPI
from uuid_utils.compat import uuid7

from tests.factories.partners import APartner, a_registered_partner
from tests.integration.partners.conftest import PartnersService
from tests.integration.partners.test_documents_api import made
from tests.integration.partners.test_orders import an_order, told
from tests.integration.partners.test_queue_delivery import a_wish, wished
from tests.integration.service_callers import a_caller
from tests.integration.strangers import Place, World, told_to_strangers


async def things_of(service: PartnersService, app: FastAPI, partner: APartner) -> dict[str, Place | None]:
    """An order, a published board, a document and a delivery of the partner."""
    order = (await told(service, an_order(partner.code)))["items"][0]
    document = (await made(service, partner)).json()
    await wished(app, a_wish(partner.code))
    async with service[0](a_caller()) as client:
        published = await client.post(f"/v1/order-boards/{partner.code}/publication")
        deliveries = (await client.get(f"/v1/deliveries?partner_code={partner.code}")).json()["items"]
    assert published.status_code == 201, published.text
    ids = {"order_id": order["id"], "document_id": document["id"], "delivery_id": deliveries[0]["id"]}
    return {
        **{name: Place(of_others=value, of_nobody=str(uuid7())) for name, value in ids.items()},
        "partner": Place(of_others=partner.code, of_nobody=APartner().code),
        "number": Place(of_others="1", of_nobody="9"),
    }


async def test_what_is_others_is_answered_as_what_is_not_there(
    service: PartnersService, app: FastAPI
) -> None:
    other, own = await a_registered_partner(service, "West"), await a_registered_partner(service)
    world = World(
        places=await things_of(service, app, other),
        strangers=[
            a_caller("zonal_sales", zones=(own.zone,)),
            a_caller("partner", partner_code=own.code),
        ],
        owner=a_caller(),
    )

    assert await told_to_strangers("partners", world, service[0]) == []
