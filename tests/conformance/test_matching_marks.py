"""The matching must book most receipts rightly and hardly any wrongly, on samples by others and on invented months."""

import os
from pathlib import Path

import pytest

from services.payments.domain.matching_policy import default_policy
from tests.conformance.narration_layouts import LAYOUTS
from tests.conformance.score_matching import Score, decide, read_labelled_statement, score
from tests.conformance.statement_generator import NUMBER_PATTERNS, invented_statement

PRECISION_MARK = 0.998


@pytest.mark.conformance
@pytest.mark.parametrize(("mixture", "mark"), [("mild", 0.985), ("hard", 0.98)])
@pytest.mark.parametrize("chunk", [100_000, 500])
def test_labelled_statements_are_booked_rightly(mixture: str, mark: float, chunk: int) -> None:
    samples = os.environ.get("SALESOPS_SAMPLES")
    if not samples:
        pytest.skip("SALESOPS_SAMPLES names no folder")
    statement = read_labelled_statement(Path(samples) / "data" / "cash-application" / mixture)

    result = score(statement, decide(statement, default_policy(), chunk=chunk))

    assert result.precision >= PRECISION_MARK, result.table()
    assert result.right_share >= mark, result.table()


@pytest.mark.parametrize(("mixture", "mark"), [("mild", 0.96), ("hard", 0.94)])
@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_invented_months_in_any_bank_layout_are_booked_rightly(
    layout: str, mixture: str, mark: float
) -> None:
    total = Score()
    for seed, pattern in enumerate(sorted(NUMBER_PATTERNS)):
        statement = invented_statement(
            seed=seed, layout=layout, pattern=pattern, mixture=mixture, line_count=120
        )
        result = score(statement, decide(statement, default_policy()))
        total.receipts += result.receipts
        total.right += result.right
        total.safe += result.safe
        total.wrong += result.wrong

    assert total.precision >= PRECISION_MARK, total.table()
    assert total.right_share >= mark, total.table()
