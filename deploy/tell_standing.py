"""Has payments tell what partners may never have heard: `python -m deploy.tell_standing`.

Cheques, charges for returned cheques, certificates of tax and questions, each as it stands now. Facts that are older than
the events that tell them were never told, and payment sheets differ from the ledger by them. PAYMENTS_DATABASE_URL names
the database; the worker of payments tells. Whoever has a fact already keeps it as it is: run it as often as you like.
"""

import asyncio
import os
import sys

from services.payments.adapters.standing_facts import StandingFact
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.tell_standing import BEFORE_ALL, tell_standing
from shared.database import Database


async def tell_all(database: Database) -> dict[str, int]:
    """Everything, in transactions of a bounded size; returns how many of each."""
    told: dict[str, int] = {}
    for fact in StandingFact:
        count, after = 1, BEFORE_ALL
        while count:
            async with UnitOfWork(database) as work:
                count, after = await tell_standing(work, fact, after)
                await work.commit()
            told[fact.value] = told.get(fact.value, 0) + count
    return told


async def tell_from(url: str) -> dict[str, int]:
    """The same of the database with this address."""
    database = Database(url, application_name="tell-standing", pool_size=1)
    try:
        return await tell_all(database)
    finally:
        await database.close()


def main() -> int:
    url = os.environ.get("PAYMENTS_DATABASE_URL")
    if not url:
        sys.stderr.write(
            "PAYMENTS_DATABASE_URL is not set; expected postgresql://user:password@host:port/database\n"
        )
        return 2
    told = asyncio.run(tell_from(url))
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in told.items())
    sys.stdout.write(f"Will be told: {counts}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
