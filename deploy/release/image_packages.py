"""The packages of the image: names, versions and hashes from its lock, licences from what is installed here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from deploy.local.folder import CHECKOUT

IMAGE_LOCK: Final = CHECKOUT / "deploy" / "requirements.lock"
_REQUIREMENT: Final = re.compile(
    r"^(?P<name>[a-z0-9-]+)(?:\[[^]]*\])?==(?P<version>[^ ;\\]+)[ ;]*(?P<marker>[^\\\n]*)"
)
# The image is Linux with the Python of its Dockerfile.
_ELSEWHERE: Final = re.compile(r"sys_platform == 'win32'|python_full_version >= '3\.12'")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")
# Licences in words, as packages wrote them before there were expressions, as SPDX writes them.
_SPDX: Final = {
    "Apache Software License": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "BSD": "BSD-3-Clause",
    "BSD 3-Clause": "BSD-3-Clause",
    "BSD-3-clause": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD-2-Clause license": "BSD-2-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "The MIT License (MIT)": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Library or Lesser General Public License (LGPL)": "LGPL-3.0-only",
    "PSF-2.0": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
}


@dataclass(frozen=True, slots=True)
class Package:
    """One line of the lock, with the hashes of every file it is published as."""

    name: str
    version: str
    hashes: tuple[str, ...]

    @property
    def url(self) -> str:
        """As other tools name it (purl)."""
        return f"pkg:pypi/{self.name}@{self.version}"


def packages(lock: Path = IMAGE_LOCK) -> Iterator[Package]:
    """Everything that the lock names for the image, in its order."""
    for part in re.split(r"\n(?=[a-z0-9])", lock.read_text()):
        match = _REQUIREMENT.match(part)
        if match and not _ELSEWHERE.search(match["marker"]):
            yield Package(match["name"], match["version"], tuple(_HASH.findall(part)))


def licence_of(name: str) -> str | None:
    """The SPDX expression of an installed package; None where it is not installed or says nothing."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None
    return next((_spdx(text) for text in _statements(found) if text), None)


def _statements(found: Distribution) -> Iterator[str]:
    """What a package says of its licence, the most exact first."""
    metadata = found.metadata
    yield (metadata.get_all("License-Expression") or [""])[0]
    classifiers = metadata.get_all("Classifier") or []
    named = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License :: OSI Approved ::")]
    yield " OR ".join(dict.fromkeys(_spdx(one) for one in named))
    text = (metadata.get_all("License") or [""])[0]
    yield text if len(text.splitlines()) == 1 else ""


def _spdx(text: str) -> str:
    return _SPDX.get(text.strip(), text.strip())
