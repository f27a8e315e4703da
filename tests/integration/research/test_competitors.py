"""Competitors: profiles with their history, observations that stay, what holds, and battlecards that cite."""

import asyncio
import json

import pypdfium2
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from shared.database import Database
from tests.integration.research.competitor_desk import ANALYST, CompetitorDesk, a_product, an_observation
from tests.integration.research.conftest import ResearchService
from tests.integration.service_callers import a_caller

WEST = a_caller("zonal_sales", zones=("west",))
SOUTH = a_caller("zonal_sales", zones=("south",))
# Months ago and fresh at once, whenever the test runs: their attribute keeps ten years.
KEEPS = {"title": "Kept", "kind": "number", "unit": "h", "is_single": True, "shelf_life_days": 3650,
         "tolerance_percent": "0", "better": "higher"}  # fmt: skip


async def kept_attribute(desk: CompetitorDesk) -> str:
    code = f"a{uuid7().hex[-12:]}"
    await desk.made("/competitor-attributes", {"code": code, **KEEPS})
    return code


async def test_a_profile_is_changed_on_the_revision_that_was_read_and_keeps_what_it_said(
    service: ResearchService, database_url: str
) -> None:
    desk = CompetitorDesk(service)
    code = await desk.a_competitor()
    change = {"products": [a_product(), a_product("k500", range_to="500")]}

    replies = [
        (await desk.call("PATCH", f"/competitors/{code}", change, if_match=seen)).status_code
        for seen in (None, '"1"', '"1"', '"2"')
    ]

    assert replies == [428, 200, 412, 200]
    shown = await desk.read(f"/competitors/{code}")
    assert (shown["revision"], [one["code"] for one in shown["products"]]) == (2, ["k125", "k500"])
    database = Database(database_url, application_name="test")
    query = sa.text(
        "SELECT jsonb_array_length(facts->'products') FROM competitor_changes AS g"
        " JOIN competitors AS c ON c.id = g.competitor_id WHERE c.code = :code ORDER BY g.revision"
    )
    async with database.reading() as connection:
        kept = (await connection.execute(query, {"code": code})).scalars().all()
    await database.close()
    assert kept == [1, 2]
    taken = {"code": code, "name": "x", "maker": "x", "country": "x"}
    assert (await desk.call("POST", "/competitors", taken)).json()["code"] == "competitor_code_taken"


async def test_one_profile_is_ours(service: ResearchService) -> None:
    desk = CompetitorDesk(service)
    ours = {"name": "We", "maker": "We", "country": "India", "is_ours": True}

    replies = await asyncio.gather(
        *(desk.call("POST", "/competitors", {"code": f"o-{uuid7().hex[-9:]}", **ours}) for _ in range(3))
    )

    # Another test of this database may have written it before.
    assert sorted(one.status_code for one in replies)[1:] == [422, 422]


async def test_what_holds_is_told_with_what_contradicts_it_and_what_is_stale(
    service: ResearchService,
) -> None:
    desk = CompetitorDesk(service)
    code, attribute = await desk.a_competitor(), await kept_attribute(desk)
    believed = await desk.seen(
        code, attribute=attribute, number="250", source="Service manual", reliability="A", credibility=1
    )
    other = await desk.seen(
        code, attribute=attribute, number="500.5", source="A dealer", reliability="D", credibility=4
    )
    await desk.seen(code, attribute="street_price", number=None, seen_on="2020-01-31",
                    money={"amount": "845000.00", "currency": "INR"})  # fmt: skip

    shown = await desk.read(f"/competitors/{code}")

    price, hours = sorted(shown["standings"], key=lambda one: one["attribute"], reverse=True)
    assert (hours["value"], hours["observation_id"], hours["contradicted_by"]) == (
        "250 h",
        believed["id"],
        [other["id"]],
    )
    assert (price["value"], price["is_stale"], shown["contradictions"], shown["stale"]) == (
        "₹\xa08,45,000.00",
        True,
        1,
        1,
    )
    withdrawal = f"/competitor-observations/{other['id']}/withdrawal"
    assert (await desk.made(withdrawal, {"reason": "Of another engine"}))[
        "withdrawal_reason"
    ] == "Of another engine"
    assert (await desk.call("POST", withdrawal, {"reason": "Again"})).status_code == 409
    assert (await desk.read(f"/competitors/{code}"))["contradictions"] == 0
    listed = await desk.read(f"/competitors/{code}/observations?attribute={attribute}")
    assert [one["id"] for one in listed["items"]] == [other["id"], believed["id"]]


async def test_an_observation_that_cannot_be_so_is_refused_by_name(service: ResearchService) -> None:
    desk = CompetitorDesk(service)
    code = await desk.a_competitor()
    wrong: dict[str, dict[str, object]] = {
        "/product": {"product": "k999"},
        "/number": {"number": None, "text": "nine"},
        "/seen_on": {"seen_on": "2099-01-01"},
    }

    for pointer, changes in wrong.items():
        reply = await desk.call("POST", f"/competitors/{code}/observations", an_observation(**changes))
        assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, pointer), reply.text
    unknown = await desk.call(
        "POST", f"/competitors/{code}/observations", an_observation(attribute="nothing")
    )
    assert unknown.json()["code"] == "competitor_attribute_unknown"


