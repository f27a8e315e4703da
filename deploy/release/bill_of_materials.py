"""The bill of materials of the image, CycloneDX 1.6 as JSON: `python -m deploy.release.bill_of_materials <file>`.

The same lock gives the same bytes: no time, no random number.
"""

import json
import sys
from pathlib import Path
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from deploy.release.image_packages import IMAGE_LOCK, Package, licence_of, packages
from shared.version import VERSION

Component = dict[str, object]
_SYSTEM: Final = f"pkg:generic/salesops@{VERSION}"


def bill_of_materials() -> dict[str, object]:
    """The whole document."""
    components = [_component(package) for package in packages()]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, IMAGE_LOCK.read_text() + VERSION)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": _SYSTEM,
                "name": "salesops",
                "version": VERSION,
                "purl": _SYSTEM,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": components,
        "dependencies": [{"ref": _SYSTEM, "dependsOn": [package.url for package in packages()]}],
    }


def _component(package: Package) -> Component:
    component: Component = {
        "type": "library",
        "bom-ref": package.url,
        "name": package.name,
        "version": package.version,
        "purl": package.url,
        # One for each file the package is published as; which of them is taken depends on the platform.
        "externalReferences": [
            {
                "type": "distribution",
                "url": f"https://pypi.org/project/{package.name}/{package.version}/",
                "hashes": [{"alg": "SHA-256", "content": one} for one in package.hashes],
            }
        ],
    }
    licence = licence_of(package.name)
    if licence is not None:
        is_expression = " " in licence
        component["licenses"] = [{"expression": licence} if is_expression else {"license": {"id": licence}}]
    return component


def main() -> int:
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    document = bill_of_materials()
    target.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
    sys.stdout.write(f"wrote {target}: {sum(1 for _ in packages())} packages\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
