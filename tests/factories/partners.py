"""Partners of their own for each test, so that none sees another's."""

from dataclasses import dataclass, field

from uuid_utils.compat import uuid7

from tests.integration.partners.conftest import PartnersService
from tests.integration.service_callers import a_caller


@dataclass(frozen=True)
class APartner:
    """A partner of one zone."""

    zone: str = "South"
    code: str = field(default_factory=lambda: f"CP-{uuid7().hex[-12:]}")


async def a_registered_partner(service: PartnersService, zone: str = "South") -> APartner:
    """In the master from now on."""
    partner = APartner(zone)
    async with service[0](a_caller()) as client:
        item = {"code": partner.code, "name": "Om Sai Agencies", "zone": zone}
        reply = await client.post("/v1/partners/batch", json=[item])
    assert reply.json()["accepted"] == 1, reply.text
    return partner
