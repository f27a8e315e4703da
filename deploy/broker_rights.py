"""Writes the broker's accounts for a cluster: `python -m deploy.broker_rights deploy/kubernetes/base/broker-rights.yaml`.

RabbitMQ's topology operator makes them. Rights are those of deploy/local/broker_users.py; passwords are in Secrets.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy.local.broker_users import account_definitions, service_user
from deploy.local.topology import DATABASE_OWNERS
from deploy.rabbitmq.accounts import VHOST

CLUSTER: Final = {"name": "rabbitmq"}
_HEAD: Final = "# Written by `make documents` from deploy/local/broker_users.py.\n"

Resource = dict[str, object]


def rights() -> str:
    """The virtual host, and of each service the account and what it may do."""
    documents = "---\n".join(_yaml(resource) for resource in _resources())
    return _HEAD + documents


def _resources() -> Iterator[Resource]:
    yield _resource("Vhost", VHOST, {"name": VHOST, "defaultQueueType": "quorum"})
    definitions = account_definitions([service_user(owner, "") for owner in DATABASE_OWNERS], [VHOST])
    for owner in DATABASE_OWNERS:
        yield _resource("User", owner, {"importCredentialsSecret": {"name": f"{owner}-broker"}})
    for one in definitions["permissions"]:
        patterns = {right: one[right] for right in ("configure", "write", "read")}
        yield _resource("Permission", one["user"], {**_whose(one), "permissions": patterns})
    for one in definitions["topic_permissions"]:
        patterns = {right: one[right] for right in ("exchange", "write", "read")}
        name = f"{one['user']}-{one['exchange'].rpartition('.')[2]}"
        yield _resource("TopicPermission", name, {**_whose(one), "permissions": patterns})


def _whose(definition: dict[str, str]) -> Resource:
    return {"vhost": definition["vhost"], "userReference": {"name": definition["user"]}}


def _resource(kind: str, name: str, spec: Resource) -> Resource:
    return {
        "apiVersion": "rabbitmq.com/v1beta1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"rabbitmqClusterReference": CLUSTER, **spec},
    }


def _yaml(value: Resource, indent: str = "") -> str:
    """Texts are written as JSON writes them, which YAML reads."""
    lines = ""
    for key, one in value.items():
        if isinstance(one, dict):
            lines += f"{indent}{key}:\n{_yaml(one, indent + '  ')}"
        else:
            lines += f"{indent}{key}: {json.dumps(one)}\n"
    return lines


def main() -> int:
    Path(sys.argv[1]).write_text(rights())
    sys.stdout.write(f"wrote {sys.argv[1]}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
