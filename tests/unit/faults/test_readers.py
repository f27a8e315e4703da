"""What a reader tells names every answer that was none, and only those."""

from collections import Counter

from tests.faults.exercise.readers import Reads


def test_what_failed_is_whatever_was_not_answered_200() -> None:
    reads = Reads(Counter({"/v1/me 200": 5, "/v1/partners 503 busy": 2, "/v1/me ReadTimeout": 1}), 2.04)

    assert reads.failed == Counter({"/v1/partners 503 busy": 2, "/v1/me ReadTimeout": 1})
    assert str(reads).startswith("8 reads of 6 lists, the slowest 2.0 s, failed: ")


def test_nothing_failed_when_all_was_answered() -> None:
    assert str(Reads(Counter({"/v1/me 200": 5}), 0.1)).endswith("failed: none")
