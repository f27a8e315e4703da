import pytest

from shared import errors
from shared.errors import Conflict, Fault, FieldProblem, Refusal, SalesOpsError


def every(root: type[SalesOpsError]) -> list[type[SalesOpsError]]:
    """The class and all that derive from it in the shared tree."""
    found = [root]
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            found += every(child)
    return found


def test_codes_are_distinct_within_the_shared_tree() -> None:
    codes = [kind.code for kind in every(SalesOpsError) if kind is not Refusal]

    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("kind", every(Refusal))
def test_a_refusal_is_the_callers_to_mend(kind: type[Refusal]) -> None:
    assert 400 <= kind.status < 500 or kind.code == "busy"


@pytest.mark.parametrize("kind", every(Fault))
def test_a_fault_is_ours(kind: type[Fault]) -> None:
    assert 500 <= kind.status < 600


def test_a_refusal_is_never_a_fault() -> None:
    assert not set(every(Refusal)) & set(every(Fault))


def test_the_tree_drawn_in_the_module_names_every_refusal_with_its_status() -> None:
    drawn = errors.__doc__ or ""

    for kind in every(Refusal)[1:]:
        line = next(line for line in drawn.splitlines() if f"── {kind.__name__} " in line)
        assert str(kind.status) in line  # type: ignore[attr-defined]


def test_an_error_carries_its_detail_its_facts_and_its_bad_values() -> None:
    problem = FieldProblem("/amount", "expected an amount above zero")

    error = Conflict("Receipt 7 is booked", problems=[problem], receipt="7", position=None)

    assert (str(error), error.detail) == ("Receipt 7 is booked", "Receipt 7 is booked")
    assert error.facts == {"receipt": "7", "position": None}
    assert error.problems == (problem,)
