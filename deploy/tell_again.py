"""Has a service tell again what it told since a moment: `python -m deploy.tell_again payments 2026-11-26T08:00:00+05:30`.

<SERVICE>_DATABASE_URL names its database. Its worker tells; consumers drop what they applied already.
"""

import argparse
import asyncio
import os
import sys
from datetime import datetime

from sqlalchemy.ext.asyncio import create_async_engine

from shared.migrations.owners import OWNERS
from shared.outbox.retell import tell_again
from shared.primary import database_url


def moment(words: str) -> datetime:
    """A time that says its zone."""
    found = datetime.fromisoformat(words)
    if found.tzinfo is None:
        raise argparse.ArgumentTypeError("say the zone too, e.g. 2026-11-26T08:00:00+05:30")
    return found


async def retell(url: str, since: datetime) -> int:
    """Have the service of this database tell again, saying how far it is; returns how many events."""
    engine = create_async_engine(database_url(url, driver="asyncpg"))
    try:
        return await tell_again(engine, since, say_so_far)
    finally:
        await engine.dispose()


def say_so_far(told: int) -> None:
    sys.stderr.write(f"  {told} so far\n")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.tell_again", description=__doc__)
    parser.add_argument("owner", choices=sorted(OWNERS))
    parser.add_argument("since", type=moment)
    arguments = parser.parse_args()
    variable = f"{arguments.owner.upper()}_DATABASE_URL"
    url = os.environ.get(variable)
    if not url:
        sys.stderr.write(f"{variable} is not set; expected postgresql://user:password@host:port/database\n")
        return 2
    told = asyncio.run(retell(url, arguments.since))
    sys.stdout.write(f"{told} events of {arguments.owner} will be told again.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
