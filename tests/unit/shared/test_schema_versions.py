"""When a process serves on the schema it finds: during a release old processes meet the new schema."""

import pytest

from shared.migrations.runner import OWNERS, SchemaVersions, schema_versions

VERSIONS = SchemaVersions(newest="0003", known=frozenset({"0001", "0002", "0003"}))


def test_schema_this_code_was_written_for_suits() -> None:
    assert VERSIONS.suit("0003")


def test_schema_of_a_later_release_suits_because_it_comes_before_its_processes() -> None:
    assert VERSIONS.suit("0004")


@pytest.mark.parametrize("found", ["0001", "0002"])
def test_schema_that_still_has_to_be_migrated_does_not_suit(found: str) -> None:
    assert not VERSIONS.suit(found)


def test_database_without_a_schema_does_not_suit() -> None:
    assert not VERSIONS.suit(None)


@pytest.mark.parametrize("owner", sorted(OWNERS))
def test_newest_version_of_a_service_is_one_of_those_known(owner: str) -> None:
    versions = schema_versions(owner)

    assert versions.newest in versions.known
    assert versions.suit(versions.newest)
