"""Partners and orders told as workbooks: the cell of each refusal and warning, readable afterwards."""

from datetime import datetime
from typing import Any

from uuid_utils.compat import uuid7

from tests.factories.partners import a_registered_partner
from tests.factories.workbooks import WORKBOOK, a_workbook
from tests.integration.partners.conftest import PartnersService
from tests.integration.service_callers import a_caller

Reply = dict[str, Any]


async def sent(service: PartnersService, path: str, content: bytes, media_type: str = WORKBOOK) -> Reply:
    async with service[0](a_caller()) as client:
        reply = await client.post(path, content=content, headers={"Content-Type": media_type})
    assert reply.status_code == 200, reply.text
    body: Reply = reply.json()
    return body


async def found(service: PartnersService, import_id: str, query: str = "") -> list[tuple[Any, ...]]:
    async with service[0](a_caller()) as client:
        reply = await client.get(f"/v1/partner-imports/{import_id}/findings{query}")
    assert reply.status_code == 200, reply.text
    return [(one["key"], one["is_refusal"], one["pointer"], one["cell"]) for one in reply.json()["items"]]


async def test_partners_of_a_workbook_are_taken_in_and_what_looks_wrong_is_kept_with_its_cell(
    service: PartnersService,
) -> None:
    end, town = uuid7().hex[-8:], f"Town {uuid7().hex[-8:]}"
    first, second = f"X1-{end}", f"X2-{end}"
    letters = "".join(chr(ord("A") + int(digit, 16)) for digit in uuid7().hex[-5:])
    content = a_workbook(
        ("Code", "Name", "Zone", "City", "GSTIN", "PIN code"),
        (first, "Girna Engine House Pvt Ltd", "West", town, f"27{letters}1234F1Z?", 422001),
        (second, "Girna Engine House", "West", town, None, 422001),
        (f"X3-{end}", None, "West", town, None, None),
    )

    reply = await sent(service, "/v1/partners/batch", content)
    again = await sent(service, "/v1/partners/batch", content)

    assert (reply["accepted"], reply["refused"], again["duplicate"]) == (2, 1, 2)
    (problem,) = reply["items"][2]["problem"]["errors"]
    assert {name: problem[name] for name in ("pointer", "row", "column")} == {
        "pointer": "/name", "row": "4", "column": "name",
    }  # fmt: skip
    assert problem["cell"] == "B4"
    warnings = [(first, False, "/gstin", "E2"), (first, False, "/name", "B2"), (second, False, "/name", "B3")]
    assert await found(service, reply["import_id"]) == [*warnings, (None, True, "/name", "B4")]
    assert await found(service, reply["import_id"], "?is_refusal=true") == [(None, True, "/name", "B4")]
    async with service[0](a_caller()) as client:
        shown = (await client.get(f"/v1/partner-imports/{reply['import_id']}")).json()
        listed = (await client.get("/v1/partner-imports?subject=partners")).json()["items"]
        unknown = await client.get(f"/v1/partner-imports/{uuid7()}/findings")
    assert (shown["media_type"], shown["accepted"], shown["remarks"]) == (WORKBOOK, 2, 4)
    assert [one["id"] for one in listed[:2]] == [again["import_id"], reply["import_id"]]
    assert unknown.json()["code"] == "import_unknown"


async def test_an_order_of_a_workbook_is_refused_at_the_cell_of_its_line(service: PartnersService) -> None:
    partner = (await a_registered_partner(service)).code
    header = (
        "Order number", "Partner code", "Ordered on", "Modified at", "Line number", "Product code", "Quantity",
        "Unit value", "Tax percent", "Dispatched", "Dispatched on", "Allocated",
    )  # fmt: skip
    day, moment = datetime(2026, 10, 12), datetime(2026, 10, 20, 15)  # noqa: DTZ001 - cells have no time zone
    good, bad = (f"SO/{uuid7().hex[-10:]}" for _ in range(2))
    content = a_workbook(
        header,
        (good, partner, day, moment, 10, "GEN-62", 4, 412500, 0.18, 1, day, 4),
        (good, partner, day, moment, 10, "GEN-62", 4, 412500, 0.18, 1, day, 4),
        (bad, partner, day, moment, 10, "GEN-62", 1, 1000, 0.18, None, None),
        (bad, partner, day, moment, 20, "GEN-62", "many", 1000, 0.18, None, None),
        formats={f"I{row}": "0.00%" for row in (2, 3, 4, 5)},
    )

    reply = await sent(service, "/v1/orders/batch", content)

    kept, refused = reply["items"]
    assert (kept["status"], kept["rows"], refused["status"]) == ("accepted", [2, 3], "refused")
    assert [(one["pointer"], one["cell"]) for one in refused["problem"]["errors"]] == [
        ("/lines/1/quantity", "G5")
    ]
    assert await found(service, reply["import_id"]) == [(None, True, "/lines/1/quantity", "G5")]
    async with service[0](a_caller()) as client:
        (line,) = (await client.get(f"/v1/orders/{kept['id']}")).json()["lines"]
    assert (line["tax_percent"], line["dispatched"], len(line["dispatches"])) == ("18", "2", 2)
