"""`make verify-ledger`: recompute the audit chain of the payments database and say where it breaks.

It ends with 0 for intact books, 1 for broken ones and 2 when it could not look. PAYMENTS_DATABASE_URL names the
database; without it, the local stack's is taken, which has to run.
"""

import asyncio
import os
import sys
from typing import Final
from urllib.parse import quote

from sqlalchemy.exc import SQLAlchemyError

from deploy.local.errors import StackError
from deploy.local.folder import Memory, stack_folder
from deploy.local.ports import LOOPBACK
from services.payments.application.verify_ledger import LedgerVerification, verify_ledger
from shared.database import Database

INTACT: Final = 0
BROKEN: Final = 1
NOT_VERIFIED: Final = 2
SAID_EVERY: Final = 100_000


async def verify(url: str) -> LedgerVerification:
    """Walk the whole chain, saying how far it is every hundred thousand entries; memory stays the same throughout."""
    said = 0

    def say(so_far: LedgerVerification) -> None:
        nonlocal said
        if so_far.entries - said >= SAID_EVERY:
            said = so_far.entries
            sys.stderr.write(f"  {so_far.batches} batches, {so_far.entries} entries agree so far\n")

    database = Database(url, application_name="verify-ledger", pool_size=1)
    try:
        async with database.reading() as connection:
            return await verify_ledger(connection, say)
    finally:
        await database.close()


def report(found: LedgerVerification) -> int:
    """Say what was found; returns the exit code."""
    if found.is_intact:
        sys.stdout.write(f"The ledger is intact: {found.batches} batches with {found.entries} entries.\n")
        if found.carried_entries:
            sys.stdout.write(
                f"{found.carried_entries} entries of them left for the archive; of these the links were compared.\n"
            )
        sys.stdout.write(f"Last link: {found.last_hash.hex()}\n")
        return INTACT
    position = found.first_broken_position
    where = "behind the last link" if position is None else f"at position {position}"
    sys.stdout.write(
        f"The ledger is BROKEN {where}, batch {found.first_broken_batch_id};"
        f" {found.batches} batches with {found.entries} entries before it agree.\n"
    )
    return BROKEN


def database_url() -> str:
    """From the environment, or of the local stack."""
    given = os.environ.get("PAYMENTS_DATABASE_URL")
    if given:
        return given
    memory = Memory(stack_folder())
    port = memory.remembered_port("PostgreSQL")
    if port is None:
        raise StackError("Nothing was ever started here; name the database with PAYMENTS_DATABASE_URL")
    password = quote(memory.secret("payments database"))
    return f"postgresql://payments:{password}@{LOOPBACK}:{port}/payments"


def main() -> int:
    try:
        return report(asyncio.run(verify(database_url())))
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return NOT_VERIFIED
    except (OSError, SQLAlchemyError) as error:
        sys.stderr.write(
            f"The ledger could not be verified: {type(error).__name__}; does the database run?\n"
        )
        return NOT_VERIFIED


if __name__ == "__main__":
    sys.exit(main())
