"""Parameters are values and nothing else: no text of somebody's becomes SQL."""

from datetime import date

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.research.adapters.query_parameters import with_values
from services.research.domain.errors import SavedQueryInvalid
from services.research.domain.query_parameter import Parameter, ParameterType, literals, resolved_arguments

TODAY = date(2026, 3, 15)


def a_parameter(kind: ParameterType, default: str) -> Parameter:
    return Parameter(name="value", type=kind, default=default)


@settings(deadline=None, max_examples=50)
@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=200))
def test_any_text_stays_a_text(text: str) -> None:
    parameters = [a_parameter(ParameterType.TEXT, text)]
    sql = with_values(
        "SELECT $value AS told", literals(parameters, resolved_arguments(parameters, {}, TODAY))
    )

    assert duckdb.execute(sql).fetchall() == [(text,)]


@pytest.mark.parametrize(
    ("kind", "told", "wanted"),
    [
        (ParameterType.DATE, "today", "2026-03-15"),
        (ParameterType.DATE, "month_start", "2026-03-01"),
        (ParameterType.DATE, "previous_month_start", "2026-02-01"),
        (ParameterType.DATE, "year_start", "2026-01-01"),
        (ParameterType.DATE, "days_ago:15", "2026-02-28"),
        (ParameterType.INTEGER, "-12", "-12"),
        (ParameterType.DECIMAL, "12.50", "12.50"),
        (ParameterType.FLAG, "true", "true"),
    ],
)
def test_values_are_read_by_their_type(kind: ParameterType, told: str, wanted: str) -> None:
    assert resolved_arguments([a_parameter(kind, told)], {}, TODAY) == {"value": wanted}


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (ParameterType.DATE, "yesterday"),
        (ParameterType.DATE, "days_ago:-1"),
        (ParameterType.INTEGER, "1.5"),
        (ParameterType.INTEGER, "9" * 30),
        (ParameterType.DECIMAL, "NaN"),
        (ParameterType.DECIMAL, "1e99999"),
        (ParameterType.FLAG, "yes"),
        (ParameterType.TEXT, "x" * 201),
    ],
)
def test_other_values_are_refused_with_what_is_expected(kind: ParameterType, told: str) -> None:
    with pytest.raises(SavedQueryInvalid) as refused:
        resolved_arguments([a_parameter(kind, "0")], {"value": told}, TODAY)

    assert refused.value.problems[0].pointer == "/arguments/value"


def test_names_in_texts_and_remarks_are_no_parameters() -> None:
    sql = "SELECT '$no' AS a, $yes AS b -- $neither"

    assert with_values(sql, {"yes": "1"}) == "SELECT '$no' AS a,  1  AS b -- $neither"


@pytest.mark.parametrize("given_literals", [{}, {"value": "1", "other": "2"}])
def test_a_query_and_its_parameters_have_to_fit(given_literals: dict[str, str]) -> None:
    with pytest.raises(SavedQueryInvalid):
        with_values("SELECT $value", given_literals)
