"""Settles the due instants of a subscription: each is fired or left out by its rule, once, and never in silence."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from services.reporting.adapters.definition_store import KeptDefinition, kept_definition
from services.reporting.adapters.known_calendars import calendar_of
from services.reporting.adapters.published_reports import publish_misses
from services.reporting.adapters.subscription_runs import (
    Miss,
    SettledRun,
    add_reports,
    is_settled,
    record_misses,
    runs_not_started,
    write_run,
)
from services.reporting.adapters.subscription_store import (
    claim_due,
    move_on,
    partners_of_zones,
    partners_unseen,
)
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.run_report import Asker, RunKey, RunWish, add_asked_run
from services.reporting.domain.errors import DefinitionUnknown, RecipientOutside
from services.reporting.domain.report_subscription import (
    PARTNERS_OF_ZONES_MAX,
    ReportSubscription,
    Subscriber,
)
from shared.errors import Refusal
from shared.identity import RowScope
from shared.jobs import enqueue
from shared.scheduling.holiday_calendar import HolidayCalendar
from shared.scheduling.planned_runs import (
    LATE_AFTER,
    PlannedRun,
    Settlement,
    due_runs,
    is_late,
    planned_runs,
    settlement,
)

TASK: Final = "make_subscribed_reports"


async def fire_subscription(work: UnitOfWork, subscription_id: UUID, at: datetime) -> bool:
    """Settle its first due instants; False when none is due, or another worker is at it. Call it until it is False."""
    subscription = await claim_due(work.connection, subscription_id, at)
    if subscription is None:
        return False
    calendar = await calendar_of(work.connection, subscription.rule.calendar_code)
    await move_on(work.connection, await settle_part(work, subscription, calendar, at))
    return True


async def watch_subscriptions(work: UnitOfWork, at: datetime) -> int:
    """Tell of runs that nobody started, each once; how many were noticed now."""
    missing = await runs_not_started(work.connection, at - LATE_AFTER)
    noticed = await record_misses(work.connection, missing, at) if missing else []
    publish_misses(work, noticed, at)
    return len(noticed)


async def settle_until(
    work: UnitOfWork, subscription: ReportSubscription, calendar: HolidayCalendar, at: datetime
) -> ReportSubscription:
    """With everything settled that was due by its rule until now: the next rule begins here."""
    if subscription.is_paused:
        return replace(subscription, settled_until_at=at)
    while subscription.next_due_at is not None and subscription.next_due_at <= at:
        subscription = await settle_part(work, subscription, calendar, at)
    return replace(subscription, settled_until_at=at)


def with_next_run(subscription: ReportSubscription, calendar: HolidayCalendar) -> ReportSubscription:
    """With the instant of its next run; a paused one has none."""
    if subscription.is_paused:
        return replace(subscription, next_due_at=None)
    run = next(planned_runs(subscription.rule.timing, calendar, subscription.settled_until_at), None)
    return replace(subscription, next_due_at=run.due_at if run else None)


async def settle_part(
    work: UnitOfWork, subscription: ReportSubscription, calendar: HolidayCalendar, at: datetime
) -> ReportSubscription:
    """Behind its first due instants, a bounded number of them; it still has to be written."""
    rule = subscription.rule
    runs, following = due_runs(rule.timing, calendar, subscription.settled_until_at, at)
    parted = settlement(runs, rule.catch_up, at, more_follow=following is not None and following <= at)
    for run in parted.fired:
        await fire(work, subscription, run, at)
    for run in parted.skipped:
        settled = SettledRun(id=uuid7(), is_fired=False, at=at)
        if not await is_settled(work.connection, subscription.id, run.due_at):
            await write_run(work.connection, subscription, run, settled)
    misses = list(_misses(subscription, parted, at))
    if misses:
        publish_misses(work, await record_misses(work.connection, misses, at), at)
    settled_until = runs[-1].due_at if runs else subscription.settled_until_at
    return replace(subscription, settled_until_at=settled_until, next_due_at=following)


async def fire(work: UnitOfWork, subscription: ReportSubscription, run: PlannedRun, at: datetime) -> None:
    """Ask for the reports of a due instant, once, in the transaction that holds the subscription.

    What cannot be asked for any more, as its report went or is not for the subscriber now, is written down with the reason.
    """
    if await is_settled(work.connection, subscription.id, run.due_at):
        return
    run_id = uuid7()
    try:
        kept = await _checked(work, subscription)
        async with work.connection.begin_nested():
            job_id = await enqueue(
                work.connection,
                TASK,
                {"subscription_run_id": str(run_id)},
                created_by=subscription.subscriber.actor,
                result_url=f"/v1/report-subscriptions/{subscription.id}/runs/{run_id}/reports",
            )
            reports = await _ask(work, subscription, kept, (job_id, at, run.due_at))
            settled = SettledRun(id=run_id, is_fired=True, at=at, job_id=job_id)
            await write_run(work.connection, subscription, run, settled)
            if reports:
                await add_reports(work.connection, (subscription.id, run_id), reports)
    except Refusal as refusal:
        settled = SettledRun(id=run_id, is_fired=True, at=at, refusal=refusal.detail)
        await write_run(work.connection, subscription, run, settled)


async def definition_for(work: UnitOfWork, named: str, subscriber: Subscriber) -> KeptDefinition:
    """DefinitionUnknown also when it is not for the subscriber."""
    kept = await kept_definition(work.connection, named)
    if kept is None or not (
        kept.owner == subscriber.actor or subscriber.roles & set(kept.definition.audience)
    ):
        raise DefinitionUnknown("There is no such definition, or it is not for you", named=named)
    return kept


async def _checked(work: UnitOfWork, subscription: ReportSubscription) -> KeptDefinition:
    rule, subscriber = subscription.rule, subscription.subscriber
    kept = await definition_for(work, rule.definition, subscriber)
    unseen = await partners_unseen(work.connection, rule.partner_codes, subscriber)
    if unseen:
        codes = ", ".join(rule.partner_codes[place] for place in unseen)
        raise RecipientOutside(f"There is no such partner, or it is not yours to see: {codes}")
    return kept


async def _ask(
    work: UnitOfWork,
    subscription: ReportSubscription,
    kept: KeptDefinition,
    key: tuple[UUID, datetime, datetime],
) -> list[tuple[UUID, str | None]]:
    """`key` is the job, when it was asked, and the due instant. One report for the house, one for each partner."""
    rule, subscriber = subscription.rule, subscription.subscriber
    job_id, at, due_at = key
    reports: list[tuple[UUID, str | None]] = []
    if rule.recipients:
        wish = RunWish(rule.period, rule.zone, rule.partner_code)
        scope = RowScope(subscriber.sees_all, subscriber.zones, subscriber.own_code)
        reports.append((uuid7(), None))
        run_key = RunKey(reports[-1][0], job_id, at, due_at)
        await add_asked_run(work, kept, wish, Asker(subscriber.actor, scope), run_key)
    for code in await _partners(work, subscription):
        scope = RowScope(sees_all=False, zones=frozenset(), partner_code=code)
        reports.append((uuid7(), code))
        run_key = RunKey(reports[-1][0], job_id, at, due_at)
        await add_asked_run(
            work, kept, RunWish(rule.period, None, code), Asker(subscriber.actor, scope), run_key
        )
    return reports


async def _partners(work: UnitOfWork, subscription: ReportSubscription) -> list[str]:
    """Those that are named, and those of the zones at this moment. RecipientOutside when these are more than expected."""
    rule = subscription.rule
    found = (
        await partners_of_zones(work.connection, rule.partner_zones, PARTNERS_OF_ZONES_MAX + 1)
        if rule.partner_zones
        else []
    )
    if len(found) > PARTNERS_OF_ZONES_MAX:
        raise RecipientOutside(f"The zones have more than {PARTNERS_OF_ZONES_MAX} partners; split them")
    return list(dict.fromkeys([*rule.partner_codes, *found]))


def _misses(subscription: ReportSubscription, parted: Settlement, at: datetime) -> Iterator[Miss]:
    for run in parted.skipped:
        yield Miss(subscription.id, subscription.rule.name, run.due_at, "skipped")
    for run in parted.fired:
        if is_late(run.due_at, at):
            yield Miss(subscription.id, subscription.rule.name, run.due_at, "late")
