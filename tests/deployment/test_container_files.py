"""The Dockerfile and the compose file by linters, and what they promise about hardening."""

import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from deploy.environment_file import demo_values, filled, with_values
from tests.deployment import image
from tests.deployment.compose import CHECKOUT, COMPOSE_FILE, OUR_IMAGE, compose, environment_of
from tests.node import run, with_packages

EXAMPLE: Final = (CHECKOUT / ".env.example").read_text()
DOCUMENT: Final = compose(environment_of(with_values(filled(EXAMPLE), demo_values())))
SERVICES: Final[dict[str, dict[str, Any]]] = DOCUMENT["services"]
OURS: Final = [name for name, service in SERVICES.items() if service["image"] == OUR_IMAGE]
ONE_SHOTS: Final = {"broker-accounts", "migrations", "demo-data"}
# Each with what it is needed for.
WRITABLE_ROOTS: Final = {"rabbitmq": "its image writes configuration into folders of its own"}
CAPABILITIES: Final = {
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "SETGID",
    "SETUID",
}  # to give folders away, and become somebody


def test_dockerfile_has_nothing_its_linter_complains_about() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")

    said = subprocess.run([hadolint, image.DOCKERFILE], capture_output=True, text=True, check=False)

    assert (said.returncode, said.stdout) == (0, "")


def test_compose_file_follows_its_schema_and_its_linter() -> None:
    folder = with_packages(Path(__file__).parent / "npm")

    said = run(folder, "dclint", "--config", "dclint.yaml", str(COMPOSE_FILE))

    assert (said.returncode, said.stdout.strip()) == (0, "")


def test_linter_of_compose_files_sees_what_the_schema_forbids(tmp_path: Path) -> None:
    folder = with_packages(Path(__file__).parent / "npm")
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text("services:\n  one:\n    image: some:1\n    restrat: always\n")

    said = run(folder, "dclint", "--config", "dclint.yaml", str(wrong))

    assert said.returncode == 1
    assert "invalid-schema" in said.stdout


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_has_no_rights_that_it_does_not_need(name: str) -> None:
    service = SERVICES[name]

    assert service["cap_drop"] == ["ALL"]
    assert set(service.get("cap_add", ())) <= CAPABILITIES
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is (name not in WRITABLE_ROOTS)
    assert service["mem_limit"]
    assert "privileged" not in service
    assert "user" not in service
    assert service["networks"]


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONE_SHOTS))
def test_what_runs_for_good_is_asked_whether_it_is_well_and_started_again(name: str) -> None:
    assert SERVICES[name]["restart"] == "unless-stopped"
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", OURS)
def test_only_images_of_others_may_give_themselves_further_rights(name: str) -> None:
    assert "cap_add" not in SERVICES[name]
    assert image.user_id() > 0


def test_only_what_people_open_listens_outside_and_on_this_machine_alone() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert set(published) == {"gateway", "development-issuer", "grafana"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_databases_and_broker_have_no_way_out() -> None:
    assert DOCUMENT["networks"]["data"] == {"internal": True}
    assert SERVICES["postgres"]["networks"] == SERVICES["rabbitmq"]["networks"] == ["data"]


def test_images_name_a_version() -> None:
    tags = {service["image"].rpartition(":")[2] for service in SERVICES.values()}

    assert "latest" not in tags
    assert all("/" not in tag for tag in tags)


def test_stand_ins_start_only_when_asked_for() -> None:
    plain = {name for name, service in SERVICES.items() if "profiles" not in service}

    assert "development-issuer" not in plain
    assert {profile for service in SERVICES.values() for profile in service.get("profiles", ())} <= {
        "demo",
        "observability",
    }


def test_image_is_made_of_what_is_named_and_of_no_secret() -> None:
    lines = (CHECKOUT / ".dockerignore").read_text().splitlines()

    assert next(line for line in lines if not line.startswith("#")) == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == set(image.copied_folders())


def test_volumes_are_folders_that_the_image_gives_to_its_user() -> None:
    text = image.DOCKERFILE.read_text()
    mounted = {volume.split(":")[1] for name in OURS for volume in SERVICES[name].get("volumes", ())}

    assert mounted
    assert all(f" {folder}" in text for folder in mounted)


def test_what_is_mounted_from_the_checkout_is_there_and_read_only() -> None:
    mounted = [
        volume
        for service in SERVICES.values()
        for volume in service.get("volumes", ())
        if volume.startswith("./")
    ]

    assert mounted
    assert not [volume for volume in mounted if not volume.endswith(":ro")]
    assert not [volume for volume in mounted if not (CHECKOUT / volume.split(":")[0]).exists()]
