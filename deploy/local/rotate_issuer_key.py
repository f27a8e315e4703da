"""`make rotate-issuer-key`: let the development issuer sign with a new key; the gateway reads it by itself."""

import sys

from deploy.local.folder import stack_folder
from deploy.local.identity import rotate_issuer_key


def main() -> int:
    folder = stack_folder()
    folder.path.mkdir(parents=True, exist_ok=True, mode=0o711)
    identity = rotate_issuer_key(folder.path)
    sys.stdout.write(
        f"Signing with {identity.issuer_key.kid} from now on; tokens of the key before count until the next rotation.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
