"""In which form a list is wanted: JSON in pages, or whole as CSV or XLSX."""

from enum import StrEnum
from typing import Final


class Medium(StrEnum):
    """The value of `format=`."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES: Final = {
    Medium.JSON: "application/json",
    Medium.CSV: "text/csv",
    Medium.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def wanted_medium(asked: Medium | None, accept: str) -> Medium:
    """`format=` decides; without it the `Accept` header by its weights (RFC 9110, 12.5.1), JSON when it is silent.

    A header that accepts none of the three gets JSON, which the RFC allows and scripts expect.
    """
    if asked is not None:
        return asked
    weights = dict(_weight(part) for part in accept.lower().split(",") if part.strip())
    if not weights:
        return Medium.JSON

    def weight(medium: Medium) -> float:
        media_type = MEDIA_TYPES[medium]
        ranges = (media_type, media_type.partition("/")[0] + "/*", "*/*")
        return next((weights[one] for one in ranges if one in weights), 0.0)

    best = max(Medium, key=weight)  # the first of equals, which is JSON
    return best if weight(best) > 0 else Medium.JSON


def _weight(part: str) -> tuple[str, float]:
    media_type, *parameters = (one.strip() for one in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return media_type, min(max(float(value), 0.0), 1.0)
            except ValueError:
                return media_type, 0.0
    return media_type, 1.0
