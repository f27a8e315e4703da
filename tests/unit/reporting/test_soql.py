"""SOQL as far as it is understood here: whether a query job takes it, and how its rows are counted."""

import pytest

from services.reporting.domain.soql import count_query, is_for_jobs


@pytest.mark.parametrize(
    ("query", "is_for"),
    [
        ("SELECT Id, Owner.Name FROM Account", True),
        ("select Id from Account where Name = 'GROUP BY' order by Id", True),
        ("SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact)", True),
        ("SELECT toLabel(Status) FROM Order WHERE Count__c > 1", True),
        ("SELECT Zone__c, COUNT(Id) FROM Account GROUP BY Zone__c", False),
        ("SELECT COUNT() FROM Account", False),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", False),
        ("SELECT Id FROM Account LIMIT 5 OFFSET 5", False),
        ("SELECT TYPEOF What WHEN Account THEN Phone END FROM Event", False),
        ("SELECT FIELDS(ALL) FROM Account LIMIT 200", False),
    ],
)
def test_jobs_take_plain_queries_alone(query: str, is_for: bool) -> None:
    assert is_for_jobs(query) is is_for


@pytest.mark.parametrize(
    ("query", "counting"),
    [
        ("SELECT Id, Name FROM Account", "SELECT COUNT() FROM Account"),
        (
            "SELECT Id FROM Account WHERE Name LIKE '%ORDER BY%' ORDER BY Name DESC LIMIT 10",
            "SELECT COUNT() FROM Account WHERE Name LIKE '%ORDER BY%' LIMIT 10",
        ),
        (
            r"SELECT Id FROM Account WHERE Name = 'it\'s FROM' ORDER BY Name",
            r"SELECT COUNT() FROM Account WHERE Name = 'it\'s FROM'",
        ),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact ORDER BY Id)",
            "SELECT COUNT() FROM Account WHERE Id IN (SELECT AccountId FROM Contact ORDER BY Id)",
        ),
    ],
)
def test_rows_are_counted_under_the_same_conditions(query: str, counting: str) -> None:
    assert count_query(query) == counting
