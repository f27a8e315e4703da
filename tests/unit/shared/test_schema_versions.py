"""When a process serves on the schema it finds: during a release old processes meet the new schema."""

import pytest
from alembic.script import ScriptDirectory

from shared.migrations.owners import OWNERS
from shared.migrations.runner import alembic_config
from shared.migrations.versions import SchemaVersions, schema_versions

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
def test_versions_told_by_the_names_of_the_files_are_those_that_the_migrations_say(owner: str) -> None:
    scripts = ScriptDirectory.from_config(alembic_config(owner, ""))

    versions = schema_versions(owner)

    assert versions.newest == scripts.get_current_head()
    assert versions.known == {script.revision for script in scripts.walk_revisions()}
