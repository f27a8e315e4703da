"""Files as evidence: told by their bytes, kept as they came, given out with their assignment."""

import hashlib

import httpx
import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from shared.database import Database
from shared.identity import Caller
from tests.integration.research.competitor_desk import ANALYST, CompetitorDesk
from tests.integration.research.conftest import ResearchService
from tests.integration.research.test_assignments import opened
from tests.integration.research.test_briefs import evidence
from tests.integration.service_callers import a_caller

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


async def handed_in(
    service: ResearchService,
    assignment: str,
    content: bytes,
    *,
    media_type: str = "application/pdf",
    named: str = "Visit note.pdf",
    caller: Caller = ANALYST,
    key: str | None = None,
) -> httpx.Response:
    disposition = f'attachment; filename="{named}"'
    headers = {"Content-Type": media_type, "Content-Disposition": disposition}
    if key is not None:
        headers["Idempotency-Key"] = key
    async with service[0](caller) as client:
        return await client.post(
            f"/v1/research-assignments/{assignment}/files", content=content, headers=headers
        )


async def test_a_file_is_evidence_and_is_given_out_as_it_came_with_its_assignment(
    service: ResearchService,
) -> None:
    desk, zone = CompetitorDesk(service), uuid7().hex
    sales, stranger = a_caller("zonal_sales", zones=(zone,)), a_caller("zonal_sales", zones=(uuid7().hex,))
    assignment = (await opened(service, zone=zone))["id"]
    content = PDF.replace(b"Catalog", b"Catalog/Note(" + zone.encode() + b")")
    key = uuid7().hex

    first = await handed_in(service, assignment, content, named="C:\\secret\\Visit note.pdf", key=key)
    replayed = await handed_in(service, assignment, content, named="C:\\secret\\Visit note.pdf", key=key)
    again = await handed_in(service, assignment, content, named="another name.pdf")

    assert [one.status_code for one in (first, replayed, again)] == [201, 201, 200]
    file = first.json()
    assert (file["file_name"], file["format"], file["size_bytes"]) == ("Visit note.pdf", "pdf", len(content))
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert [one.json()["id"] for one in (replayed, again)] == [file["id"]] * 2
    path = f"/research-assignments/{assignment}"
    listed = (await desk.read(f"{path}/files", sales))["items"]
    assert [one["id"] for one in listed] == [file["id"]]
    given = await desk.call("GET", f"{path}/files/{file['id']}/content", caller=sales)
    assert (given.content, given.headers["content-type"]) == (content, "application/pdf")
    assert given.headers["x-content-type-options"] == "nosniff"
    for hidden in ("files", f"files/{file['id']}/content"):
        assert (await desk.call("GET", f"{path}/{hidden}", caller=stranger)).status_code == 404
    assert (await handed_in(service, assignment, PDF, caller=stranger)).status_code == 404

    cited = await desk.made(f"{path}/evidence", evidence(file_id=file["id"], source_kind="document"))
    await desk.made(f"{path}/findings", {"text": "Kaveri supplies them", "evidence_ids": [cited["id"]]})
    brief = await desk.made(f"{path}/briefs", {"summary": "See the note"})
    # A brief also says what other tests saw of competitors everywhere.
    [source] = [one for one in brief["content"]["sources"] if one.get("file_sha256")]
    assert (source["file_name"], source["file_sha256"]) == ("Visit note.pdf", file["sha256"])


async def test_evidence_stands_in_a_file_of_its_own_assignment(service: ResearchService) -> None:
    desk = CompetitorDesk(service)
    one, another = [(await opened(service))["id"] for _ in range(2)]
    file = (await handed_in(service, one, PDF)).json()

    elsewhere = await desk.call(
        "POST", f"/research-assignments/{another}/evidence", evidence(file_id=file["id"])
    )
    download = await desk.call("GET", f"/research-assignments/{another}/files/{file['id']}/content")

    assert elsewhere.json()["errors"] == [
        {"pointer": "/file_id", "location": "body", "detail": "expected a file of this assignment"}
    ]
    assert (download.status_code, download.json()["code"]) == (404, "research_file_unknown")


async def test_a_file_is_what_its_bytes_say_and_not_what_it_is_called(service: ResearchService) -> None:
    assignment = (await opened(service))["id"]

    replies = [
        await handed_in(service, assignment, b"MZ\x90\x00" + bytes(100), named="report.pdf"),
        await handed_in(service, assignment, PDF, media_type="text/html", named="report.pdf"),
        await handed_in(service, assignment, bytes(20 * 2**20 + 1)),
    ]

    codes = [(one.status_code, one.json()["code"]) for one in replies]
    assert codes == [(422, "file_refused"), (422, "file_refused"), (413, "file_too_large")]
    [listed] = [await CompetitorDesk(service).read(f"/research-assignments/{assignment}/files")]
    assert listed["items"] == []


async def test_what_is_over_takes_no_more_files_and_what_is_told_of_one_stays(
    service: ResearchService, database_url: str
) -> None:
    desk, assignment = CompetitorDesk(service), (await opened(service))["id"]
    file = (await handed_in(service, assignment, PDF)).json()
    change = {"state": "cancelled", "note": "Lost"}
    path = f"/research-assignments/{assignment}"
    assert (await desk.call("PATCH", path, change, ANALYST, '"1"')).status_code == 200

    late = await handed_in(service, assignment, PDF + b"\n%%EOF")
    database = Database(database_url, application_name="test")
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        async with database.engine.begin() as connection:
            await connection.execute(sa.text("UPDATE research_files SET file_name = 'other'"))
    await database.close()

    assert late.json()["code"] == "assignment_state"
    assert (await desk.call("GET", f"{path}/files/{file['id']}/content")).content == PDF
