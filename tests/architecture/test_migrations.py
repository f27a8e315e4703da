"""The migrations and the tables in the code say the same."""

import pytest
from alembic import command

from shared.migrations.owners import OWNERS
from shared.migrations.runner import alembic_config, upgrade
from tests.provisions import DatabaseFactory


@pytest.mark.parametrize("owner", sorted(OWNERS))
async def test_migrated_empty_database_is_what_the_code_believes_in(
    owner: str, empty_database: DatabaseFactory
) -> None:
    url = await empty_database(owner)

    upgrade(owner, url)

    command.check(alembic_config(owner, url))


@pytest.mark.parametrize("owner", sorted(OWNERS))
async def test_migrating_twice_changes_nothing(owner: str, empty_database: DatabaseFactory) -> None:
    url = await empty_database(owner)
    upgrade(owner, url)

    upgrade(owner, url)

    command.check(alembic_config(owner, url))
