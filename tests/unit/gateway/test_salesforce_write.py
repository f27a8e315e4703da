from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.domain.salesforce_replies import Usage, usage_of
from gateway.domain.salesforce_write import (
    FAILURES_MAX,
    PartnerFigures,
    WriteMapping,
    WriteSubject,
    mapping_problems,
    next_attempt_at,
    outgoing_fields,
)

NOON = datetime(2026, 10, 20, 6, 30, tzinfo=UTC)
MAPPING = WriteMapping(
    subject=WriteSubject.PARTNER_FIGURES,
    object_name="Account",
    external_id_field="SalesOps_Partner_Code__c",
    fields={"outstanding": "Outstanding__c", "overdue": "Overdue__c"},
    is_active=True,
    is_dry_run=False,
    revision=1,
)
FIGURES = PartnerFigures(
    partner_code="CP1",
    outstanding_minor=1_234_567_89,
    overdue_minor=0,
    oldest_due_on=None,
    last_receipt_on=date(2026, 10, 1),
    booked_count=3,
    on_time_count=2,
    as_of_on=date(2026, 10, 20),
)


def test_values_go_under_their_names_and_those_without_stay_here() -> None:
    assert outgoing_fields(MAPPING, FIGURES.values()) == {"Outstanding__c": 1234567.89, "Overdue__c": 0.0}


def test_two_of_three_in_time_are_67_percent() -> None:
    assert FIGURES.values()["on_time_percent"] == 66.7


def test_without_receipts_there_is_no_share() -> None:
    assert replace(FIGURES, booked_count=0, on_time_count=0).values()["on_time_percent"] is None


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"fields": {"owed": "Outstanding__c"}}, "/fields/owed"),
        ({"fields": {"overdue": "Overdue c"}}, "/fields/overdue"),
        ({"fields": {"overdue": "A__c", "outstanding": "A__c"}}, "/fields"),
        ({"fields": {"overdue": "SalesOps_Partner_Code__c"}}, "/fields"),
        ({"object_name": "Account/../User"}, "/object_name"),
        ({"external_id_field": "Id?x=1"}, "/external_id_field"),
    ],
)
def test_a_mapping_that_cannot_be_says_where(changes: dict[str, object], pointer: str) -> None:
    problems = mapping_problems(replace(MAPPING, **changes))  # type: ignore[arg-type]

    assert [problem.pointer for problem in problems] == [pointer]


def test_waits_double_up_to_two_hours_and_end() -> None:
    waits = [next_attempt_at(failures, NOON) for failures in range(1, FAILURES_MAX + 1)]

    minutes = [int((due - NOON) / timedelta(minutes=1)) for due in waits if due]
    assert minutes == [1, 2, 4, 8, 16, 32, 64, 120, 120]
    assert waits[-1] is None


@pytest.mark.parametrize(
    ("header", "usage"),
    [
        ("api-usage=18/5000", Usage(18, 5000)),
        ("api-usage=25/5000; per-app-api-usage=17/250(appName=sample)", Usage(25, 5000)),
        ("per-app-api-usage=17/250(appName=sample)", None),
        ("api-usage=1/0", None),
        ("nonsense", None),
        (None, None),
    ],
)
def test_the_header_of_limits_is_read(header: str | None, usage: Usage | None) -> None:
    assert usage_of(header) == usage


@pytest.mark.parametrize(("used", "is_over"), [(11_999, False), (12_000, True), (15_000, True)])
def test_eighty_percent_of_fifteen_thousand_are_twelve_thousand(used: int, is_over: bool) -> None:
    assert Usage(used, 15_000).exceeds(80) is is_over
