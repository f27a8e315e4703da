"""The licences of the image's packages: `python -m deploy.release.licences` lists them, and says which need a look."""

import re
import sys
from typing import Final

from deploy.release.image_packages import licence_of, packages

# What may be in a product that is given to others under Apache-2.0, as a package beside it, unchanged. Of alternatives one
# has to be here, of parts all.
ALLOWED: Final = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "EPL-2.0",  # asyncssh: changes of its own files would have to be published
    "ISC",
    "LGPL-3.0-only",  # psycopg: may be replaced by whoever runs it, as it is a package of its own
    "MIT",
    "MIT-0",
    "MPL-2.0",  # certifi: changes of its own files would have to be published
    "PSF-2.0",
    "Zlib",
}


def licences() -> dict[str, str | None]:
    """Each package of the image with its SPDX expression; None where it is not installed here."""
    return {package.name: licence_of(package.name) for package in packages()}


def is_allowed(expression: str) -> bool:
    """`A OR B` needs one of them, `A AND B` both; AND binds tighter, and there are no brackets."""
    alternatives = (re.split(r"\s+AND\s+", part) for part in re.split(r"\s+OR\s+", expression))
    return any(all(one.strip() in ALLOWED for one in parts) for parts in alternatives)


def main() -> int:
    found = licences()
    for name, expression in found.items():
        mark = " " if expression is not None and is_allowed(expression) else "!"
        sys.stdout.write(f"{mark} {name:<24} {expression or 'says nothing'}\n")
    wrong = [name for name, expression in found.items() if expression is None or not is_allowed(expression)]
    sys.stdout.write(f"{len(found)} packages, {len(wrong)} to be looked at\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
