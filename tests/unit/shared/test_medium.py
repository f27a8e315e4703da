"""In which form a list is wanted."""

import pytest

from shared.medium import MEDIA_TYPES, Medium, wanted_medium

XLSX = MEDIA_TYPES[Medium.XLSX]


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", Medium.JSON),
        ("*/*", Medium.JSON),
        ("text/csv", Medium.CSV),
        ("TEXT/CSV; q=0.5, application/json;q=0.4", Medium.CSV),
        ("application/json, text/csv", Medium.JSON),
        ("text/*", Medium.CSV),
        (f"{XLSX}, */*;q=0.1", Medium.XLSX),
        ("text/csv;q=0, */*", Medium.JSON),
        ("text/html,application/xhtml+xml,*/*;q=0.8", Medium.JSON),
        ("image/png", Medium.JSON),
        ("text/csv;q=nonsense", Medium.JSON),
    ],
)
def test_the_accept_header_decides_by_its_weights(accept: str, wanted: Medium) -> None:
    assert wanted_medium(None, accept) is wanted


def test_the_parameter_comes_before_the_header() -> None:
    assert wanted_medium(Medium.XLSX, "text/csv") is Medium.XLSX
