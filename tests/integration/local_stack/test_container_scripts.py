"""The script that the postgres image runs when its volume is new."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy.local.child import Guard
from deploy.local.ports import free_ports
from deploy.local.postgres import Durability, PostgresPlace, PostgresServer, packaged_binaries

SCRIPT = Path(__file__).parents[3] / "deploy" / "postgres" / "create-databases.sh"
SERVICES = ("payments", "partners", "reporting", "research", "gateway")


@pytest.fixture
def new_server(open_folder: Path) -> Iterator[PostgresServer]:
    guard = Guard()
    place = PostgresPlace(
        open_folder / "postgres", free_ports(1)[0], open_folder / "log", "secret", Durability.THROWAWAY
    )
    server = PostgresServer(place, guard)
    server.start()
    yield server
    server.kill()
    guard.close()


def test_each_service_gets_a_database_that_no_other_may_enter(new_server: PostgresServer) -> None:
    passwords = {f"{service.upper()}_DATABASE_PASSWORD": f"it's {service}" for service in SERVICES}
    connection = {"PGHOST": "127.0.0.1", "PGPORT": str(new_server.place.port), "PGPASSWORD": "secret"}
    path = f"{packaged_binaries()}:{os.environ['PATH']}"

    subprocess.run(
        ["sh", SCRIPT], env={"POSTGRES_USER": "postgres", "PATH": path, **connection, **passwords}, check=True
    )

    for service in SERVICES:
        psycopg.connect(new_server.place.url(service, user=service, password=f"it's {service}")).close()
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(new_server.place.url("payments", user="research", password="it's research"))
