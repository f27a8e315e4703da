"""Between which limits the values of a matching policy make sense, so that no draft makes the matching blind or endless."""

import math
from collections.abc import Iterator
from dataclasses import fields
from typing import Final

from services.payments.domain.matching_policy import AmountWeights, MatchingPolicy, PayerWeights
from shared.errors import FieldProblem

WEIGHT_MAX: Final = 50.0
CERTAINTY_MIN: Final = 0.5
CAP_MINOR_MAX: Final = 10_000_00
CHARGES_MAX: Final = 50
# Work grows with these: the sums of 22 invoices, five at a time, are some 35,000.
BOUNDS_MAX: Final = {
    "items_max": 50_000,
    "run_items_max": 1_000,
    "run_length_max": 40,
    "loose_items_max": 22,
    "loose_size_max": 6,
    "loose_found_max": 200,
    "far_items_max": 200,
    "far_found_max": 200,
    "rounds_max": 100,
    "looks_max": 200,
    "wave_lines_max": 1_000,
}
CANDIDATES_MAX: Final = 50
# Weights that may be negative, because they speak for an explanation.
SPEAKING_FOR: Final = {"tds_by_deductor": -WEIGHT_MAX}


def policy_problems(policy: MatchingPolicy) -> list[FieldProblem]:
    """Every value outside its limits."""
    return [
        *_weights("payer", policy.payer),
        *_weights("amount", policy.amount),
        *_bounds(policy),
        *_certainties(policy),
        *_caps(policy),
    ]


def _weights(group: str, weights: PayerWeights | AmountWeights) -> Iterator[FieldProblem]:
    for field in fields(weights):
        value = getattr(weights, field.name)
        highest = CANDIDATES_MAX if field.name == "candidates_max" else WEIGHT_MAX
        lowest = 1 if field.name == "candidates_max" else SPEAKING_FOR.get(field.name, 0)
        if not math.isfinite(value) or not lowest <= value <= highest:
            yield FieldProblem(f"/changes/{group}/{field.name}", f"expected {lowest:g} to {highest:g}")


def _bounds(policy: MatchingPolicy) -> Iterator[FieldProblem]:
    for field in fields(policy.bounds):
        highest = BOUNDS_MAX[field.name]
        if not 1 <= getattr(policy.bounds, field.name) <= highest:
            yield FieldProblem(f"/changes/bounds/{field.name}", f"expected 1 to {highest}")


def _certainties(policy: MatchingPolicy) -> Iterator[FieldProblem]:
    for name in ("allocation_certainty", "payer_certainty"):
        if not CERTAINTY_MIN <= getattr(policy, name) < 1:
            yield FieldProblem(f"/changes/{name}", f"expected {CERTAINTY_MIN} or more and less than 1")


def _caps(policy: MatchingPolicy) -> Iterator[FieldProblem]:
    for name in ("bank_charge_cap_minor", "overpaid_cap_minor"):
        if not 0 <= getattr(policy, name) <= CAP_MINOR_MAX:
            yield FieldProblem(f"/changes/{name}", f"expected 0 to {CAP_MINOR_MAX} minor units")
    charges = policy.bank_charges_minor
    if not 1 <= len(charges) <= CHARGES_MAX or not all(0 < charge <= CAP_MINOR_MAX for charge in charges):
        yield FieldProblem(
            "/changes/bank_charges_minor", f"expected 1 to {CHARGES_MAX} amounts of 1 to {CAP_MINOR_MAX} each"
        )
