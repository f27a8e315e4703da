import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.prefer import WAIT_SECONDS_MAX, wait_seconds


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("wait=60", 60.0),
        ("wait=0", 0.0),
        ("respond-async, wait=10", 10.0),
        ("wait=10; foo=bar", 10.0),
        ("handling=lenient,wait=7", 7.0),
        ("Wait=30", 30.0),
        ("wait = 5", 5.0),
        ('wait="12"', 12.0),
        ("wait=5, wait=9", 5.0),
    ],
)
def test_a_caller_says_how_long_to_wait_as_rfc_7240_writes_it(header: str, seconds: float) -> None:
    assert wait_seconds(header, default=20.0) == seconds


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "wait",
        "wait=",
        "wait=soon",
        "wait=-5",
        "wait=1.5",
        "nowait=5",
        "await=5",
        "foo; wait=5",
        "wait=5s",
        "wait=٣",
    ],
)
def test_a_preference_that_is_not_understood_is_ignored(header: str | None) -> None:
    assert wait_seconds(header, default=20.0) == 20.0


@pytest.mark.parametrize("header", ["wait=121", "wait=999999", "wait=99999999999999999999"])
def test_nobody_waits_longer_than_the_most_we_allow(header: str) -> None:
    assert wait_seconds(header, default=0.0) == WAIT_SECONDS_MAX


@given(st.text(max_size=200))
def test_any_header_gives_a_bounded_wait(header: str) -> None:
    assert 0.0 <= wait_seconds(header, default=20.0) <= WAIT_SECONDS_MAX
