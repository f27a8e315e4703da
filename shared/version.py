"""The version of the system: one for all processes, told by `/health/live`, counted by Semantic Versioning."""

from typing import Final

# Also in pyproject.toml, deploy/Dockerfile, deploy/kubernetes/release and at the head of CHANGELOG.md; tests compare them.
VERSION: Final = "0.1.0"
