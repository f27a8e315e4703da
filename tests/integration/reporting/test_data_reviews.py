"""Reviews of typed data: snapshots of files, rules tried before they count, issues kept over snapshots, scores."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import httpx
from python_calamine import CalamineWorkbook
from uuid_utils.compat import uuid7

from shared.identity import Caller
from tests.factories.told_facts import partner_told
from tests.integration.reporting.conftest import ReportingService, RunJob
from tests.integration.service_callers import a_caller

ANALYST = a_caller("analyst")
NAMES = {
    "code": "Code",
    "name": "Account Name",
    "zone": "Zone",
    "owner": "Owner",
    "stage": "Stage",
    "amount": "Amount",
}
HEADER = ",".join(NAMES.values())
CLEAN = ("CP-1,Sharma Traders,West,asha,Proposal,1000", "CP-2,Iyer Motors,South,bala,Proposal,2000")


def a_source(**changed: Any) -> dict[str, Any]:
    fields = [{"name": name, "column": column} for name, column in NAMES.items()]
    return {
        "name": f"crm-{uuid7().hex[-10:]}",
        "title": "Sales cloud",
        "kind": "sent",
        "owner": "head.of.sales",
        "objects": [
            {
                "name": "accounts",
                "title": "Accounts",
                "fields": fields,
                "key_fields": ["code"],
                "zone_field": "zone",
                "owner_field": "owner",
            }
        ],
        **changed,
    }


def a_rule(system: str, check: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
    name = f"rule-{uuid7().hex[-12:]}"
    return {
        "name": name,
        "title": "A rule",
        "system": system,
        "object": "accounts",
        "check": check,
        **changed,
    }


NAMED = {"kind": "required", "fields": ["name"]}


async def asked(
    service: ReportingService, method: str, path: str, caller: Caller = ANALYST, **options: Any
) -> httpx.Response:
    async with service[0](caller) as client:
        return await client.request(method, path, **options)


async def described(service: ReportingService, **changed: Any) -> str:
    draft = a_source(**changed)
    reply = await asked(service, "POST", "/v1/source-systems", json=draft)
    assert reply.status_code == 201, reply.text
    return str(draft["name"])


async def snapshot(
    service: ReportingService, review_job: RunJob, system: str, lines: Sequence[str]
) -> dict[str, Any]:
    """Send the rows and take them."""
    sent = await asked(
        service,
        "POST",
        f"/v1/source-systems/{system}/files?object=accounts",
        content="\n".join([HEADER, *lines]).encode(),
        headers={"Content-Type": "text/csv"},
    )
    assert sent.status_code == 201, sent.text
    reply = await asked(service, "POST", f"/v1/source-systems/{system}/snapshots")
    assert reply.status_code == 202, reply.text
    await review_job(reply.json()["job_id"])
    taken: dict[str, Any] = (await asked(service, "GET", f"/v1/source-snapshots/{reply.json()['id']}")).json()
    return taken


async def counting(service: ReportingService, draft: dict[str, Any]) -> dict[str, Any]:
    """Write a rule, try it on the newest snapshot, let it count."""
    written = await asked(service, "POST", "/v1/validation-rules", json=draft)
    assert written.status_code == 201, written.text
    path = f"/v1/validation-rules/{draft['name']}"
    tried = await asked(service, "POST", f"{path}/simulations", json={})
    assert tried.status_code == 201, tried.text
    counts = await asked(service, "POST", f"{path}/activation", headers={"If-Match": '"1"'})
    assert counts.status_code == 200, counts.text
    simulated: dict[str, Any] = tried.json()
    return simulated


async def issues(service: ReportingService, caller: Caller = ANALYST, **filters: str) -> list[dict[str, Any]]:
    reply = await asked(service, "GET", "/v1/data-issues", caller, params=filters)
    assert reply.status_code == 200, reply.text
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


async def test_a_snapshot_is_frozen_and_told_apart_from_the_one_before(
    service: ReportingService, review_job: RunJob
) -> None:
    system = await described(service)

    first = await snapshot(service, review_job, system, [*CLEAN, ",No key,West,asha,Proposal,1", CLEAN[0]])
    second = await snapshot(
        service,
        review_job,
        system,
        [CLEAN[0].replace("1000", "1500"), "CP-3,Rao Infra,East,chand,Proposal,9"],
    )

    (frozen,) = first["objects"]
    assert (first["state"], frozen["rows_count"], frozen["rejected_count"]) == ("succeeded", 2, 2)
    assert [one["reason"] for one in frozen["rejected"]] == [
        "the key is empty", "the key CP-1 is that of a row before",
    ]  # fmt: skip
    rows = await asked(service, "GET", f"/v1/source-snapshots/{first['id']}/rows?object=accounts&limit=1")
    assert rows.json()["items"][0]["values"]["name"] == "Sharma Traders"
    assert rows.json()["next_cursor"] is not None
    path = f"/v1/source-snapshots/{second['id']}/differences?object=accounts"
    changes = (await asked(service, "GET", path)).json()["items"]
    assert [(one["natural_key"], one["change"]) for one in changes] == [
        ("CP-1", "changed"), ("CP-2", "removed"), ("CP-3", "added"),
    ]  # fmt: skip
    assert (changes[0]["before"], changes[0]["now"]) == ({"amount": "1000"}, {"amount": "1500"})
    of_first = await asked(service, "GET", f"/v1/source-snapshots/{first['id']}/differences?object=accounts")
    assert (of_first.status_code, of_first.json()["code"]) == (409, "source_snapshot_not_ready")


async def test_what_cannot_be_read_ends_the_job_with_its_line(
    service: ReportingService, review_job: RunJob
) -> None:
    system = await described(service)

    taken = await snapshot(service, review_job, system, ["CP-1,too short"])

    assert (taken["state"], taken["failure_code"], taken["objects"]) == ("failed", "source_unreadable", [])
    assert taken["message"] == "Line 2 has 2 values, the header 6 names"


async def test_a_rule_is_tried_before_it_counts(service: ReportingService, review_job: RunJob) -> None:
    system = await described(service)
    await snapshot(service, review_job, system, [CLEAN[0], "CP-2,,South,bala,Proposal,2000"])
    draft = a_rule(system, NAMED)
    path = f"/v1/validation-rules/{draft['name']}"
    await asked(service, "POST", "/v1/validation-rules", json=draft)

    blind = await asked(service, "POST", f"{path}/activation", headers={"If-Match": '"1"'})
    tried = await asked(service, "POST", f"{path}/simulations", json={})
    raised = await issues(service, system=system)
    counts = await asked(service, "POST", f"{path}/activation", headers={"If-Match": '"1"'})
    changed = await asked(
        service,
        "PUT",
        path,
        json={**draft, "check": {"kind": "required", "fields": ["zone"]}},
        headers={"If-Match": '"1"'},
    )

    assert (blind.status_code, blind.json()["code"]) == (409, "validation_rule_not_simulated")
    assert (tried.json()["rows_count"], tried.json()["findings_count"]) == (2, 1)
    assert tried.json()["findings"][0]["natural_key"] == "CP-2"
    assert raised == []
    assert counts.json()["active_revision"] == 1
    assert (changed.json()["revision"], changed.json()["active_revision"]) == (2, 1)


async def test_an_issue_is_kept_until_a_snapshot_is_clean_and_opened_again(
    service: ReportingService, review_job: RunJob
) -> None:
    system = await described(service)
    await snapshot(service, review_job, system, CLEAN)
    await counting(service, a_rule(system, NAMED, zone_owners={"South": "zone.head"}, due_days=3))
    broken = [CLEAN[0], "CP-2,,South,bala,Proposal,2000"]

    first = await snapshot(service, review_job, system, broken)
    (raised,) = await issues(service, system=system)
    second = await snapshot(service, review_job, system, broken)
    (kept,) = await issues(service, system=system)
    await snapshot(service, review_job, system, CLEAN)
    (gone,) = await issues(service, system=system)
    await snapshot(service, review_job, system, broken)
    (back,) = await issues(service, system=system, state="open")
    events = (await asked(service, "GET", f"/v1/data-issues/{raised['id']}/events")).json()["items"]

    assert (raised["state"], raised["owner"], raised["zone"], raised["natural_key"]) == (
        "open", "zone.head", "South", "CP-2",
    )  # fmt: skip
    assert raised["why"] == "name is empty"
    assert (kept["id"], kept["first_snapshot_id"], kept["last_snapshot_id"]) == (
        raised["id"], first["id"], second["id"],
    )  # fmt: skip
    assert (gone["id"], gone["state"]) == (raised["id"], "resolved")
    assert (back["id"], back["reopened_count"]) == (raised["id"], 1)
    assert [one["kind"] for one in events] == ["raised", "resolved", "reopened"]


async def test_what_is_accepted_stays_so_until_its_day_and_costs_no_score(
    service: ReportingService, review_job: RunJob
) -> None:
    system = await described(service)
    broken = [CLEAN[0], "CP-2,,South,bala,Proposal,2000"]
    await snapshot(service, review_job, system, CLEAN)
    await counting(service, a_rule(system, NAMED))
    await snapshot(service, review_job, system, broken)
    (issue,) = await issues(service, system=system)
    path, match = f"/v1/data-issues/{issue['id']}", {"If-Match": f'"{issue["revision"]}"'}
    until = (date.today() + timedelta(days=30)).isoformat()  # noqa: DTZ011 - a month is long enough for any zone
    waiver = {"reason": "Closed firm, kept for its ledger", "expires_on": until}

    endless = await asked(
        service, "POST", f"{path}/waiver", json={**waiver, "expires_on": "2099-01-01"}, headers=match
    )
    waived = await asked(service, "POST", f"{path}/waiver", json=waiver, headers=match)
    stale = await asked(service, "POST", f"{path}/assignment", json={"owner": "bala"}, headers=match)
    await snapshot(service, review_job, system, broken)
    (still,) = await issues(service, system=system)
    scores = (await asked(service, "GET", f"/v1/data-quality-scores?system={system}")).json()["items"]
    by_zone = (
        await asked(service, "GET", f"/v1/data-quality-scores?system={system}&by=zone&zone=South")
    ).json()

    assert (endless.status_code, endless.json()["code"]) == (422, "waiver_invalid")
    assert (waived.status_code, waived.json()["state"]) == (200, "waived")
    assert stale.status_code == 412
    assert (still["state"], still["waiver_expires_on"]) == ("waived", until)
    assert [one["score_percent"] for one in scores] == ["100.00", "50.00", "100.00"]
    assert [one["score_percent"] for one in by_zone["items"]] == ["100.00", "0.00", "100.00"]


async def test_zones_see_the_issues_of_their_rows_alone_also_as_a_workbook(
    service: ReportingService, review_job: RunJob
) -> None:
    system = await described(service)
    await snapshot(service, review_job, system, CLEAN)
    await counting(service, a_rule(system, NAMED))
    await snapshot(service, review_job, system, ["CP-1,,West,asha,Proposal,1", "CP-2,,South,bala,Proposal,2"])
    seller = a_caller("zonal_sales", zones=("West",))

    own = await issues(service, seller, system=system)
    book = await asked(service, "GET", f"/v1/data-issues?system={system}&format=xlsx", seller)
    rows_of_all = await asked(service, "GET", f"/v1/source-systems/{system}/snapshots", seller)
    scores = (await asked(service, "GET", f"/v1/data-quality-scores?system={system}", seller)).json()["items"]

    assert [one["natural_key"] for one in own] == ["CP-1"]
    sheet = CalamineWorkbook.from_filelike(BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert len(sheet) == 2
    assert rows_of_all.status_code == 403
    assert [(one["rows_count"], one["faulty_count"]) for one in scores] == [(1, 1), (1, 0)]


async def test_rules_hold_rows_against_partners_and_other_systems(
    service: ReportingService, review_job: RunJob
) -> None:
    code = f"CP{uuid7().hex[-8:]}"
    await service[1]([partner_told(code, zone="West")])
    books, system = await described(service), await described(service)
    line = f"{code},Sharma Traders,West,asha,Proposal,"
    await snapshot(service, review_job, books, [f"{line}1000"])
    await snapshot(service, review_job, system, CLEAN)
    target = {"kind": "object", "system": books, "object": "accounts", "field": "code"}
    pairs = [{"field": "amount", "other": "amount"}]
    drift = a_rule(
        system, {"kind": "drift", "fields": ["code"], "target": target, "pairs": pairs, "tolerance": "0.50"}
    )
    known = a_rule(system, {"kind": "reference", "fields": ["code"], "target": {"kind": "partners"}})
    shaped = a_rule(system, {"kind": "pattern", "fields": ["stage"], "pattern": "[A-Z][a-z]+"})
    for draft in (drift, known, shaped):
        await counting(service, draft)

    await snapshot(service, review_job, system, [f"{line}1000.40", "CP-1,Unknown,West,asha,proposal,1"])
    within = await issues(service, system=system, state="open")
    await snapshot(service, review_job, system, [f"{line}1001"])
    (beyond,) = await issues(service, system=system, state="open")

    assert {(one["rule"], one["natural_key"]) for one in within} == {
        (known["name"], "CP-1"), (shaped["name"], "CP-1"),
    }  # fmt: skip
    assert (beyond["rule"], beyond["value"], beyond["suggestion"]) == (drift["name"], "1001", "1000")


async def test_a_rule_that_counts_no_more_closes_what_it_found(
    service: ReportingService, review_job: RunJob
) -> None:
    system = await described(service)
    await snapshot(service, review_job, system, CLEAN)
    draft = a_rule(system, NAMED)
    await counting(service, draft)
    await snapshot(service, review_job, system, ["CP-1,,West,asha,Proposal,1"])
    path = f"/v1/validation-rules/{draft['name']}/retirement"

    retired = await asked(service, "POST", path, headers={"If-Match": '"1"'})
    again = await asked(service, "POST", path, headers={"If-Match": '"1"'})
    (closed,) = await issues(service, system=system)

    assert (retired.json()["active_revision"], again.status_code) == (None, 409)
    assert closed["state"] == "resolved"


BAD_RULES: list[tuple[dict[str, Any], str]] = [
    ({"kind": "required", "fields": ["colour"]}, "/check/fields"),
    ({"kind": "range", "fields": ["amount"]}, "/check/minimum"),
    ({"kind": "range", "fields": ["amount"], "minimum": "9", "maximum": "1"}, "/check/maximum"),
    ({"kind": "fresh", "fields": ["amount"]}, "/check/days_max"),
    ({"kind": "required", "fields": ["name"], "days_max": 3}, "/check/days_max"),
    ({"kind": "pattern", "fields": ["name"], "pattern": "(?=x)"}, "/check/pattern"),
    ({"kind": "reference", "fields": ["code"], "target": {"kind": "object"}}, "/check/target/object"),
]


async def test_a_rule_that_cannot_be_applied_is_refused_with_the_place(service: ReportingService) -> None:
    system = await described(service)

    replies = [
        await asked(service, "POST", "/v1/validation-rules", json=a_rule(system, check))
        for check, _ in BAD_RULES
    ]

    assert [reply.json()["code"] for reply in replies] == ["validation_rule_invalid"] * len(BAD_RULES)
    assert [reply.json()["errors"][0]["pointer"] for reply in replies] == [place for _, place in BAD_RULES]


async def test_a_source_that_contradicts_itself_is_refused_with_the_place(service: ReportingService) -> None:
    draft = a_source()
    draft["objects"][0]["key_fields"] = ["number"]

    reply = await asked(service, "POST", "/v1/source-systems", json=draft)

    assert reply.json()["code"] == "source_system_invalid"
    assert reply.json()["errors"][0]["pointer"] == "/objects/0/key_fields/0"


async def test_a_file_sent_twice_at_once_by_the_same_key_is_kept_once(service: ReportingService) -> None:
    system = await described(service)
    path = f"/v1/source-systems/{system}/files?object=accounts"
    sent = {
        "content": HEADER.encode(),
        "headers": {"Content-Type": "text/csv", "Idempotency-Key": "one-file"},
    }

    first = await asked(service, "POST", path, **sent)
    second = await asked(service, "POST", path, **sent)
    files = (await asked(service, "GET", f"/v1/source-systems/{system}/files")).json()["items"]

    assert first.json()["id"] == second.json()["id"]
    assert len(files) == 1
