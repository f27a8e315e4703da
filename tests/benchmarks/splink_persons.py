"""The yardstick of P15: Splink links two lists of persons, as somebody would who knows the library and these columns.

Run by an interpreter that has Splink 5: `python splink_persons.py FIRST.csv SECOND.csv` prints one line of JSON with the
seconds from the lists in memory to the pairs in memory, and the pairs of even odds and more by their `rec_id`.
"""

import json
import sys
import time

import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]
import splink.comparison_library as compare  # type: ignore[import-not-found,unused-ignore]
from splink import DuckDBAPI, Linker, SettingsCreator, block_on  # type: ignore[import-not-found,unused-ignore]

MEETING = [
    block_on("given_name", "surname"), block_on("date_of_birth"), block_on("soc_sec_id"), block_on("postcode"),
    block_on("state", "address_1"), block_on("street_number", "address_1"),
]  # fmt: skip
COMPARED = [
    compare.NameComparison("given_name"), compare.NameComparison("surname"), compare.ExactMatch("date_of_birth"),
    compare.DamerauLevenshteinAtThresholds("soc_sec_id", [2]), compare.ExactMatch("street_number"),
    compare.DamerauLevenshteinAtThresholds("postcode", [2]),
]  # fmt: skip


def main() -> None:
    lists = [pd.read_csv(name, skipinitialspace=True, dtype=str) for name in sys.argv[1:3]]
    for one in lists:
        one.columns = [name.strip() for name in one.columns]
    started = time.perf_counter()
    engine = DuckDBAPI()
    settings = SettingsCreator(
        link_type="link_only", unique_id_column_name="rec_id", comparisons=COMPARED,
        blocking_rules_to_generate_predictions=MEETING,
    )  # fmt: skip
    linker = Linker([engine.register(one) for one in lists], settings)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for meeting in (block_on("date_of_birth"), block_on("postcode")):
        linker.training.estimate_parameters_using_expectation_maximisation(meeting)
    pairs = linker.inference.predict(threshold_match_probability=0.5).as_pandas_dataframe()
    seconds = time.perf_counter() - started
    found = pairs[["rec_id_l", "rec_id_r"]].values.tolist()
    print(json.dumps({"seconds": seconds, "pairs": found}))


if __name__ == "__main__":
    main()
