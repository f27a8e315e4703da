"""Source systems that we read ourselves: each connector against a real server, with what may not be read refused."""

import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from services.reporting.settings import ReportingSettings
from shared.database import Database
from tests.factories.receiving_servers import DropBox, sftp_server
from tests.integration.reporting.conftest import ReportingService, RunJob
from tests.integration.reporting.test_data_reviews import CLEAN, HEADER, a_source, asked
from tests.integration.service_callers import a_caller

APPROVER = a_caller("approver")
CLIENT_KEY = asyncssh.generate_private_key("ssh-ed25519")
ROWS = "\n".join([HEADER, *CLEAN])


@pytest.fixture
async def drop_box(tmp_path: Path) -> AsyncIterator[DropBox]:
    async with sftp_server(tmp_path, CLIENT_KEY) as box:
        yield box


def read_by_us(kind: str, connection: dict[str, Any], query: str = "accounts_*.csv") -> dict[str, Any]:
    draft = a_source(kind=kind, connection=connection)
    draft["objects"][0]["query"] = query
    return draft


async def described(service: ReportingService, draft: dict[str, Any]) -> str:
    reply = await asked(service, "POST", "/v1/source-systems", json=draft)
    assert reply.status_code == 201, reply.text
    return str(draft["name"])


async def given(service: ReportingService, system: str, secret: str) -> None:
    path = f"/v1/source-systems/{system}/credentials"
    reply = await asked(service, "POST", path, APPROVER, json={"secret": secret})
    assert reply.status_code == 201, reply.text
    assert secret not in reply.text


async def taken(service: ReportingService, review_job: RunJob, system: str) -> dict[str, Any]:
    reply = await asked(service, "POST", f"/v1/source-systems/{system}/snapshots")
    assert reply.status_code == 202, reply.text
    await review_job(reply.json()["job_id"])
    found: dict[str, Any] = (await asked(service, "GET", f"/v1/source-snapshots/{reply.json()['id']}")).json()
    return found


