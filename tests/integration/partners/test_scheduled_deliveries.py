"""What runs plan reaches the deliveries: each document once, each apart; and how well that went."""

from collections import Counter
from datetime import time, timedelta
from typing import Any

import sqlalchemy as sa

from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.queue_scheduled import queue_scheduled
from services.partners.worker import queue_planned_items
from tests.integration.partners.schedule_desk import DUE, Desk
from tests.integration.service_callers import a_caller

CONTACT = """
    INSERT INTO partner_contacts (id, partner_code, role, name, channel, address, language, added_at, added_by)
    SELECT gen_random_uuid(), code, 'accounts', 'Meera Joshi', 'email', lower(code) || '@dealer.example', 'en', now(), 'test'
    FROM unnest(CAST(:codes AS text[])) AS codes (code)
"""
ITEMS = """
    SELECT i.*, d.state AS delivery_state, d.next_attempt_at, q.from_on, q.requested_by FROM document_schedule_items i
    LEFT JOIN delivery_requests q ON q.id = i.request_id LEFT JOIN deliveries d ON d.request_id = q.id
    WHERE i.schedule_id = :id ORDER BY i.run_id, i.partner_code
"""


async def write(desk: Desk, statement: str, **values: Any) -> None:
    async with desk.database.engine.begin() as connection:
        await connection.execute(sa.text(statement), values)


async def partners_with_contacts(desk: Desk, count: int) -> list[str]:
    codes = await desk.partners(count)
    await desk.sheets(codes)
    await write(desk, CONTACT, codes=codes)
    return codes


async def test_a_partner_that_nobody_can_be_reached_at_stops_no_other(desk: Desk) -> None:
    reachable = await partners_with_contacts(desk, 2)
    (lonely,) = await desk.partners(1)
    await desk.sheets([lonely])
    schedule_id = await desk.schedule(quiet_hours=(time(8), time(10)))
    await desk.fire(schedule_id)

    await queue_planned_items(desk.database, DUE)
    await queue_planned_items(desk.database, DUE)

    items = {row.partner_code: row for row in await desk.rows(ITEMS, schedule_id)}
    assert len(items) == 3
    assert {(items[code].state, items[code].delivery_state) for code in reachable} == {("queued", "queued")}
    assert {items[code].next_attempt_at for code in reachable} == {DUE + timedelta(hours=1)}
    assert {items[code].from_on.isoformat() for code in reachable} == {"2026-11-26"}
    assert items[lonely].state == "failed"
    assert "no contact" in items[lonely].reason


async def test_an_item_that_the_database_refuses_is_tried_again_and_then_fails_alone(desk: Desk) -> None:
    good, bad = sorted(await partners_with_contacts(desk, 2))
    schedule_id = await desk.schedule()
    await desk.fire(schedule_id)
    check = f"ALTER TABLE deliveries ADD CONSTRAINT refused CHECK (partner_code <> '{bad}') NOT VALID"
    await write(desk, check)

    for _ in range(5):
        async with UnitOfWork(desk.database) as work:
            await queue_scheduled(work, DUE)
            await work.commit()
    await write(desk, "ALTER TABLE deliveries DROP CONSTRAINT refused")

    items = {row.partner_code: (row.state, row.attempts) for row in await desk.rows(ITEMS, schedule_id)}
    assert items == {good: ("queued", 1), bad: ("failed", 5)}


async def test_queueing_that_dies_before_its_commit_queues_once(desk: Desk) -> None:
    await partners_with_contacts(desk, 3)
    schedule_id = await desk.schedule()
    await desk.fire(schedule_id)
    async with UnitOfWork(desk.database) as work:
        await queue_scheduled(work, DUE)

    await queue_planned_items(desk.database, DUE)

    states = Counter(row.delivery_state for row in await desk.rows(ITEMS, schedule_id))
    assert states == {"queued": 3}


async def test_the_run_says_how_far_its_deliveries_are_and_scores_add_them_up(desk: Desk) -> None:
    in_time, late, bounced, silent = sorted(await partners_with_contacts(desk, 4))
    schedule_id = await desk.schedule()
    await desk.fire(schedule_id)
    await queue_planned_items(desk.database, DUE)
    move = "UPDATE deliveries SET state = :state, sent_at = :at WHERE partner_code = :code"
    await write(desk, move, code=in_time, state="acknowledged", at=DUE + timedelta(minutes=10))
    await write(desk, move, code=late, state="sent", at=DUE + timedelta(minutes=61))
    await write(desk, move, code=bounced, state="bounced", at=DUE + timedelta(minutes=2))
    step = (
        "INSERT INTO delivery_steps (delivery_id, step, actor, at)"
        " SELECT id, 'acknowledged', 'partner', :at FROM deliveries WHERE partner_code = :code"
    )
    await write(desk, step, code=in_time, at=DUE + timedelta(minutes=40))
    path, days = f"/v1/document-schedules/{schedule_id}/runs", "from=2026-11-26&to=2026-11-26"

    async with desk.service[0](a_caller()) as client:
        (run,) = (await client.get(path)).json()["items"]
        items = (await client.get(f"{path}/{run['id']}/items")).json()["items"]
        all_scores = (await client.get(f"/v1/delivery-scores?{days}&limit=200")).json()["items"]
        too_long = await client.get("/v1/delivery-scores?from=2026-11-26&to=2026-11-25")
    async with desk.service[0](a_caller("zonal_sales", zones=(desk.zone,))) as client:
        zones = (await client.get(f"/v1/delivery-scores?{days}&group=zone")).json()["items"]
        table = await client.get(f"/v1/delivery-scores?{days}&format=csv")

    assert {one["state"]: one["count"] for one in run["deliveries"]} == {
        "acknowledged": 1, "bounced": 1, "queued": 1, "sent": 1,
    }  # fmt: skip
    assert [one["deliveries"][0]["state"] for one in items] == ["acknowledged", "sent", "bounced", "queued"]
    scores = {one["name"]: one for one in all_scores}
    assert [scores[code]["on_time_share"] for code in (in_time, late, bounced, silent)] == [
        "1.0000", "0.0000", "1.0000", "0.0000",
    ]  # fmt: skip
    assert zones == [
        {
            "name": desk.zone, "scheduled": 4, "on_time": 2, "on_time_share": "0.5000", "deliveries": 4,
            "acknowledged": 1, "acknowledgement_median_seconds": 1800, "acknowledgement_p90_seconds": 1800,
            "failing_addresses": [f"email:{bounced.lower()}@dealer.example"],
        }
    ]  # fmt: skip
    assert len(table.text.splitlines()) == 5
    assert too_long.json()["code"] == "day_range_too_long"
