"""Sets, changes, pauses and resumes subscriptions; what was due before is settled by the rule that held then."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.reporting.adapters.known_calendars import calendar_of, keep_calendar, known_calendars
from services.reporting.adapters.report_limits import measures_of
from services.reporting.adapters.subscription_store import (
    Setting,
    add_subscription,
    move_on,
    partners_unseen,
    subscription_to_change,
    subscriptions_by_calendar,
    write_version,
)
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.settle_subscriptions import (
    definition_for,
    fire,
    settle_until,
    with_next_run,
)
from services.reporting.domain.errors import (
    CalendarNotKnown,
    RecipientOutside,
    SubscriptionState,
    SubscriptionUnknown,
)
from services.reporting.domain.report_period import resolved_period
from services.reporting.domain.report_subscription import ReportSubscription, Subscriber, SubscriptionRule
from shared.errors import FieldProblem, Stale
from shared.events.document_schedules import HolidayCalendarChangedV1
from shared.events.envelope import Envelope
from shared.identity import Caller
from shared.scheduling.planned_runs import PlannedRun, overtaken_times
from shared.scheduling.refusals import ScheduleInvalid


def subscriber_of(caller: Caller) -> Subscriber:
    """The caller with the rows they see now."""
    scope = caller.row_scope()
    return Subscriber(
        actor=caller.actor,
        roles=caller.roles,
        sees_all=scope.sees_all,
        zones=scope.zones,
        own_code=scope.partner_code,
    )


async def subscribe(
    work: UnitOfWork,
    rule: SubscriptionRule,
    subscriber: Subscriber,
    setting: Setting,
    domains: frozenset[str],
) -> UUID:
    """The id of the new one. DefinitionUnknown, RecipientOutside, CalendarNotKnown, PeriodUnknown, ScheduleInvalid."""
    subscription = ReportSubscription(
        id=uuid7(),
        revision=1,
        rule=rule,
        subscriber=subscriber,
        is_paused=False,
        settled_until_at=setting.at,
        next_due_at=None,
    )
    await _check_recipients(work, rule, subscriber, domains)
    await add_subscription(work.connection, await _started(work, subscription, setting.at), setting)
    return subscription.id


async def change_subscription(
    work: UnitOfWork,
    subscription: ReportSubscription,
    wanted: tuple[SubscriptionRule, Subscriber],
    setting: Setting,
    domains: frozenset[str],
) -> None:
    """The rule from now on, over the rows of whoever changes it."""
    rule, subscriber = wanted
    await _check_recipients(work, rule, subscriber, domains)
    settled = await _settled(work, subscription, setting.at)
    changed = replace(settled, rule=rule, subscriber=subscriber, revision=subscription.revision + 1)
    await write_version(work.connection, await _started(work, changed, setting.at), setting)


async def pause_subscription(work: UnitOfWork, subscription: ReportSubscription, setting: Setting) -> None:
    """Nothing falls due until it is resumed; SubscriptionState when it is paused already."""
    if subscription.is_paused:
        raise SubscriptionState(f"{subscription.rule.name} is paused already")
    settled = await _settled(work, subscription, setting.at)
    paused = replace(settled, is_paused=True, revision=subscription.revision + 1, next_due_at=None)
    await write_version(work.connection, paused, setting)


async def resume_subscription(work: UnitOfWork, subscription: ReportSubscription, setting: Setting) -> None:
    """It runs from now on; nothing of the pause is made up for. SubscriptionState when it is not paused."""
    if not subscription.is_paused:
        raise SubscriptionState(f"{subscription.rule.name} is not paused")
    resumed = replace(
        subscription, is_paused=False, revision=subscription.revision + 1, settled_until_at=setting.at
    )
    calendar = await calendar_of(work.connection, resumed.rule.calendar_code)
    await write_version(work.connection, with_next_run(resumed, calendar), setting)


async def subscription_wanted(
    work: UnitOfWork, subscription_id: UUID, caller: Caller, revision: int
) -> ReportSubscription:
    """The one to change, locked. SubscriptionUnknown; Stale when it is not at the revision any more."""
    found = await subscription_to_change(work.connection, subscription_id, caller.row_scope(), caller.actor)
    if found is None:
        raise SubscriptionUnknown(f"There is no subscription {subscription_id} of yours")
    if found.revision != revision:
        raise Stale(f"The subscription is at revision {found.revision} by now; read it again")
    return found


async def project_calendars(work: UnitOfWork, told: Sequence[Envelope[HolidayCalendarChangedV1]]) -> None:
    """Keep calendars; what follows one gets its next run anew, and what should have run before a holiday told too late
    runs now."""
    at = datetime.now(UTC)
    for event in (envelope.data for envelope in told):
        code = event.code
        before = (await known_calendars(work.connection, [code])).get(code)
        followers = await subscriptions_by_calendar(work.connection, code) if before else []
        settled = [await settle_until(work, one, before, at) for one in followers if before]
        if not await keep_calendar(work.connection, event):
            continue
        after = await calendar_of(work.connection, code)
        for one in settled:
            if before and (late := overtaken_times(one.rule.timing, before, after, at)):
                await fire(work, one, PlannedRun(at, late), at)
            await move_on(work.connection, with_next_run(one, after))


async def _settled(work: UnitOfWork, subscription: ReportSubscription, at: datetime) -> ReportSubscription:
    calendar = await calendar_of(work.connection, subscription.rule.calendar_code)
    return await settle_until(work, subscription, calendar, at)


async def _check_recipients(
    work: UnitOfWork, rule: SubscriptionRule, subscriber: Subscriber, domains: frozenset[str]
) -> None:
    problems = rule.outside_of(domains)
    unseen = await partners_unseen(work.connection, rule.partner_codes, subscriber)
    problems += [
        FieldProblem(f"/partner_codes/{place}", "no partner that you see has it") for place in unseen
    ]
    problems += [
        FieldProblem(f"/partner_zones/{place}", "expected a zone of yours")
        for place, zone in enumerate(rule.partner_zones)
        if not subscriber.sees_all and zone not in subscriber.zones
    ]
    if problems:
        raise RecipientOutside("The report may not go there", problems=problems)


def _check_measure(rule: SubscriptionRule, measures: Sequence[str]) -> None:
    if rule.threshold is not None and rule.threshold.measure not in measures:
        expected = f"expected one of {', '.join(measures)}" if measures else "the report has no figures"
        problem = FieldProblem("/threshold/measure", expected[:300])
        raise ScheduleInvalid("The report has no such figure", problems=[problem])


async def _started(work: UnitOfWork, subscription: ReportSubscription, at: datetime) -> ReportSubscription:
    """With its next run by a rule that was looked at."""
    rule = subscription.rule
    kept = await definition_for(work, rule.definition, subscription.subscriber)
    _check_measure(rule, measures_of(kept.definition))
    if rule.period is not None:
        resolved_period(rule.period, at.date())
    if rule.calendar_code and not await known_calendars(work.connection, [rule.calendar_code]):
        problem = FieldProblem("/calendar", "expected the code of a holiday calendar")
        raise CalendarNotKnown(f"There is no holiday calendar {rule.calendar_code}", problems=[problem])
    started = with_next_run(subscription, await calendar_of(work.connection, rule.calendar_code))
    if started.next_due_at is None and not started.is_paused:
        problem = FieldProblem("/cron", "no run follows within the validity and on working days")
        raise ScheduleInvalid("The subscription never runs", problems=[problem])
    return started
