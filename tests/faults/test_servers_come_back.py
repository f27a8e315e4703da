"""The servers of a fragile system keep address and data through a crash."""

import psycopg

from tests.faults.processes import FragileSystem


def test_both_servers_come_back_on_the_same_addresses_with_their_data(system: FragileSystem) -> None:
    system.start()
    before = system.database_url("payments"), system.amqp_url("payments")
    with psycopg.connect(before[0]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS id")

    system.kill("PostgreSQL", "RabbitMQ")
    assert not system.runs("PostgreSQL")
    system.start()

    assert (system.database_url("payments"), system.amqp_url("payments")) == before
    with psycopg.connect(before[0]) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1,)


def test_a_frozen_database_answers_again_when_thawed(system: FragileSystem) -> None:
    system.start()
    url = system.database_url("payments")

    with system.frozen("PostgreSQL"):
        assert system.runs("PostgreSQL")

    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
