"""What research finds: evidence, findings that cite it, briefs that another person approves and sales reads."""

import pypdfium2
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from shared.database import Database
from tests.integration.research.competitor_desk import ANALYST, CompetitorDesk
from tests.integration.research.conftest import ResearchService
from tests.integration.research.test_assignments import opened
from tests.integration.service_callers import a_caller

REVIEWER = a_caller("approver")


def evidence(**changes: object) -> dict[str, object]:
    return {
        "quotation": "Two sets of 125 kVA, by Kaveri", "source_kind": "person", "source": "Works manager",
        "seen_on": "2026-11-20", "reliability": "B", "credibility": 2, **changes,
    }  # fmt: skip


async def test_evidence_becomes_a_brief_that_sales_reads(service: ResearchService, database_url: str) -> None:
    desk, zone = CompetitorDesk(service), uuid7().hex
    sales, stranger = a_caller("zonal_sales", zones=(zone,)), a_caller("zonal_sales", zones=("elsewhere",))
    assignment = await opened(service, zone=zone, questions=["Who supplies them?", "At what price?"])
    path = f"/research-assignments/{assignment['id']}"

    cited = await desk.made(f"{path}/evidence", evidence())
    finding = {"text": "Kaveri supplies them", "question_id": assignment["questions"][0]["id"]}
    await desk.made(f"{path}/findings", {**finding, "evidence_ids": [cited["id"]]})
    brief = await desk.made(f"{path}/briefs", {"summary": "They fear another late delivery"})
    card = f"/research-briefs/{brief['id']}"

    assert [len(one["findings"]) for one in brief["content"]["answers"]] == [1, 0]
    assert (await desk.call("GET", card, caller=sales)).status_code == 404
    assert (await desk.call("POST", f"{card}/sharing")).json()["code"] == "research_brief_state"
    own = await desk.call("POST", f"{card}/review", {"is_approved": True})
    assert (own.status_code, own.json()["code"]) == (409, "maker_is_checker")
    await desk.made(f"{card}/review", {"is_approved": True, "note": "Good"}, REVIEWER)
    await desk.made(f"{card}/sharing", None)
    again = [
        (await desk.call("POST", f"{card}/{step}", body, REVIEWER)).status_code
        for step, body in (("review", {"is_approved": False}), ("sharing", None))
    ]

    assert again == [409, 409]
    assert (await desk.call("GET", card, caller=stranger)).status_code == 404
    pdf = await desk.call("GET", f"{card}/content", caller=sales)
    text = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf.content))
    for words in (
        "They fear another late delivery",
        "Kaveri supplies them",
        "What we did not find",
        "At what price?",
        "B2",
    ):
        assert words in text
    await desk.made(f"{card}/feedback", {"is_useful": True, "comment": "Won it"}, sales)
    shown = await desk.read(card)
    assert [(one["reader"], one["times"]) for one in shown["readers"]] == [(sales.actor, 1)]
    assert [(one["is_useful"], one["comment"]) for one in shown["feedback"]] == [(True, "Won it")]
    database = Database(database_url, application_name="test")
    query = sa.text("SELECT count(*) FROM outbox WHERE type = :type AND partition_key = :key")
    values = {"type": "salesops.research.findings_shared.v1", "key": assignment["id"]}
    async with database.reading() as connection:
        assert (await connection.execute(query, values)).scalar_one() == 1
    await database.close()


async def test_a_finding_without_evidence_of_its_assignment_is_refused(service: ResearchService) -> None:
    desk = CompetitorDesk(service)
    paths = [f"/research-assignments/{(await opened(service))['id']}" for _ in range(2)]
    others = await desk.made(f"{paths[1]}/evidence", evidence())

    def finding(*ids: str, **changes: object) -> dict[str, object]:
        return {"text": "So it is", "evidence_ids": list(ids), **changes}

    replies = [
        await desk.call("POST", f"{paths[0]}/findings", finding()),
        await desk.call("POST", f"{paths[0]}/findings", finding(others["id"])),
        await desk.call("POST", f"{paths[1]}/findings", finding(others["id"], question_id=str(uuid7()))),
    ]

    assert [one.status_code for one in replies] == [422, 422, 422]
    assert [one.json()["code"] for one in replies[1:]] == ["citation_invalid", "research_evidence_invalid"]


async def test_evidence_is_of_the_past_and_of_runs_of_ones_own(service: ResearchService) -> None:
    desk = CompetitorDesk(service)
    path = f"/research-assignments/{(await opened(service))['id']}/evidence"

    replies = [
        await desk.call("POST", path, evidence(**changes))
        for changes in ({"seen_on": "2099-01-01"}, {"query_run_id": str(uuid7())})
    ]

    assert [one.json()["errors"][0]["pointer"] for one in replies] == ["/seen_on", "/query_run_id"]


async def test_what_is_over_takes_no_more_evidence(service: ResearchService) -> None:
    desk = CompetitorDesk(service)
    path = f"/research-assignments/{(await opened(service))['id']}"
    change = {"state": "cancelled", "note": "Lost"}
    assert (await desk.call("PATCH", path, change, ANALYST, '"1"')).status_code == 200

    for step, body in (("evidence", evidence()), ("briefs", {"summary": "Too late"})):
        assert (await desk.call("POST", f"{path}/{step}", body)).json()["code"] == "assignment_state"