def dropped(folder: Path, name: str, text: str, *, minutes_ago: int = 0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(text)
    written = time.time() - 60 * minutes_ago
    os.utime(file, (written, written))
    return file


def sftp_source(box: DropBox, **changed: Any) -> dict[str, Any]:
    return read_by_us("sftp", {"place": box.address, "host_key": box.host_key, **changed})


async def test_the_newest_file_of_a_folder_is_a_snapshot(
    service: ReportingService, review_job: RunJob, reporting_settings: ReportingSettings
) -> None:
    folder = Path(reporting_settings.source_folder) / "bms" / "out"
    dropped(folder, "accounts_2.csv", ROWS)
    dropped(folder, "accounts_9.csv", "old", minutes_ago=60)
    dropped(folder, "orders_3.csv", "of something else")
    system = await described(service, read_by_us("folder", {"place": "bms/out"}))

    snapshot = await taken(service, review_job, system)

    assert snapshot["state"] == "succeeded", snapshot
    assert snapshot["objects"][0]["rows_count"] == 2
    assert snapshot["objects"][0]["origin"].startswith("file accounts_2.csv, written at 20")


async def test_a_folder_without_a_fitting_file_ends_the_job_and_keeps_the_snapshot_before(
    service: ReportingService, review_job: RunJob, reporting_settings: ReportingSettings
) -> None:
    folder = Path(reporting_settings.source_folder) / "portal"
    file = dropped(folder, "accounts_1.csv", ROWS)
    system = await described(service, read_by_us("folder", {"place": "portal"}))
    before = await taken(service, review_job, system)
    file.unlink()

    failed = await taken(service, review_job, system)

    assert (failed["state"], failed["failure_code"]) == ("failed", "source_unreachable")
    rows = await asked(service, "GET", f"/v1/source-snapshots/{before['id']}/rows?object=accounts")
    assert len(rows.json()["items"]) == 2


async def test_links_lead_out_of_no_folder(
    service: ReportingService, review_job: RunJob, reporting_settings: ReportingSettings, tmp_path: Path
) -> None:
    root = Path(reporting_settings.source_folder)
    secret = dropped(tmp_path / "elsewhere", "accounts_1.csv", ROWS)
    (root / "away").symlink_to(secret.parent)
    (root / "near").mkdir()
    (root / "near" / "accounts_1.csv").symlink_to(secret)
    through_folder = await described(service, read_by_us("folder", {"place": "away"}))
    through_file = await described(service, read_by_us("folder", {"place": "near"}))

    outside = await taken(service, review_job, through_folder)
    linked = await taken(service, review_job, through_file)

    assert outside["failure_code"] == "source_access_refused"
    assert linked["failure_code"] == "source_unreachable"


@pytest.mark.parametrize(
    ("draft", "pointers"),
    [
        (read_by_us("folder", {"place": "../etc"}), ["/connection/place"]),
        (read_by_us("folder", {"place": "bms"}, "../*.csv"), ["/objects/0/query"]),
        (
            read_by_us("sftp", {"place": "sftp://a:secret@host/out"}),
            ["/connection/place", "/connection/host_key"],
        ),
        (a_source(kind="sftp"), ["/connection"]),
        (read_by_us("sent", {"place": "bms"}), ["/connection", "/objects/0/query"]),
    ],
)
async def test_what_contradicts_its_kind_is_refused_with_its_place(
    service: ReportingService, draft: dict[str, Any], pointers: list[str]
) -> None:
    reply = await asked(service, "POST", "/v1/source-systems", json=draft)

    assert (reply.status_code, reply.json()["code"]) == (422, "source_system_invalid")
    assert [one["pointer"] for one in reply.json()["errors"]] == pointers


async def test_files_of_an_sftp_server_are_read_with_a_key_that_nobody_sees_again(
    service: ReportingService, review_job: RunJob, drop_box: DropBox, database_url: str
) -> None:
    dropped(drop_box.folder, "accounts_1.csv", ROWS)
    system = await described(service, sftp_source(drop_box))
    key = CLIENT_KEY.export_private_key().decode()
    await given(service, system, key)

    snapshot = await taken(service, review_job, system)
    listed = await asked(service, "GET", f"/v1/source-systems/{system}/credentials")
    shown = await asked(service, "GET", f"/v1/source-systems/{system}")

    assert (snapshot["state"], snapshot["message"]) == ("succeeded", "Done")
    assert snapshot["objects"][0]["rows_count"] == 2
    assert [one["set_by"] for one in listed.json()["items"]] == [APPROVER.actor]
    assert key.splitlines()[1] not in listed.text + shown.text
    database = Database(database_url, application_name="test")
    async with database.reading() as connection:
        kept = await connection.exec_driver_sql("SELECT sealed FROM source_credentials")
        assert all(b"PRIVATE KEY" not in row.sealed for row in kept)
    await database.close()


async def test_a_host_that_shows_another_key_is_not_read(
    service: ReportingService, review_job: RunJob, drop_box: DropBox
) -> None:
    other = " ".join(asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().split()[:2])
    system = await described(service, sftp_source(drop_box, host_key=other))
    await given(service, system, CLIENT_KEY.export_private_key().decode())

    snapshot = await taken(service, review_job, system)

    assert (snapshot["state"], snapshot["failure_code"]) == ("failed", "source_access_refused")
    assert "another key" in snapshot["message"]


async def test_a_login_that_is_refused_is_said_without_the_secret(
    service: ReportingService, review_job: RunJob, drop_box: DropBox
) -> None:
    system = await described(service, sftp_source(drop_box))
    await given(service, system, "not the password")

    snapshot = await taken(service, review_job, system)

    assert snapshot["failure_code"] == "source_access_refused"
    assert "not the password" not in str(snapshot)


async def test_a_credential_opens_no_other_place_than_it_was_given_for(
    service: ReportingService, review_job: RunJob, drop_box: DropBox
) -> None:
    draft = sftp_source(drop_box)
    system = await described(service, draft)
    without = await taken(service, review_job, system)
    await given(service, system, CLIENT_KEY.export_private_key().decode())
    draft["connection"]["place"] = draft["connection"]["place"].replace("127.0.0.1", "127.0.0.2")
    changed = await asked(
        service, "PUT", f"/v1/source-systems/{system}", json=draft, headers={"If-Match": '"1"'}
    )

    led_elsewhere = await taken(service, review_job, system)

    assert changed.status_code == 200
    assert without["failure_code"] == led_elsewhere["failure_code"] == "source_credential_missing"


async def test_addresses_that_are_neither_public_nor_allowed_are_not_read(
    service: ReportingService, review_job: RunJob, drop_box: DropBox
) -> None:
    draft = sftp_source(drop_box, place="sftp://dealer@[::1]/in")
    refused = await asked(service, "POST", "/v1/source-systems", json=draft)
    system = await described(service, sftp_source(drop_box, place="sftp://dealer@169.254.169.254/in"))
    await given(service, system, "a password")

    snapshot = await taken(service, review_job, system)

    assert refused.status_code == 422
    assert snapshot["failure_code"] == "source_access_refused"
    assert "not public" in snapshot["message"]


async def test_who_describes_a_system_gives_it_no_credential(
    service: ReportingService, drop_box: DropBox
) -> None:
    sent = a_source()
    await described(service, sent)

    needless = await asked(
        service, "POST", f"/v1/source-systems/{sent['name']}/credentials", APPROVER, json={"secret": "x"}
    )
    empty = await asked(
        service, "POST", f"/v1/source-systems/{sent['name']}/credentials", APPROVER, json={"secret": ""}
    )

    assert (needless.status_code, needless.json()["code"]) == (409, "source_needs_no_credential")
    assert empty.status_code == 422


async def test_a_credential_sent_again_under_its_key_is_kept_once(
    service: ReportingService, drop_box: DropBox
) -> None:
    system = await described(service, sftp_source(drop_box))
    path, headers = f"/v1/source-systems/{system}/credentials", {"Idempotency-Key": f"credential-{system}"}

    first, second, other = [
        await asked(service, "POST", path, APPROVER, json={"secret": secret}, headers=headers)
        for secret in ("one", "one", "another")
    ]

    assert first.json() == second.json()
    assert other.status_code == 422
    assert len((await asked(service, "GET", path)).json()["items"]) == 1
