"""Entities: companies as their sources tell them, found however their name is written."""

import itertools

from uuid_utils.compat import uuid7

from shared.events.envelope import Envelope, Event, envelope_of
from shared.events.partners import PartnersChangedV1, PartnersRegisteredV1, PartnerState, PartnerStatus
from tests.integration.research.conftest import ResearchService
from tests.integration.service_callers import a_caller


def a_state(name: str, *, zone: str, code: str | None = None, version: int = 1) -> PartnerState:
    return PartnerState(
        code=code or f"CP-{uuid7().hex[-12:]}",
        name=name,
        city=None,
        zone=zone,
        gstin=None,
        ifsc=None,
        bank_account=None,
        status=PartnerStatus.ACTIVE,
        version=version,
    )


def registered(*states: PartnerState) -> Envelope[Event]:
    return envelope_of(PartnersRegisteredV1(partners=states), subject="test", partition_key="partners")


def changed(*states: PartnerState) -> Envelope[Event]:
    return envelope_of(PartnersChangedV1(partners=states), subject="test", partition_key="partners")


async def names(service: ResearchService, zone: str, **query: str) -> list[str]:
    async with service[0](a_caller("analyst")) as client:
        reply = await client.get("/v1/entities", params={"zone": zone, **query})
    assert reply.status_code == 200, reply.text
    return [item["name"] for item in reply.json()["items"]]


async def test_name_is_found_by_beginnings_of_its_words_in_any_order(service: ResearchService) -> None:
    zone = uuid7().hex
    wanted = "M/s Om Sai Earthmovers & Sons Pvt. Ltd."
    await service[1]([registered(a_state(wanted, zone=zone), a_state("Sai Kripa Motors", zone=zone))])

    assert await names(service, zone, q="earth om") == [wanted]
    assert await names(service, zone, q="OM SAI EARTHMOVERS AND SONS PRIVATE LIMITED") == [wanted]
    assert await names(service, zone, q="sai") == [wanted, "Sai Kripa Motors"]
    assert await names(service, zone, q="movers") == []


async def test_search_for_nothing_but_legal_forms_is_refused(service: ResearchService) -> None:
    async with service[0](a_caller("analyst")) as client:
        reply = await client.get("/v1/entities", params={"q": "Pvt. Ltd."})

    assert (reply.status_code, reply.json()["code"]) == (422, "search_too_wide")


async def test_latest_version_wins_in_whatever_order_the_versions_arrive(service: ResearchService) -> None:
    for order in itertools.permutations([1, 2, 3]):
        zone, code = uuid7().hex, f"CP-{uuid7().hex[-12:]}"
        for version in order:
            state = a_state(f"Name {version}", zone=zone, code=code, version=version)
            await service[1]([registered(state) if version == 1 else changed(state)])

        assert await names(service, zone) == ["Name 3"]


async def test_pages_follow_each_other_by_name(service: ResearchService) -> None:
    zone = uuid7().hex
    await service[1]([registered(*(a_state(name, zone=zone) for name in ("Beta", "Alpha", "Gamma")))])

    async with service[0](a_caller("analyst")) as client:
        first = (await client.get("/v1/entities", params={"zone": zone, "limit": 2})).json()
        query = {"zone": zone, "limit": 2, "cursor": first["next_cursor"]}
        second = (await client.get("/v1/entities", params=query)).json()

    assert [[item["name"] for item in page["items"]] for page in (first, second)] == [
        ["Alpha", "Beta"],
        ["Gamma"],
    ]
    assert second["next_cursor"] is None


async def test_zonal_sales_finds_companies_of_its_zones_only(service: ResearchService) -> None:
    own, other = uuid7().hex, uuid7().hex
    await service[1]([registered(a_state("Own", zone=own), a_state("Other", zone=other))])

    async with service[0](a_caller("zonal_sales", zones=(own,))) as client:
        reply = (await client.get("/v1/entities")).json()

    assert [item["name"] for item in reply["items"]] == ["Own"]
