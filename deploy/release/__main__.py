"""Everything that is looked at before a release: `make release-check`, which writes build/salesops-<version>.cdx.json.

0: all is well, or the audit alone could not be made and says so; 1: something is to be mended.
"""

import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from typing import Final

from deploy.local.folder import CHECKOUT
from deploy.release import audit, bill_of_materials, licences, secret_scan
from shared.version import VERSION

BILL: Final = CHECKOUT / "build" / f"salesops-{VERSION}.cdx.json"


def versions() -> Iterator[tuple[str, str]]:
    """Where the version stands, and which."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    yield "pyproject.toml", project["project"]["version"]
    for path, pattern in (
        ("deploy/Dockerfile", r"^ARG VERSION=(\S+)"),
        ("deploy/kubernetes/release/kustomization.yaml", r"newTag: (\S+)"),
        ("CHANGELOG.md", r"^## \[(?:Unreleased\] – )?(\d+\.\d+\.\d+)"),
    ):
        yield path, re.findall(pattern, (CHECKOUT / path).read_text(), re.MULTILINE)[0]


def check_versions() -> int:
    wrong = [f"{place} says {found}" for place, found in versions() if found != VERSION]
    sys.stdout.writelines(f"{line}, shared/version.py {VERSION}\n" for line in wrong)
    sys.stdout.write(f"version {VERSION}\n")
    return 1 if wrong else 0


def write_bill() -> int:
    sys.argv[1:] = [str(BILL)]
    return bill_of_materials.main()


CHECKS: Final[dict[str, Callable[[], int]]] = {
    "one version": check_versions,
    "bill of materials": write_bill,
    "licences": licences.main,
    "secrets in the history": secret_scan.main,
    "known weaknesses": audit.main,
}


def main() -> int:
    codes = {}
    for name, check in CHECKS.items():
        sys.stdout.write(f"\n== {name}\n")
        sys.stdout.flush()
        codes[name] = check()
    unknown = codes["known weaknesses"] == audit.NOT_REACHED
    failed = [name for name, code in codes.items() if code and not (unknown and name == "known weaknesses")]
    sys.stdout.write(f"\n{'To be mended: ' + ', '.join(failed) if failed else 'Nothing to be mended.'}\n")
    if unknown:
        sys.stdout.write(
            "Known weaknesses were NOT looked up: run `make audit` where the database is reached.\n"
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
