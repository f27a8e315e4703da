"""The matching must book most receipts rightly and hardly any wrongly, on samples by others and on invented months."""

import os
from pathlib import Path

import pytest

from services.payments.domain.matching_policy import default_policy
from tests.conformance.labelled_statement import read_labelled_statement
from tests.conformance.narration_layouts import LAYOUTS
from tests.conformance.score_matching import Score, decide, score
from tests.conformance.statement_generator import NUMBER_PATTERNS, invented_statement

PRECISION_MARK = 0.999
# Of the receipts left to a person whose line allows to know the answer; some twenty in these months.
FIRST_CHOICE_MARK = 0.9
# Half of all pairs, every pattern and every layout among them; `make evaluate-matching` scores every pair.
PATTERNS_PER_LAYOUT = 5


@pytest.mark.conformance
@pytest.mark.parametrize(("mixture", "mark", "chunk"), [("mild", 0.99, 100_000), ("hard", 0.985, 500)])
def test_labelled_statements_are_booked_rightly(mixture: str, mark: float, chunk: int) -> None:
    samples = os.environ.get("SALESOPS_SAMPLES")
    if not samples:
        pytest.skip("SALESOPS_SAMPLES names no folder")
    statement = read_labelled_statement(Path(samples) / "data" / "cash-application" / mixture)

    result = score(statement, decide(statement, default_policy(), chunk=chunk))

    assert result.precision >= PRECISION_MARK, result.table()
    assert result.right_share >= mark, result.table()


@pytest.mark.parametrize(
    ("mixture", "mark", "first_mark"),
    [("mild", 0.98, FIRST_CHOICE_MARK), ("hard", 0.965, FIRST_CHOICE_MARK), ("agreed", 0.975, 0.85)],
)
def test_invented_months_in_any_bank_layout_are_booked_rightly(
    mixture: str, mark: float, first_mark: float
) -> None:
    total = Score()
    patterns = list(enumerate(sorted(NUMBER_PATTERNS)))
    for number, layout in enumerate(sorted(LAYOUTS)):
        of_layout = Score()
        first = number * PATTERNS_PER_LAYOUT % len(patterns)
        for seed, pattern in patterns[first : first + PATTERNS_PER_LAYOUT]:
            statement = invented_statement(
                seed=seed, layout=layout, pattern=pattern, mixture=mixture, line_count=120
            )
            of_layout.add(score(statement, decide(statement, default_policy())))
        assert of_layout.right_share >= mark, f"{layout}\n{of_layout.table()}"
        total.add(of_layout)

    assert total.precision >= PRECISION_MARK, total.table()
    assert total.first_share >= first_mark, total.table()


@pytest.mark.parametrize(("mixture", "mark"), [("mild", 0.97), ("hard", 0.95)])
def test_a_month_of_one_partner_with_hundreds_of_open_invoices_is_booked_rightly(
    mixture: str, mark: float
) -> None:
    statement = invented_statement(
        seed=1, layout="hdfc", pattern="ENG/26-27/00412", mixture=mixture, partner_count=1, line_count=800
    )

    result = score(statement, decide(statement, default_policy(), chunk=2_000))

    assert result.precision >= PRECISION_MARK, result.table()
    assert result.right_share >= mark, result.table()
