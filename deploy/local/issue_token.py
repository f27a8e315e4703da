"""`make token`: print an access token for one role, accepted by the local stack only."""

import os
import sys

from deploy.local.errors import StackError
from deploy.local.folder import stack_folder
from deploy.local.identity import development_identity, development_token


def main() -> int:
    folder = stack_folder()
    folder.path.mkdir(parents=True, exist_ok=True, mode=0o711)
    zones = [zone for zone in os.environ.get("ZONE", "").split(",") if zone]
    try:
        token = development_token(
            development_identity(folder.path),
            os.environ.get("ROLE", "coordinator"),
            zones=zones,
            partner_code=os.environ.get("PARTNER") or None,
        )
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{token}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
