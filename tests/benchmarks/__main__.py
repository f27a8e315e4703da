"""`make bench`: measures every ratio in one run on servers of its own, prints the table, writes JSON and a picture."""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from deploy.local.folder import StackFolder
from shared.migrations.runner import upgrade
from tests.benchmarks import (
    account_statement,
    booking,
    columnar_reports,
    entity_resolution,
    event_consumer,
    gateway_load,
    gateway_throughput,
    outbox_relay,
    partner_documents,
    receipts_over_http,
    statement_import,
)
from tests.benchmarks.ratios import Ratio, table, write_report
from tests.faults.processes import FragileSystem, fragile_system

REPORT = Path(__file__).parents[2] / ".local" / "bench"
Measure = Callable[[FragileSystem], Coroutine[Any, Any, Ratio]]


async def measure_booking(system: FragileSystem) -> Ratio:
    """P1 on durable databases."""
    urls = [await asyncio.to_thread(_payments_database, system, name) for name in ("bench_one", "bench_two")]
    return await booking.measure(urls)


async def measure_hot_partner(system: FragileSystem) -> Ratio:
    """P4 on a durable database."""
    url = await asyncio.to_thread(_payments_database, system, "bench_hot")
    return await booking.measure_hot_partner(url)


async def measure_import(system: FragileSystem) -> Ratio:
    """P5 through the gateway, by the real processes."""
    return await statement_import.measure(system)


async def measure_relay(system: FragileSystem) -> Ratio:
    """P7 on a durable database and broker."""
    url = await asyncio.to_thread(_payments_database, system, "bench_relay")
    return await outbox_relay.measure(url, system.amqp_url("payments"))


async def measure_consumer(system: FragileSystem) -> Ratio:
    """P8 on a durable database and broker."""
    url = await asyncio.to_thread(_payments_database, system, "bench_consumer")
    return await event_consumer.measure(url, system.amqp_url("payments"))


async def measure_statement(system: FragileSystem) -> Ratio:
    """P13 on a durable database."""
    url = await asyncio.to_thread(_payments_database, system, "bench_statement")
    return await account_statement.measure(url)


async def measure_columns(_system: FragileSystem) -> Ratio:
    """P14 without any server."""
    return await asyncio.to_thread(columnar_reports.measure)


async def measure_resolution(_system: FragileSystem) -> Ratio:
    """P15 without any server; Splink comes from PyPI into an environment of its own."""
    return await asyncio.to_thread(entity_resolution.measure)


async def measure_gateway(system: FragileSystem) -> Ratio:
    """P11 with one process each; nginx and wrk come from Debian."""
    url = await asyncio.to_thread(_database_of, system, "gateway", "bench_gateway")
    return await asyncio.to_thread(gateway_throughput.throughput_ratio, 1, url)


async def measure_partner_documents(_system: FragileSystem) -> Ratio:
    """P13 of order boards and payment sheets; needs no server."""
    return await asyncio.to_thread(partner_documents.measure)


def _payments_database(system: FragileSystem, name: str) -> str:
    return _database_of(system, "payments", name)


def _database_of(system: FragileSystem, owner: str, name: str) -> str:
    """Create a further database of a service, migrated."""
    admin, place = system.postgres.place.url(), make_url(system.database_url(owner))
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {} OWNER {}").format(Identifier(name), Identifier(owner)))
    url = place.set(database=name).render_as_string(hide_password=False)
    upgrade(owner, url)
    return url


MEASURES: dict[str, Measure] = {
    "P1": measure_booking,
    "P2": receipts_over_http.measure_batch,
    "P3": receipts_over_http.measure_singles,
    "P4": measure_hot_partner,
    "P5": measure_import,
    "P7": measure_relay,
    "P8": measure_consumer,
    "P10": gateway_load.measure_kept,
    "P11": measure_gateway,
    "P12": gateway_load.measure_added_latency,
    "P13": measure_statement,
    "P13-partners": measure_partner_documents,
    "P14": measure_columns,
    "P15": measure_resolution,
    "P16": gateway_load.measure_overload,
}


def main() -> int:
    wanted = sys.argv[1:] or list(MEASURES)
    folder = Path(tempfile.mkdtemp(prefix="salesops-bench-"))
    folder.chmod(0o711)
    ratios: list[Ratio] = []
    with fragile_system(StackFolder(folder)) as system:
        system.start()
        for name in wanted:
            print(f"measuring {name} …", flush=True)
            ratios.append(asyncio.run(MEASURES[name](system)))
    shutil.rmtree(folder, ignore_errors=True)
    print(table(ratios))
    write_report(ratios, REPORT)
    print(f"written to {os.path.relpath(REPORT)}/ratios.json and ratios.svg")
    return 0 if all(ratio.median >= ratio.must for ratio in ratios) else 1


if __name__ == "__main__":
    sys.exit(main())
