"""The manifests as a cluster gets them, and who may speak to whom by their network policies."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are not worth a dependency

from tests.deployment.compose import CHECKOUT

FOLDER: Final = CHECKOUT / "deploy" / "kubernetes"
OPERATOR_LABELS: Final = {
    "postgres": {"cnpg.io/cluster": "postgres"},
    "rabbitmq": {"app.kubernetes.io/name": "rabbitmq"},
}
Manifest = dict[str, Any]


@cache
def rendered(folder: str) -> tuple[Manifest, ...]:
    """All resources of a folder below deploy/kubernetes; skips the test where no renderer is."""
    command = _renderer()
    if command is None:
        pytest.skip("neither kustomize nor kubectl is here")
    place = FOLDER / folder
    said = subprocess.run([*command, place], capture_output=True, text=True, check=False, env=_quiet())
    assert said.returncode == 0, said.stderr
    return tuple(yaml.load_all(said.stdout, Loader=yaml.CSafeLoader))


def _renderer() -> list[str] | None:
    if shutil.which("kustomize"):
        return ["kustomize", "build"]
    return ["kubectl", "kustomize"] if shutil.which("kubectl") else None


def _quiet() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}


def of_kind(manifests: tuple[Manifest, ...], kind: str) -> dict[str, Manifest]:
    return {one["metadata"]["name"]: one for one in manifests if one["kind"] == kind}


def container_of(deployment: Manifest) -> Manifest:
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    found: Manifest = container
    return found


def environment_of(deployment: Manifest, sources: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """What the container finds in its environment; `sources` are ConfigMaps and Secrets by name."""
    found: dict[str, str] = {}
    for source in container_of(deployment)["envFrom"]:
        (reference,) = source.values()
        found |= sources[reference["name"]]
    return found


def manifest_files() -> Iterator[Path]:
    return (path for path in FOLDER.rglob("*") if path.is_file())


@dataclass(frozen=True)
class Network:
    """What the policies of one namespace let through between its pods, each known by its labels."""

    policies: tuple[Manifest, ...]
    pods: Mapping[str, Mapping[str, str]]

    def is_open(self, source: str, target: str, port: int) -> bool:
        """Both ends have to allow it."""
        return self._allows(source, "egress", target, port) and self._allows(target, "ingress", source, port)

    def ways_out(self, source: str) -> set[int]:
        """Ports at which addresses outside of the cluster's own networks can be reached."""
        return {
            one["port"]
            for policy in self.policies
            if _matches(policy["spec"]["podSelector"], self.pods[source])
            for rule in policy["spec"].get("egress", ())
            if any("ipBlock" in peer for peer in rule.get("to", ()))
            for one in rule["ports"]
        }

    def _allows(self, subject: str, direction: str, other: str, port: int) -> bool:
        mine = [
            policy["spec"]
            for policy in self.policies
            if _matches(policy["spec"]["podSelector"], self.pods[subject])
            and direction.capitalize() in policy["spec"]["policyTypes"]
        ]
        assert mine, f"nothing denies {direction} of {subject}"
        rules = [rule for spec in mine for rule in spec.get(direction, ())]
        peers_key = "to" if direction == "egress" else "from"
        return any(
            (peers_key not in rule or any(self._is(peer, other) for peer in rule[peers_key]))
            and any(one["port"] == port for one in rule["ports"])
            for rule in rules
        )

    def _is(self, peer: Manifest, name: str) -> bool:
        """Peers of other namespaces and addresses are none of the pods here."""
        return (
            "namespaceSelector" not in peer
            and "podSelector" in peer
            and _matches(peer["podSelector"], self.pods[name])
        )


def _matches(selector: Manifest, labels: Mapping[str, str]) -> bool:
    expressions = selector.get("matchExpressions", ())
    assert all(one["operator"] == "In" for one in expressions)
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()) and all(
        labels.get(one["key"]) in one["values"] for one in expressions
    )
