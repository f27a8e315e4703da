"""Firing: each due instant once, with its items, whatever was down; and nothing missed in silence."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import pytest
from uuid_utils.compat import uuid7

from services.partners.adapters.holiday_calendars import CalendarDayRow
from services.partners.adapters.schedule_store import Setting
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.fire_schedules import fire_schedule
from services.partners.application.set_holidays import set_holiday_calendar, set_holidays
from services.partners.application.set_schedule import change_schedule, pause_schedule
from services.partners.application.watch_schedules import watch_schedules
from services.partners.domain.schedule import (
    Audience,
    ScheduledKind,
    ScheduleRule,
    SendCondition,
)
from services.partners.worker import fire_schedules
from shared.scheduling.timing import CatchUp, ClosedDayRule, Timing
from tests.factories.payment_facts import a_receipt, an_invoice, booked, paying, registered
from tests.integration.partners.schedule_desk import DAY, DUE, Desk
from tests.integration.partners.test_orders import an_order, told
from tests.integration.service_callers import a_caller


async def test_many_workers_fire_a_due_instant_once(desk: Desk) -> None:
    codes = await desk.partners(40)
    await desk.sheets(codes)
    kinds = (ScheduledKind.PAYMENT_SHEET, ScheduledKind.ACCOUNT_STATEMENT)
    schedule_id = await desk.schedule(kinds=kinds)

    assert not await desk.fire(schedule_id, DUE - timedelta(seconds=1))
    fired = await asyncio.gather(*(desk.fire(schedule_id) for _ in range(6)))
    await asyncio.gather(*(desk.fire(schedule_id) for _ in range(2)))

    assert sum(fired) == 1
    assert await desk.runs(schedule_id) == [(DUE, True)]
    items = await desk.items(schedule_id)
    assert Counter((one.kind, one.state) for one in items) == {
        ("payment_sheet", "planned"): 40, ("account_statement", "nothing_to_send"): 40,
    }  # fmt: skip
    assert await desk.missed(schedule_id) == []


async def test_a_firing_that_dies_before_its_commit_leaves_nothing_and_is_done_by_the_next(
    desk: Desk,
) -> None:
    await desk.sheets(await desk.partners(1))
    schedule_id = await desk.schedule()
    async with UnitOfWork(desk.database) as work:
        assert await fire_schedule(work, schedule_id, DUE)

    assert await desk.runs(schedule_id) == []
    assert await desk.fire(schedule_id)
    assert len(await desk.items(schedule_id)) == 1


@pytest.mark.parametrize(
    ("rule", "fired", "told"),
    [
        (CatchUp.NEWEST, [False, False, True], ["skipped", "skipped", "late"]),
        (CatchUp.ALL, [True, True, True], ["late", "late", "late"]),
        (CatchUp.REPORT, [False, False, False], ["skipped", "skipped", "skipped"]),
    ],
)
async def test_downtime_over_several_runs_is_settled_by_the_rule_and_told(
    desk: Desk, rule: CatchUp, fired: list[bool], told: list[str]
) -> None:
    schedule_id = await desk.schedule(catch_up=rule)
    at = DUE + 2 * DAY + timedelta(hours=4)

    assert await desk.fire(schedule_id, at)

    assert await desk.runs(schedule_id) == [(DUE + day * DAY, done) for day, done in enumerate(fired)]
    assert sorted(await desk.missed(schedule_id)) == sorted(
        (reason, DUE + day * DAY, (4 + 24 * (2 - day)) * 3600) for day, reason in enumerate(told)
    )
    assert not await desk.fire(schedule_id, at)


async def test_five_minutes_are_not_late_and_a_second_more_is(desk: Desk) -> None:
    schedule_id = await desk.schedule()

    await desk.fire(schedule_id, DUE + timedelta(minutes=5))
    assert await desk.missed(schedule_id) == []

    await desk.fire(schedule_id, DUE + DAY + timedelta(minutes=5, seconds=1))
    assert [reason for reason, *_ in await desk.missed(schedule_id)] == ["late"]


async def test_a_run_that_nobody_starts_is_noticed_once(desk: Desk) -> None:
    schedule_id = await desk.schedule()

    for minutes in (5, 6, 7, 60):
        async with UnitOfWork(desk.database) as work:
            await watch_schedules(work, DUE + timedelta(minutes=minutes))
            await work.commit()

    assert await desk.missed(schedule_id) == [("not_started", DUE, 360)]


async def test_a_schedule_that_cannot_be_settled_holds_up_no_other(desk: Desk) -> None:
    """Its time zone is not known to the machine, say; it is told as not started."""
    long_ago = datetime(2020, 3, 2, 3, 30, tzinfo=UTC)
    broken, sound = [await desk.schedule(long_ago - DAY, valid_from=date(2020, 1, 1)) for _ in range(2)]
    await desk.move_to_time_zone(broken, "Nowhere/Else")

    await fire_schedules(desk.database, long_ago)
    async with UnitOfWork(desk.database) as work:
        await watch_schedules(work, long_ago + timedelta(minutes=6))
        await work.commit()
    await desk.move_to_time_zone(broken, "Asia/Kolkata")

    assert (await desk.runs(broken), await desk.runs(sound)) == ([], [(long_ago, True)])
    assert [reason for reason, *_ in await desk.missed(broken)] == ["not_started"]
    await desk.fire(broken, long_ago)
    assert await desk.runs(broken) == [(long_ago, True)]


async def test_an_edit_settles_what_was_due_by_the_old_rule_and_resets_no_run(desk: Desk) -> None:
    schedule_id = await desk.schedule()
    await desk.fire(schedule_id)
    at = DUE + DAY + timedelta(minutes=1)

    async with UnitOfWork(desk.database) as work:
        schedule = await desk.changing(work, schedule_id)
        timing = Timing(
            cron="0 * * * *", time_zone="Asia/Kolkata", on_closed_day=ClosedDayRule.RUN,
            valid_from=date(2026, 1, 1), valid_to=None,
        )  # fmt: skip
        rule = ScheduleRule(
            **{name: getattr(schedule.rule, name) for name in ScheduleRule.__slots__} | {"timing": timing}
        )
        await change_schedule(work, schedule, rule, Setting("test", at))
        await pause_schedule(work, await desk.changing(work, schedule_id), Setting("test", at))
        await work.commit()

    assert await desk.runs(schedule_id) == [(DUE, True), (DUE + DAY, True)]
    assert not await desk.fire(schedule_id, at + 9 * DAY)


async def test_a_holiday_told_too_late_for_the_working_day_before_it_fires_at_once(desk: Desk) -> None:
    code = f"L-{uuid7().hex[-8:].upper()}"
    calendar = {
        "code": code, "name": "A factory", "base": None, "closed_weekdays": [7], "closed_saturdays": [], "source": "Test",
    }  # fmt: skip
    at = DUE + timedelta(hours=3)
    async with UnitOfWork(desk.database) as work:
        await set_holiday_calendar(work, calendar, Setting("test", DUE - DAY))
        await work.commit()
    schedule_id = await desk.schedule(
        at=DUE, cron="0 9 * * FRI", calendar_code=code, on_closed_day=ClosedDayRule.PREVIOUS
    )
    friday = CalendarDayRow(id=uuid7(), day=date(2026, 11, 27), is_working=False, name="Bandh", source="Test")

    async with UnitOfWork(desk.database) as work:
        await set_holidays(work, code, [friday], Setting("test", at))
        await work.commit()

    (run,) = await desk.rows("SELECT * FROM document_schedule_runs WHERE schedule_id = :id", schedule_id)
    assert (run.due_at, run.is_fired) == (at, True)
    assert run.moved == [{"wall": "2026-11-27T09:00:00", "because": "Bandh"}]
    assert not await desk.fire(schedule_id, DUE + DAY)
    assert await desk.fire(schedule_id, DUE + 8 * DAY)


async def test_only_who_owes_gets_a_document_when_that_is_the_condition(desk: Desk) -> None:
    owing, early, paid, unknown = await desk.partners(4)
    await desk.sheets([owing])
    await desk.sheets([early], due_on=date(2026, 11, 27))
    invoice = an_invoice(partner_code=paid, number=f"I/{paid}")
    receipt = a_receipt(partner_code=paid, allocations=(paying(invoice, 118_00),))
    await desk.service[1]([registered(invoice), booked(receipt)])
    schedule_id = await desk.schedule(condition=SendCondition.WHEN_DUE)

    await desk.fire(schedule_id)

    assert {one.partner_code: one.reason for one in await desk.items(schedule_id)} == {
        owing: None, early: "nothing_due", paid: "nothing_due", unknown: "nothing_known",
    }  # fmt: skip


async def test_a_board_is_due_with_a_line_that_was_promised_by_then_and_changes_with_its_orders(
    desk: Desk,
) -> None:
    promised, later, none = await desk.partners(3)
    first = an_order(promised, line={"promised_on": "2026-11-26"})
    await told(desk.service, first, an_order(later, line={"promised_on": "2026-11-27"}))
    kinds = (ScheduledKind.ORDER_BOARD,)
    due = await desk.schedule(kinds=kinds, condition=SendCondition.WHEN_DUE)
    changed = await desk.schedule(kinds=kinds, condition=SendCondition.WHEN_CHANGED)

    await desk.fire(due)
    await desk.fire(changed)
    await told(desk.service, first | {"modified_at": "2026-11-26T10:00:00Z", "customer_reference": "PO 7"})
    await desk.fire(changed, DUE + DAY)

    assert {one.partner_code: one.reason for one in await desk.items(due)} == {
        promised: None, later: "nothing_due", none: "nothing_known",
    }  # fmt: skip
    assert {one.partner_code: one.reason for one in await desk.items(changed)} == {
        promised: None, later: "nothing_changed", none: "nothing_known",
    }  # fmt: skip


async def test_a_document_goes_out_again_only_after_something_changed(desk: Desk) -> None:
    quiet, busy = await desk.partners(2)
    await desk.sheets([quiet, busy])
    schedule_id = await desk.schedule(condition=SendCondition.WHEN_CHANGED)
    await desk.fire(schedule_id)
    first = {one.partner_code: one.reason for one in await desk.items(schedule_id)}
    await desk.service[1]([booked(a_receipt(partner_code=busy, on_account_minor=118_00))])

    await desk.fire(schedule_id, DUE + DAY)
    second = {one.partner_code: one.reason for one in await desk.items(schedule_id)}
    await desk.fire(schedule_id, DUE + 2 * DAY)
    third = {one.partner_code: one.reason for one in await desk.items(schedule_id)}

    assert first == {quiet: None, busy: None}
    assert second == {quiet: "nothing_changed", busy: None}
    assert third == {quiet: "nothing_changed", busy: "nothing_changed"}


async def test_a_partner_named_in_the_list_that_closed_since_is_said_to_be(desk: Desk) -> None:
    (open_one,), (closed,) = await desk.partners(1), await desk.partners(1, status="closed")
    await desk.sheets([open_one, closed])
    schedule_id = await desk.schedule(audience=Audience.PARTNERS, zones=(), partner_codes=(open_one, closed))

    await desk.fire(schedule_id)

    assert {one.partner_code: one.reason for one in await desk.items(schedule_id)} == {
        open_one: None, closed: "partner_closed",
    }  # fmt: skip


async def test_quiet_hours_hold_what_a_late_run_plans(desk: Desk) -> None:
    schedule_id = await desk.schedule(quiet_hours=(time(20), time(8)))

    await desk.fire(schedule_id, DUE + timedelta(hours=12))

    (row,) = await desk.rows(
        "SELECT release_at FROM document_schedule_runs WHERE schedule_id = :id", schedule_id
    )
    assert row.release_at == datetime(2026, 11, 27, 2, 30, tzinfo=UTC)


async def test_the_api_shows_runs_and_what_became_of_each_partner(desk: Desk) -> None:
    codes = await desk.partners(3)
    await desk.sheets(codes[:2])
    schedule_id = await desk.schedule()
    await desk.fire(schedule_id, DUE + DAY + timedelta(hours=1))
    path = f"/v1/document-schedules/{schedule_id}"

    async with desk.service[0](a_caller("auditor")) as client:
        newest, left_out = (await client.get(f"{path}/runs")).json()["items"]
        items = (await client.get(f"{path}/runs/{newest['id']}/items?state=nothing_to_send")).json()["items"]
        table = await client.get(f"{path}/runs/{newest['id']}/items?format=csv")
        shown = (await client.get(path)).json()

    assert (newest["is_late"], newest["planned"], newest["nothing_to_send"]) == (True, 2, 1)
    assert (left_out["is_fired"], left_out["fired_at"], left_out["late_seconds"]) == (False, None, 25 * 3600)
    assert [(one["partner_code"], one["reason"]) for one in items] == [(codes[2], "nothing_known")]
    assert len(table.text.splitlines()) == 4
    assert shown["last_run"]["run_id"] == newest["id"]
