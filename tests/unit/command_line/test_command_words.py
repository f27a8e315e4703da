"""The common options may stand anywhere on the line, and values are shown as people read them."""

import pytest

from clients.command_line.app import hoisted
from clients.command_line.screen import shown, telling_columns


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["list", "receipts", "--json"], ["--json", "list", "receipts"]),
        (["whoami", "--profile", "test"], ["--profile", "test", "whoami"]),
        (["whoami", "--url=http://x", "--json"], ["--url=http://x", "--json", "whoami"]),
        (["get", "--", "--json"], ["get", "--", "--json"]),
        (["list", "x", "--limit", "5"], ["list", "x", "--limit", "5"]),
        (["whoami", "--profile"], ["--profile", "whoami"]),
    ],
)
def test_common_options_are_understood_wherever_they_stand(words: list[str], expected: list[str]) -> None:
    assert hoisted(words) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        ({"amount": "1.50", "currency": "INR"}, "1.50 INR"),
        ({"code": "x"}, '{"code": "x"}'),
        (["a", "b"], "a, b"),
        (7, "7"),
    ],
)
def test_a_value_is_shown_as_a_person_reads_it(value: object, text: str) -> None:
    assert shown(value) == text


def test_a_table_shows_what_fits_a_column() -> None:
    rows = [
        {
            "id": "1",
            "note": "",
            "reasons": [],
            "amount": {"amount": "1.00", "currency": "INR"},
            "owner": None,
        },
        {
            "id": "2",
            "note": "",
            "reasons": ["x"],
            "amount": {"amount": "2.00", "currency": "INR"},
            "owner": "p",
        },
    ]

    assert telling_columns(rows) == ["id", "amount", "owner"]
    assert telling_columns([]) == []
