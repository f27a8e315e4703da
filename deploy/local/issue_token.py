"""`make token`: print an access token for one role, accepted by the local stack only."""

import os
import sys
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.folder import stack_folder
from deploy.local.identity import development_identity, development_token


def main() -> int:
    folder = issuer_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o711)
    zones = [zone for zone in os.environ.get("ZONE", "").split(",") if zone]
    try:
        token = development_token(
            development_identity(folder),
            os.environ.get("ROLE", "coordinator"),
            zones=zones,
            partner_code=os.environ.get("PARTNER") or None,
        )
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{token}\n")
    return 0


def issuer_folder() -> Path:
    """The folder of the issuer that runs here: the container's says so, the local stack's is the stack's own."""
    given = os.environ.get("ISSUER_FOLDER")
    return Path(given) if given else stack_folder().path


if __name__ == "__main__":
    sys.exit(main())
