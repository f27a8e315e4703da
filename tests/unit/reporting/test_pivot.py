"""Pivots: a group's values as columns, with the sum of what adds up."""

from services.reporting.domain.pivot import pivoted
from services.reporting.domain.report_definition import Function, ReportDefinition
from services.reporting.domain.shipped_definitions import AGEING, DELIVERY_SCORE
from tests.factories.report_definitions import with_changes


def a_pivot() -> ReportDefinition:
    return with_changes(AGEING, groups=("zone", "age_band"))


def test_values_become_columns_and_nothing_is_nought_where_it_adds_up() -> None:
    rows = [
        ("North", "not due", "INR", 5, 0, 1),
        ("North", "1-30 days", "INR", 7, 7, 1),
        ("West", None, "INR", 2, 0, 1),
    ]

    columns, turned = pivoted(a_pivot(), rows)

    assert [column.title for column in columns] == [
        "Zone", "Currency", "(none)", "1-30 days", "not due", "Total",
    ]  # fmt: skip
    assert turned == [("North", "INR", 0, 7, 5, 12), ("West", "INR", 2, 0, 0, 2)]


def test_a_share_has_no_sum_and_is_unknown_where_there_is_nothing() -> None:
    share = DELIVERY_SCORE.measures[1]
    definition = with_changes(
        DELIVERY_SCORE, groups=("zone", "partner_code"), measures=(share,), pivot_by="partner_code"
    )

    columns, turned = pivoted(definition, [("North", "A", 1), ("West", "B", 2)])

    assert share.function is Function.SHARE
    assert [column.title for column in columns] == ["Zone", "A", "B"]
    assert turned == [("North", 1, None), ("West", None, 2)]
