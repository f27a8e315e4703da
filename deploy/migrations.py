"""One-shot of the containers: migrate every database whose URL is in the environment, one after the other."""

import os
import sys

from shared.migrations.owners import OWNERS
from shared.migrations.runner import upgrade


def main() -> int:
    missing = [owner for owner in OWNERS if not os.environ.get(f"{owner.upper()}_DATABASE_URL")]
    if missing:
        sys.stderr.write(f"no database URL for {', '.join(missing)}; expected e.g. PAYMENTS_DATABASE_URL\n")
        return 2
    for owner in OWNERS:
        upgrade(owner, os.environ[f"{owner.upper()}_DATABASE_URL"])
        sys.stdout.write(f"{owner}: newest schema\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
