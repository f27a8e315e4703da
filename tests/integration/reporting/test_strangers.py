"""Zones learn nothing of reports and analyses over others' rows, on any route that takes an id."""

from uuid_utils.compat import uuid7

from tests.factories.payment_facts import a_receipt, booked
from tests.integration.reporting.conftest import ReportingService, RunJob
from tests.integration.reporting.subscription_desk import a_subscription
from tests.integration.reporting.test_analyses import CSV, analysed, told
from tests.integration.reporting.test_collections import a_partner, csv_of, opened, respondents, submitted
from tests.integration.reporting.test_data_reviews import (
    NAMED,
    a_rule,
    counting,
    described,
    issues,
    snapshot,
)
from tests.integration.reporting.test_report_runs import a_draft, a_name, asked, run
from tests.integration.reporting.test_system_tasks import a_task, wrote
from tests.integration.service_callers import a_caller
from tests.integration.strangers import Place, World, told_to_strangers


async def test_what_is_others_is_answered_as_what_is_not_there(
    service: ReportingService, run_job: RunJob, review_job: RunJob
) -> None:
    await service[1]([booked(a_receipt(zone="Others"))])
    draft = a_draft(audience=["analyst"])
    await asked(service, "POST", "/v1/report-definitions", json=draft)
    runs = [await run(service, run_job, {"definition": draft["name"]}) for _ in range(2)]
    table = await told(
        service, CSV.replace("West", "Others").encode(), "text/csv", name="Others' rows", zone="Others"
    )
    analysis = await analysed(service, "variance", {"table_id": table["id"]})
    saving = {"name": "Others' months", "kind": "variance", "table_name": "Others' rows", "zone": "Others"}
    saved = await asked(service, "POST", "/v1/saved-analyses", json=saving)
    system = await described(service)
    await snapshot(service, review_job, system, ["CP-1,Sharma,Others,asha,Proposal,1"])
    await counting(service, a_rule(system, NAMED))
    await snapshot(service, review_job, system, ["CP-1,,Others,asha,Proposal,1"])
    (issue,) = await issues(service, system=system)
    code = await a_partner(service, "Others")
    collection = await opened(service, ("partner", code))
    (respondent,) = await respondents(service, collection)
    submission = await submitted(service, run_job, collection, respondent, csv_of(f"{code},ENG-6,4,1,many"))
    subscription = await asked(
        service, "POST", "/v1/report-subscriptions", json=a_subscription(definition=draft["name"])
    )
    task = await a_task(service, zone="Others")
    await wrote(
        service, task, "evidence", item="users", kind="file", reference="left.csv", content_base64="bmFtZQo="
    )
    entries = (await asked(service, "GET", f"/v1/system-tasks/{task['id']}/entries")).json()["items"]
    (shown,) = [one for one in entries if one["content_sha256"]]
    world = World(
        places={
            "collection_id": Place(of_others=collection["id"], of_nobody=str(uuid7())),
            "respondent_id": Place(of_others=respondent["id"], of_nobody=str(uuid7())),
            "template": None,
            "submission_id": Place(of_others=submission["id"], of_nobody=str(uuid7())),
            "subscription_id": Place(of_others=subscription.json()["id"], of_nobody=str(uuid7())),
            "dashboard": None,
            "letter_id": None,  # beneath its subscription, which strangers are not shown
            "definition": Place(of_others=draft["name"], of_nobody=a_name()),
            "run_id": Place(of_others=runs[1]["id"], of_nobody=str(uuid7())),
            "analysis_id": Place(of_others=analysis["id"], of_nobody=str(uuid7())),
            "table_id": Place(of_others=table["id"], of_nobody=str(uuid7())),
            "saved_analysis_id": Place(of_others=saved.json()["id"], of_nobody=str(uuid7())),
            "task_id": Place(of_others=task["id"], of_nobody=str(uuid7())),
            "entry_id": Place(of_others=shown["id"], of_nobody=str(uuid7())),
            "checklist": Place(of_others=task["checklist"], of_nobody=a_name()),
            "issue_id": Place(of_others=issue["id"], of_nobody=str(uuid7())),
            "position": Place(of_others="1", of_nobody="9"),
        },
        strangers=[a_caller("zonal_sales", zones=("Own",))],
        owner=a_caller("analyst"),
    )

    assert await told_to_strangers("reporting", world, service[0]) == []
