"""Scores the matching on labelled bank statements: make evaluate-matching FOLDER=… [ARGS=--misses]

Without a folder it invents months in every bank's layout. The table counts receipts by what the payer meant; a receipt is
right when partner, invoices, deductions and rest all are, safe when it waits on the right partner's account, and asked
when a person has to decide.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from services.payments.domain.decision import Decision
from services.payments.domain.matching_policy import default_policy
from tests.conformance.labelled_statement import LabelledStatement, Truth, read_labelled_statement
from tests.conformance.narration_layouts import LAYOUTS
from tests.conformance.score_matching import Score, decide, score
from tests.conformance.statement_generator import MIXTURES, NUMBER_PATTERNS, invented_statement


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="make evaluate-matching", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="with partners, invoices, statement and truth")
    parser.add_argument(
        "--misses", action="store_true", help="list every receipt that was not booked rightly"
    )
    parser.add_argument("--chunk", type=int, default=500, help="lines decided together, as an import does")
    parser.add_argument("--seed", type=int, default=0, help="of the invented months")
    parser.add_argument("--lines", type=int, default=240, help="of each invented month")
    given = parser.parse_args(arguments)
    if given.folder is not None:
        statements = iter([(given.folder.name, read_labelled_statement(given.folder))])
    else:
        statements = _invented(given.seed, given.lines)
    by_name: dict[str, Score] = {}
    for name, statement in statements:
        by_name.setdefault(name, Score()).add(_scored(statement, given.chunk, is_told=given.misses))
    for name, result in by_name.items():
        print(f"\n{name}\n{result.table()}")


def _invented(seed: int, line_count: int) -> Iterator[tuple[str, LabelledStatement]]:
    for mixture in MIXTURES:
        for layout in sorted(LAYOUTS):
            for number, pattern in enumerate(sorted(NUMBER_PATTERNS)):
                yield (
                    mixture,
                    invented_statement(
                        seed=seed + number,
                        layout=layout,
                        pattern=pattern,
                        mixture=mixture,
                        line_count=line_count,
                    ),
                )


def _scored(statement: LabelledStatement, chunk: int, *, is_told: bool) -> Score:
    started = time.process_time()
    decisions = decide(statement, default_policy(), chunk=chunk)
    elapsed = time.process_time() - started
    result = score(statement, decisions)
    if is_told:
        print(f"{len(decisions)} lines in {elapsed:.2f} s of one core")
        for verdict, truth, decision in result.misses:
            _tell_miss(statement, verdict, truth, decision)
    return result


def _tell_miss(statement: LabelledStatement, verdict: str, truth: Truth, decision: Decision) -> None:
    line = statement.lines[truth.line_number - 1]
    print(
        f"{verdict:6s} {truth.line_number:5d} {line.narration} | {line.amount_minor / 100:.2f} | {truth.category}"
    )
    print(
        f"       meant {truth.partner_code} {truth.allocations} less {truth.deductions} +{truth.on_account_minor}"
    )
    paid = [(a.invoice_number, a.amount_minor) for a in decision.allocations]
    print(
        f"       given {decision.outcome} {decision.partner_code} {paid} +{decision.on_account_minor}",
        end=" ",
    )
    print([reason.code for reason in decision.reasons])
    for other in decision.alternatives[:3]:
        invoices = [a.invoice_number for a in other.allocations]
        print(f"         {other.share:3d} % {other.partner_code} {invoices} +{other.on_account_minor}")


if __name__ == "__main__":
    main()
