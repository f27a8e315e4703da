"""Documents: how long they are kept, and what their files are called."""

from datetime import date

import pytest

from services.partners.domain.document import RetentionRule, file_name, keep_until

RULES = (
    RetentionRule("order_board", date(2014, 4, 1), 8),
    RetentionRule("order_board", date(2027, 4, 1), 10),
    RetentionRule("report", date(2014, 4, 1), 3),
)


@pytest.mark.parametrize(
    ("kind", "last_on", "until"),
    [
        ("order_board", date(2026, 10, 10), date(2035, 3, 31)),
        ("order_board", date(2026, 3, 31), date(2034, 3, 31)),
        ("order_board", date(2027, 4, 1), date(2038, 3, 31)),
        ("order_board", date(2010, 5, 5), date(2019, 3, 31)),
        ("report", date(2027, 1, 1), date(2030, 3, 31)),
    ],
)
def test_a_document_is_kept_for_full_financial_years_after_its_own(
    kind: str, last_on: date, until: date
) -> None:
    assert keep_until(kind, last_on, RULES) == until


def test_a_file_name_leads_nowhere_and_breaks_no_header() -> None:
    assert file_name(["payment-sheet", "../CP\r\n0001", "2026-11-25"], "pdf") == (
        "payment-sheet_CP-0001_2026-11-25.pdf"
    )