async def test_people_of_a_zone_see_theirs_and_what_holds_everywhere(
    service: ResearchService, database_url: str
) -> None:
    desk = CompetitorDesk(service)
    code, attribute = await desk.a_competitor(), await kept_attribute(desk)
    await desk.seen(code, attribute=attribute, number="250")
    own = await desk.seen(code, WEST, attribute=attribute, number="300", zone="west")

    assert (
        await desk.call("POST", f"/competitors/{code}/observations", an_observation(), WEST)
    ).status_code == 422
    assert len((await desk.read(f"/competitors/{code}", WEST))["standings"]) == 2
    assert len((await desk.read(f"/competitors/{code}", SOUTH))["standings"]) == 1
    path = f"/competitor-observations/{own['id']}"
    assert (await desk.call("GET", path, caller=SOUTH)).status_code == 404
    withdrawal = {"reason": "Not mine to say"}
    assert (await desk.call("POST", f"{path}/withdrawal", withdrawal, SOUTH)).status_code == 404
    database = Database(database_url, application_name="test")
    query = sa.text(
        "SELECT body FROM outbox WHERE type = 'salesops.research.competitor_observed.v1' ORDER BY position DESC LIMIT 1"
    )
    async with database.reading() as connection:
        body = (await connection.execute(query)).scalar_one()
    await database.close()
    assert (json.loads(body)["data"]["zone"], json.loads(body)["data"]["value"]) == ("west", "300 h")


async def test_products_stand_beside_each_other(service: ResearchService) -> None:
    desk = CompetitorDesk(service)
    one, other = sorted([await desk.a_competitor(), await desk.a_competitor()])
    attribute = await kept_attribute(desk)
    await desk.seen(one, attribute=attribute, number="250")
    await desk.seen(other, attribute=attribute, number="500", product=None)

    compared = await desk.read(f"/competitor-comparisons?competitor={one}&competitor={other}")

    assert [column["competitor"] for column in compared["columns"]] == [one, other]
    (row,) = compared["rows"]
    assert [cell["value"] for cell in row["cells"]] == ["250 h", "500 h"]
    assert (await desk.call("GET", "/competitor-comparisons?competitor=nobody")).status_code == 404


async def test_a_battlecard_cites_what_it_says_and_is_frozen(service: ResearchService) -> None:
    desk = CompetitorDesk(service)
    code, attribute = await desk.a_competitor(), await kept_attribute(desk)
    seen = await desk.seen(code, attribute=attribute, number="250", source="Service manual")
    secret = await desk.seen(code, attribute=attribute, number="300", zone="west", source="A western mill")
    path = f"/competitors/{code}/battlecards"

    def card(*ids: str, zone: str | None = None) -> dict[str, object]:
        point = {"kind": "we_win", "text": "Half the oil changes", "observation_ids": list(ids)}
        return {"zone": zone, "positioning": "Sell running cost", "points": [point]}

    assert (await desk.call("POST", path, card(secret["id"]))).json()["code"] == "citation_invalid"
    first = await desk.made(path, card(seen["id"]))
    await desk.made(f"/competitor-observations/{seen['id']}/withdrawal", {"reason": "Misread"})
    assert (await desk.call("POST", path, card(seen["id"]))).status_code == 422
    second = await desk.made(path, card(secret["id"], zone="west"))

    assert [one["observation_id"] for one in first["content"]["sources"]] == [seen["id"]]
    assert (first["version"], second["version"], second["zone"]) == (1, 1, "west")
    assert (await desk.read(f"/battlecards/{first['id']}"))["content"] == first["content"]
    assert [len((await desk.read(path, who))["items"]) for who in (ANALYST, WEST, SOUTH)] == [2, 2, 1]
    replies = [await desk.call("GET", f"/battlecards/{first['id']}/content") for _ in range(2)]
    assert replies[0].content == replies[1].content
    text = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(replies[0].content))
    for words in (
        "Battlecard: Kaveri Power",
        "Sell running cost",
        "Half the oil changes",
        "Service manual",
        "B2",
    ):
        assert words in text
    assert "western" not in text


async def test_a_comparison_leaves_as_a_table_with_what_each_figure_rests_on(
    service: ResearchService,
) -> None:
    desk = CompetitorDesk(service)
    competitor = await desk.a_competitor(name="=Kaveri")
    await desk.seen(competitor)
    path = f"/competitor-comparisons?competitor={competitor}&format="

    csv, workbook = [await desk.call("GET", path + medium) for medium in ("csv", "xlsx")]

    heading, *rows = csv.text.splitlines()
    assert heading == f"attribute,better,{competitor}:k125"
    assert [row.partition("2026")[0] for row in rows] == ['Lead time,lower,"9 weeks [B2, ']
    assert workbook.content[:2] == b"PK"
    assert 'filename="comparison-' in workbook.headers["content-disposition"]
