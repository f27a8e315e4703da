"""The oracle of the exercise of faults notices what is missing, what is twice and what nobody sent."""

from tests.faults.exercise.load import Attempts
from tests.faults.exercise.oracle import about_bookings


def attempts() -> Attempts:
    return Attempts("ACC", "CP", amounts={"A": 100, "B": 200, "C": 300}, acknowledged={"A", "B"})


def test_what_was_sent_may_be_booked_or_not_until_it_is_acknowledged() -> None:
    assert about_bookings([("A", 100), ("B", 200)], attempts()) == []
    assert about_bookings([("A", 100), ("B", 200), ("C", 300)], attempts()) == []


def test_every_kind_of_mistake_is_named() -> None:
    assert about_bookings([("A", 100)], attempts()) == ["B was acknowledged and is not booked"]
    assert about_bookings([("A", 100), ("A", 100), ("B", 200)], attempts()) == ["A is booked twice"]
    assert about_bookings([("A", 100), ("B", 200), ("X", 1)], attempts()) == [
        "X is booked and nobody sent it"
    ]
    assert about_bookings([("A", 100), ("B", 2)], attempts()) == ["B is booked with 2, sent with 200"]


def test_silence_and_recovery_are_told_by_acknowledgements() -> None:
    known = attempts()
    known.acknowledged_at = [1.0, 2.0, 7.5, 8.0]

    assert known.longest_silence_seconds() == 5.5
    assert known.recovery_seconds(6.0) == 1.5
    assert known.recovery_seconds(9.0) == 0.0
