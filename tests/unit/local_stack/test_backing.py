"""Addresses in the environment replace our own servers."""

from pathlib import Path

import pytest

from deploy.local.backing import Backings
from deploy.local.child import Guard
from deploy.local.folder import Memory, StackFolder
from deploy.local.topology import DATABASE_OWNERS

URLS = {f"{owner.upper()}_DATABASE_URL": f"postgresql://elsewhere/{owner}" for owner in DATABASE_OWNERS}


@pytest.fixture
def guard() -> Guard:
    """Starts nothing, so it needs no guardian process."""
    return Guard.__new__(Guard)


def backings(folder: Path, guard: Guard, environment: dict[str, str]) -> Backings:
    folder.mkdir(exist_ok=True)
    return Backings(StackFolder(folder), Memory(StackFolder(folder)), guard, environment)


def test_nothing_of_our_own_is_started_when_every_address_is_given(tmp_path: Path, guard: Guard) -> None:
    given = backings(tmp_path, guard, {**URLS, "AMQP_URL": "amqp://elsewhere"})

    backing = given.prepare()

    assert (given.databases, given.brokers) == ([], [])
    assert backing.database_urls["payments"] == "postgresql://elsewhere/payments"
    assert set(backing.amqp_urls.values()) == {"amqp://elsewhere"}


def test_one_missing_database_is_reason_enough_for_our_own_server(tmp_path: Path, guard: Guard) -> None:
    environment = {name: url for name, url in URLS.items() if not name.startswith("RESEARCH")}

    assert len(backings(tmp_path, guard, environment).databases) == 1


def test_the_nodes_of_two_folders_have_other_names(tmp_path: Path, guard: Guard) -> None:
    first, second = (backings(tmp_path / name, guard, URLS).brokers[0].place for name in ("first", "second"))

    assert first.node_name != second.node_name
