"""Command line of the migrations."""

import argparse
import os
import sys

from alembic import command

from shared.migrations.owners import OWNERS
from shared.migrations.runner import alembic_config, upgrade


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m shared.migrations", description=__doc__)
    parser.add_argument("owner", choices=sorted(OWNERS))
    parser.add_argument("action", nargs="?", default="upgrade", choices=["upgrade", "check", "revision"])
    parser.add_argument("text", nargs="?", default="change")
    arguments = parser.parse_args()
    variable = f"{arguments.owner.upper()}_DATABASE_URL"
    url = os.environ.get(variable)
    if not url:
        sys.stderr.write(f"{variable} is not set; expected postgresql://user:password@host:port/database\n")
        return 2
    if arguments.action == "upgrade":
        upgrade(arguments.owner, url)
    elif arguments.action == "check":
        command.check(alembic_config(arguments.owner, url))
    else:
        command.revision(alembic_config(arguments.owner, url), arguments.text, autogenerate=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
