"""A partner registered at the partners service becomes an entity of research, over the real broker."""

import asyncio

from uuid_utils.compat import uuid7

from services.partners.application.register_partners import register_partners
from services.partners.domain.partner import PartnerDetails, Registration
from services.research.consumers import SUBSCRIPTIONS
from shared.database import Database, UnitOfWork
from shared.inbox import event_consumer
from shared.messaging.publisher import Publisher
from shared.outbox.relay import OutboxRelay
from tests.factories.payment_facts import NOON
from tests.integration.research.conftest import ResearchService
from tests.integration.service_callers import a_caller
from tests.integration.shared.waiting import until
from tests.provisions import DatabaseFactory


async def test_registered_partner_becomes_an_entity_once(
    service: ResearchService, database_url: str, worker_database: DatabaseFactory, amqp_url: str
) -> None:
    partners = Database(await worker_database("partners"), application_name="test")
    research = Database(database_url, application_name="test")
    zone = uuid7().hex
    details = PartnerDetails(code=f"CP-{zone[-12:]}", name="Om Sai Agencies Pvt. Ltd.", zone=zone)

    async def names_found() -> list[str]:
        async with service[0](a_caller("analyst")) as client:
            reply = await client.get("/v1/entities", params={"zone": zone, "q": "om sai"})
        return [item["name"] for item in reply.json()["items"]]

    async def has_arrived() -> bool:
        return await names_found() != []

    stop = asyncio.Event()
    consumer = event_consumer(amqp_url, "research", SUBSCRIPTIONS, lambda: UnitOfWork(research))
    async with Publisher(amqp_url, name="test") as publisher, asyncio.TaskGroup() as parts:
        parts.create_task(consumer.run(stop))
        parts.create_task(OutboxRelay(partners.engine, publisher).run(stop))
        async with UnitOfWork(partners) as work:
            await register_partners(work, [Registration(details=details)] * 2, actor="test", at=NOON)
            await work.commit()
        await until(has_arrived)
        stop.set()
    await partners.close()
    await research.close()

    assert await names_found() == ["Om Sai Agencies Pvt. Ltd."]
