"""The drill of a restore: a backup under load, the system brought back between two payments, and callers who repeat.

Everything acknowledged before the moment is there, nothing of what was sent after it is; what was acknowledged after it is
sent again under the same keys, as the runbook asks of callers.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Final

from deploy.local.backups import Backups
from deploy.local.topology import DATABASE_OWNERS
from deploy.tell_again import retell
from tests.faults.exercise.fault import Fault, Scene
from tests.faults.exercise.oracle import booked_references
from tests.faults.processes import EVERY_PROCESS

BOOKINGS: Final = 10


def _restore_between_two_payments(scene: Scene) -> str:
    system, load = scene.system, scene.load
    Backups(system.postgres.place).take(keep=1)
    load.wait_for(BOOKINGS)
    known = set(load.attempts.acknowledged)
    moment = system.database_moment()
    sent_before = set(load.attempts.amounts)
    load.wait_for(BOOKINGS)
    load.hold()
    began_at = time.monotonic()
    _restore(scene, moment)
    took = time.monotonic() - began_at
    booked = booked_references(system, load.attempts.bank_account)
    wrong = [f"{one} was acknowledged before the moment and is gone" for one in sorted(known - booked)]
    wrong += [f"{one} was sent after the moment and is there" for one in sorted(booked - sent_before)]
    load.attempts.wrong.extend(wrong)
    forgotten = load.attempts.acknowledged - booked
    load.repeat(forgotten)
    load.go_on()
    return f"restored and started in {took:.1f} s; {len(forgotten)} acknowledged after the moment, repeated"


def _restore(scene: Scene, moment: datetime) -> None:
    """As `make restore` does: databases to the moment, the broker anew, everything of the last week told again."""
    system = scene.system
    system.kill(*reversed(EVERY_PROCESS), "RabbitMQ")
    system.terminate("PostgreSQL")
    Backups(system.postgres.place).restore(system.postgres, moment, lambda _words: None)
    for owner in DATABASE_OWNERS:
        asyncio.run(retell(system.database_url(owner), datetime.now(UTC) - timedelta(days=7)))
    folder = system.rabbitmq.place.folder
    folder.rename(folder.with_name(f"{folder.name}.before-{time.monotonic_ns()}"))
    system.start(*EVERY_PROCESS)


FAULTS: Final = (
    Fault(
        "restore-between-payments",
        ("F34", "F35"),
        "the system is away; what was acknowledged after the moment is sent again",
        _restore_between_two_payments,
    ),
)
