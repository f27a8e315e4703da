import pytest

from gateway.domain.crowding import Crowding


def share_of(*windows: tuple[int, float]) -> float | None:
    crowding = Crowding()
    for inside, seconds in windows:
        crowding.take(inside, seconds)
    return crowding.share()


def test_all_of_the_time_is_made_by_the_crowd_where_each_waits_for_all_others() -> None:
    assert share_of((10, 0.1), (20, 0.2), (40, 0.4)) == pytest.approx(1.0)


def test_nothing_is_made_by_the_crowd_where_many_take_as_long_as_few() -> None:
    assert share_of((10, 0.2), (20, 0.2), (40, 0.2)) == pytest.approx(0.0)


def test_share_is_that_among_as_many_as_were_inside_on_average() -> None:
    # 0.1 s alone and 1 ms for each; 100 of late
    assert share_of((50, 0.15), (150, 0.25), (50, 0.15), (150, 0.25)) == pytest.approx(0.5, abs=0.02)


def test_nothing_is_known_while_about_as_many_were_inside_all_the_time() -> None:
    assert share_of() is None
    assert share_of((64, 0.2), (64, 0.3), (63, 0.2)) is None


def test_what_was_long_ago_counts_no_more() -> None:
    queue_of_late = [(20 + number % 20, 0.01 * (20 + number % 20)) for number in range(200)]

    assert share_of(*((number, 0.2) for number in range(10, 60)), *queue_of_late) == pytest.approx(
        1.0, abs=0.01
    )
