"""The manifests of deploy/kubernetes as they are rendered: schemas, completeness, rights, network, secrets."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any, Final

import pytest

from deploy.broker_rights import rights
from deploy.environment_file import filled
from deploy.local.topology import DATABASE_OWNERS
from gateway.settings import GatewaySettings, GatewayWorkerSettings
from services.partners.settings import PartnersSettings
from services.payments.settings import PaymentsSettings
from services.reporting.settings import ReportingSettings
from services.research.settings import ResearchSettings
from shared.jobs.runner import JobLimits
from shared.service_worker import WORKER_POOL_SIZE
from shared.settings import ProcessSettings, load_settings
from tests.deployment import image
from tests.deployment.compose import CHECKOUT, OUR_IMAGE, compose, environment_of, unfilled_compose
from tests.deployment.kubernetes import (
    OPERATOR_LABELS,
    Manifest,
    Network,
    container_of,
    manifest_files,
    of_kind,
    rendered,
)
from tests.deployment.kubernetes import environment_of as environment_in_cluster
from tests.deployment.manifest_schemas import complaints

VALUES: Final = environment_of(filled((CHECKOUT / ".env.example").read_text()))
COMPOSE: Final = compose(VALUES)["services"]
# tests/unit/local_stack/test_containers.py compares them with what the processes' modules name.
SETTINGS: Final[dict[str, type[ProcessSettings]]] = {
    "payments-api": PaymentsSettings,
    "payments-worker": PaymentsSettings,
    "partners-api": PartnersSettings,
    "partners-worker": PartnersSettings,
    "reporting-api": ReportingSettings,
    "reporting-worker": ReportingSettings,
    "research-api": ResearchSettings,
    "research-worker": ResearchSettings,
    "gateway": GatewaySettings,
    "gateway-worker": GatewayWorkerSettings,
}
SERVICES: Final = ("payments", "partners", "reporting", "research")
API_PORTS: Final = {"payments-api": 8001, "partners-api": 8002, "reporting-api": 8003, "research-api": 8004}
API_POOL: Final = ProcessSettings.model_fields["database_pool_size"].default
JOB_POOL: Final = JobLimits().concurrency + 2  # as in shared/jobs/runner.py
RESERVED: Final = 20  # superusers, standbys, backups
RESTRICTED: Final = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


@pytest.fixture(scope="module")
def production() -> tuple[Manifest, ...]:
    return rendered("overlays/production")


@pytest.fixture(scope="module")
def migrations() -> tuple[Manifest, ...]:
    return rendered("migrations")


@pytest.fixture(scope="module")
def deployments(production: tuple[Manifest, ...]) -> dict[str, Manifest]:
    return of_kind(production, "Deployment")


@pytest.fixture(scope="module")
def sources(production: tuple[Manifest, ...]) -> dict[str, dict[str, str]]:
    """ConfigMaps, and Secrets as the store fills them: with the values of a fresh .env where it has one."""
    found: dict[str, dict[str, str]] = {}
    for name, secret in of_kind(production, "ExternalSecret").items():
        templates = secret["spec"]["target"]["template"]["data"]
        found[name] = {
            key: VALUES.get(key, re.sub(r"\{\{[^}]*\}\}", "secret", text)) for key, text in templates.items()
        }
    found["salesops-gateway"]["GATEWAY_SALESFORCE_ORGANIZATIONS"] = "[]"
    return found | {name: one.get("data", {}) for name, one in of_kind(production, "ConfigMap").items()}


@pytest.fixture(scope="module")
def network(
    production: tuple[Manifest, ...], migrations: tuple[Manifest, ...], deployments: dict[str, Manifest]
) -> Network:
    templates = {**deployments, **of_kind(migrations, "Job")}
    pods = {name: one["spec"]["template"]["metadata"]["labels"] for name, one in templates.items()}
    return Network(tuple(of_kind(production, "NetworkPolicy").values()), pods | OPERATOR_LABELS)


def test_every_manifest_is_one_that_a_cluster_would_take(
    production: tuple[Manifest, ...], migrations: tuple[Manifest, ...]
) -> None:
    assert [one for manifest in (*production, *migrations) for one in complaints(manifest)] == []


def test_schemas_see_what_is_misspelt_or_missing(deployments: dict[str, Manifest]) -> None:
    wrong = {**deployments["gateway"], "spec": {**deployments["gateway"]["spec"], "replica": 2}}
    cluster = {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Cluster",
        "spec": {"instances": "3", "storrage": {}},
    }

    assert "replica" in complaints(wrong)[0]
    assert [one.rpartition(": ")[2] if "is" not in one else one.split(": ")[1] for one in complaints(cluster)]
    assert len(complaints(cluster)) == 2


def test_every_process_that_compose_runs_has_a_deployment(deployments: dict[str, Manifest]) -> None:
    commands = {
        name: service["command"]
        for name, service in COMPOSE.items()
        if service["image"] == OUR_IMAGE and "restart" in service and "profiles" not in service
    }

    assert {name: container_of(one)["command"] for name, one in deployments.items()} == commands


@pytest.mark.parametrize("name", SETTINGS)
def test_a_process_is_given_what_it_needs_and_accepts_it(
    name: str,
    deployments: dict[str, Manifest],
    sources: dict[str, dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = environment_in_cluster(deployments[name], sources)
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)

    assert set(given) <= {variable for variable, _ in variables_of(name)}
    assert load_settings(SETTINGS[name]).environment == "production"


def test_what_compose_always_gives_a_process_it_has_here_too(
    deployments: dict[str, Manifest], sources: dict[str, dict[str, str]]
) -> None:
    """A variable with a default in compose is for whoever runs it: left out here, the process has its own default."""
    lacking = {
        (name, variable)
        for name, service in unfilled_compose()["services"].items()
        if name in SETTINGS
        for variable, value in service["environment"].items()
        if value is not None and ":-" not in value
        if variable not in environment_in_cluster(deployments[name], sources)
    }

    assert lacking == set()


def test_every_secret_that_a_process_reads_comes_from_the_store(
    deployments: dict[str, Manifest], sources: dict[str, dict[str, str]]
) -> None:
    """The one before is given while a secret is changed, and taken away again."""
    lacking = {
        (name, variable)
        for name in SETTINGS
        for variable, is_secret in variables_of(name)
        if is_secret and not variable.endswith("_BEFORE")
        if variable not in environment_in_cluster(deployments[name], sources)
    }

    assert lacking == set()


def test_an_installation_says_where_months_of_the_audit_go(
    deployments: dict[str, Manifest], sources: dict[str, dict[str, str]]
) -> None:
    given = environment_in_cluster(deployments["gateway-worker"], sources)

    assert int(given["GATEWAY_AUDIT_MONTHS_KEPT"]) > 0
    assert given["GATEWAY_ARCHIVE_STORE"].startswith("s3://")
    assert given["GATEWAY_ARCHIVE_ACCESS_KEY"]


def test_nothing_acknowledged_is_on_one_machine_alone(production: tuple[Manifest, ...]) -> None:
    """As tests/faults/cluster has it, where it is seen that nothing acknowledged is lost (docs/faults.md)."""
    postgres = of_kind(production, "Cluster")["postgres"]["spec"]
    rabbitmq = of_kind(production, "RabbitmqCluster")["rabbitmq"]["spec"]

    assert postgres["instances"] == 3
    assert postgres["postgresql"]["synchronous"] == {
        "method": "any",
        "number": 1,
        "dataDurability": "required",
        "failoverQuorum": True,
    }
    assert not {"synchronous_commit", "fsync", "full_page_writes"} & set(postgres["postgresql"]["parameters"])
    assert rabbitmq["replicas"] == 3
    assert "cluster_partition_handling = pause_minority" in rabbitmq["rabbitmq"]["additionalConfig"]


def test_no_secret_is_in_a_file(production: tuple[Manifest, ...]) -> None:
    secret = {variable for name in SETTINGS for variable, is_secret in variables_of(name) if is_secret}
    shown = {key for one in of_kind(production, "ConfigMap").values() for key in one.get("data", {})}

    assert len(secret) > 15
    assert not secret & shown
    assert not of_kind(production, "Secret")
    assert not [path for path in manifest_files() if re.search(r"BEGIN|password: [^{\"]", path.read_text())]


def variables_of(name: str) -> Iterator[tuple[str, bool]]:
    """Each variable that the process reads, and whether it is a secret."""
    prefix = SETTINGS[name].model_config.get("env_prefix", "")
    for field_name, field in SETTINGS[name].model_fields.items():
        variable = str(field.validation_alias or f"{prefix}{field_name}").upper()
        yield variable, "SecretStr" in str(field.annotation)


def test_pods_are_as_restricted_as_the_namespace_demands(
    deployments: dict[str, Manifest], migrations: tuple[Manifest, ...]
) -> None:
    for one in (*deployments.values(), *of_kind(migrations, "Job").values()):
        pod = one["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["runAsUser"] == image.user_id()
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        assert container_of(one)["securityContext"] == RESTRICTED
        assert container_of(one)["resources"]["limits"]["memory"]
        assert container_of(one)["resources"]["requests"]["cpu"]


def test_every_process_is_watched_spread_scaled_and_not_taken_away_all_at_once(
    production: tuple[Manifest, ...], deployments: dict[str, Manifest]
) -> None:
    budgets = of_kind(production, "PodDisruptionBudget")
    by_cpu, by_queue = of_kind(production, "HorizontalPodAutoscaler"), of_kind(production, "ScaledObject")

    for name, deployment in deployments.items():
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        container = container_of(deployment)
        ports = {port["name"] for port in container["ports"]}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            assert container[probe]["httpGet"]["port"] in ports
        assert budgets[name]["spec"]["selector"]["matchLabels"].items() <= labels.items()
        assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()
        assert len(deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]) == 2
        scaler = by_queue[name] if name.endswith("-worker") else by_cpu[name]
        assert scaler["spec"]["scaleTargetRef"]["name"] == name
    assert set(by_cpu) | set(by_queue) == set(deployments)
    queues = {one["spec"]["triggers"][0]["metadata"]["queueName"] for one in by_queue.values()}
    assert queues == {f"salesops.{owner}" for owner in DATABASE_OWNERS}


def test_ports_that_are_asked_are_those_that_processes_listen_on(
    deployments: dict[str, Manifest], sources: dict[str, dict[str, str]], production: tuple[Manifest, ...]
) -> None:
    for deployment in deployments.values():
        given = environment_in_cluster(deployment, sources)
        listening = {
            int(value) for key, value in given.items() if key.endswith("_PORT") and "MAIL" not in key
        }
        assert {port["containerPort"] for port in container_of(deployment)["ports"]} <= listening
    served = {
        f"http://{name}:{one['spec']['ports'][0]['port']}"
        for name, one in of_kind(production, "Service").items()
    }
    gateway = environment_in_cluster(deployments["gateway"], sources)
    assert {gateway[f"GATEWAY_{service.upper()}_URL"] for service in SERVICES} <= served


def test_pods_reach_what_the_picture_shows_and_nothing_else(network: Network) -> None:
    ours = [name for name in network.pods if name not in OPERATOR_LABELS]
    ports = {**API_PORTS, "gateway": 8000, "postgres": 5432, "rabbitmq": 5672}

    seen = {
        (source, target)
        for source in network.pods
        for target, port in ports.items()
        if source != target and network.is_open(source, target, port)
    }

    picture = {("gateway", api) for api in API_PORTS} | {(pod, "postgres") for pod in ours}
    picture |= {(pod, "rabbitmq") for pod in ours if pod.endswith("-worker")}
    picture |= {("partners-api", "gateway"), ("partners-worker", "gateway")}
    assert seen == picture


def test_pods_get_out_only_to_what_they_have_settings_for(network: Network) -> None:
    """Object stores, portals, webhooks and web pages by 443, mail by 465 and 587, SFTP by 22."""
    ways_out = {name: network.ways_out(name) for name in network.pods if name not in OPERATOR_LABELS}

    assert {name: ports for name, ports in ways_out.items() if ports} == {
        "gateway": {443},
        "gateway-worker": {443},
        "partners-api": {443},
        "partners-worker": {22, 443, 465, 587},
        "payments-worker": {443},
        "reporting-worker": {22, 443, 465, 587},
        "research-api": {443},
        "research-worker": {443},
    }


def test_databases_and_broker_open_only_their_own_ports(network: Network) -> None:
    assert network.is_open("postgres", "postgres", 8000), "instances ask each other how they are"
    assert network.is_open("rabbitmq", "rabbitmq", 25672)
    assert not network.is_open("gateway", "rabbitmq", 15672)
    assert not network.is_open("gateway", "postgres", 8000)
    assert not network.is_open("payments-worker", "rabbitmq", 25672)


def test_each_database_is_migrated_by_a_job_of_its_own_with_its_own_right(
    migrations: tuple[Manifest, ...],
) -> None:
    jobs = of_kind(migrations, "Job")

    assert set(jobs) == {f"migrate-{owner}" for owner in DATABASE_OWNERS}
    for owner in DATABASE_OWNERS:
        container = container_of(jobs[f"migrate-{owner}"])
        assert container["command"] == ["python", "-m", "shared.migrations", owner]
        assert [one["name"] for one in container["env"]] == [f"{owner.upper()}_DATABASE_URL"]


def test_processes_and_migrations_are_of_one_image_of_this_version(
    deployments: dict[str, Manifest], migrations: tuple[Manifest, ...]
) -> None:
    version = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["version"]
    images = {
        container_of(one)["image"] for one in (*deployments.values(), *of_kind(migrations, "Job").values())
    }

    assert {name.rpartition(":")[2] for name in images} == {version}


def test_commits_and_messages_outlive_any_one_machine(production: tuple[Manifest, ...]) -> None:
    postgres: dict[str, Any] = of_kind(production, "Cluster")["postgres"]["spec"]
    rabbitmq = of_kind(production, "RabbitmqCluster")["rabbitmq"]["spec"]

    assert postgres["instances"] == rabbitmq["replicas"] == 3
    assert postgres["postgresql"]["synchronous"]["dataDurability"] == "required"
    assert {one["name"] for one in postgres["managed"]["roles"]} == set(DATABASE_OWNERS)
    assert {one["spec"]["owner"] for one in of_kind(production, "Database").values()} == set(DATABASE_OWNERS)
    assert of_kind(production, "ScheduledBackup")["nightly"]["spec"]["cluster"] == {"name": "postgres"}


def test_rights_at_the_broker_are_those_that_the_code_states() -> None:
    written = (CHECKOUT / "deploy" / "kubernetes" / "base" / "broker-rights.yaml").read_text()

    assert written == rights(), "'make documents' writes it"


def test_databases_hold_the_connections_of_as_many_processes_as_the_autoscalers_may_start(
    production: tuple[Manifest, ...],
) -> None:
    cluster = of_kind(production, "Cluster")["postgres"]["spec"]
    limits = {role["name"]: role["connectionLimit"] for role in cluster["managed"]["roles"]}
    most = {
        name: one["spec"]["maxReplicas"]
        for name, one in of_kind(production, "HorizontalPodAutoscaler").items()
    }
    most |= {
        name: one["spec"]["maxReplicaCount"] for name, one in of_kind(production, "ScaledObject").items()
    }

    for owner in DATABASE_OWNERS:
        api = "gateway" if owner == "gateway" else f"{owner}-api"
        # One more of each while a release is rolled out.
        needed = (most[api] + 1) * API_POOL + (most[f"{owner}-worker"] + 1) * (WORKER_POOL_SIZE + JOB_POOL)
        assert needed <= limits[owner]
    assert sum(limits.values()) + RESERVED <= int(cluster["postgresql"]["parameters"]["max_connections"])
