import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from shared.primary import conninfo_of, database_url
from shared.server_addresses import each_address

THREE = "amqp://payments:a%2Cb%40c@one:5672,two:5673,three:5674/salesops"
TWO = "postgresql://payments:p%40ss%2C@one:5432,two:5433/payments"


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        (
            THREE,
            [
                "amqp://payments:a%2Cb%40c@one:5672/salesops",
                "amqp://payments:a%2Cb%40c@two:5673/salesops",
                "amqp://payments:a%2Cb%40c@three:5674/salesops",
            ],
        ),
        ("amqp://one/%2F", ["amqp://one/%2F"]),
        ("postgresql://u:p@[::1]:1,[::2]:2/d?a=b", [
            "postgresql://u:p@[::1]:1/d?a=b", "postgresql://u:p@[::2]:2/d?a=b",
        ]),
        ("postgresql://u:p,q@one:5432/d", ["postgresql://u:p,q@one:5432/d"]),
        ("postgresql://u:p@one/d?options=a,b", ["postgresql://u:p@one/d?options=a,b"]),
    ],
)  # fmt: skip
def test_an_address_names_each_of_its_servers(url: str, addresses: list[str]) -> None:
    assert each_address(url) == addresses


def test_asyncpg_is_given_every_server_and_takes_only_one_that_writes() -> None:
    _, options = PGDialect_asyncpg().create_connect_args(database_url(TWO, driver="asyncpg"))

    assert options == {
        "user": "payments",
        "password": "p@ss,",
        "database": "payments",
        "host": ["one", "two"],
        "port": [5432, 5433],
        "target_session_attrs": "read-write",
    }


def test_psycopg_is_given_every_server_and_takes_only_one_that_writes() -> None:
    _, options = PGDialect_psycopg().create_connect_args(database_url(TWO, driver="psycopg"))

    assert (options["host"], options["port"]) == ("one,two", "5432,5433")
    assert (options["target_session_attrs"], options["connect_timeout"]) == ("read-write", "3")


def test_libpq_is_given_every_server_and_what_the_address_asks_for() -> None:
    found = conninfo_to_dict(conninfo_of(f"{TWO}?sslmode=require"))

    assert found == {
        "host": "one,two",
        "port": "5432,5433",
        "user": "payments",
        "password": "p@ss,",
        "dbname": "payments",
        "sslmode": "require",
        "target_session_attrs": "read-write",
        "connect_timeout": "3",
        "tcp_user_timeout": "15000",
        "keepalives_idle": "5",
        "keepalives_interval": "5",
        "keepalives_count": "2",
    }


def test_one_server_is_connected_to_as_before_but_for_its_having_to_write() -> None:
    url = database_url("postgresql://payments:p%40ss@one:5433/payments", driver="asyncpg")

    assert (url.host, url.port, url.password) == ("one", 5433, "p@ss")
    assert dict(url.query) == {"target_session_attrs": "read-write"}
