"""The conventions of docs/api/README.md, checked on every operation and every field of the published document."""

import json
import re
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from gateway.domain.openapi_words import undescribed
from gateway.domain.routing import BOUNDS, GATEWAY, service_of
from shared import bulk
from tests.contract.openapi import Operation, document, fields, operations, resolved

PROBLEM: Final = "application/problem+json"
APEX_NAME: Final = re.compile(r"[a-z](?!.*__)[a-z0-9_]{0,78}[a-z0-9]")
# Reserved words of Apex that somebody may want to call an operation.
APEX_RESERVED: Final = frozenset(
    {"insert", "update", "delete", "merge", "search", "select", "list", "new", "order"}
)
SINGULAR: Final = {
    "ageing": "a report, of which there is one",
    "audit-trail": "there is one",
    "booking-clock": "there is one",
    "me": "the caller",
    "request-audit": "there is one",
    "trial-balance": "a report, of which there is one",
}
# Names of accountants, older than our endings. Everything else says `_at` or `_on`.
INSTANTS_OF_OTHER_NAMES: Final = frozenset({"as_of", "at"})
DAYS_OF_OTHER_NAMES: Final = frozenset(
    "as_of complaint_until covers_from covers_to credited_on_gte credited_on_lte day from notice_until on"
    " payment_until receipts_since since to valid_from valid_to".split()
)
STATES_OF_OTHER_NAMES: Final = frozenset({"is_relied_on"})
# Writes to what exists that need no If-Match, each for one of three reasons.
ADDS: Final = "adds a row of its own and overwrites nothing"
ONCE: Final = "is possible once; whoever comes second is refused with 409"
CURRENT: Final = "acts on what is stored at that moment, under a lock"
WITHOUT_IF_MATCH: Final = {
    "POST /v1/research-assignments/{assignment_id}/evidence": ADDS,
    "POST /v1/research-assignments/{assignment_id}/files": ADDS,
    "POST /v1/research-assignments/{assignment_id}/fetches": ADDS,
    "POST /v1/research-assignments/{assignment_id}/findings": ADDS,
    "POST /v1/research-assignments/{assignment_id}/brief-drafts": ADDS,
    "POST /v1/research-brief-drafts/{draft_id}/adoptions": ADDS,
    "POST /v1/research-assignments/{assignment_id}/briefs": ADDS,
    "POST /v1/research-briefs/{brief_id}/review": ONCE,
    "POST /v1/research-briefs/{brief_id}/sharing": ONCE,
    "POST /v1/research-briefs/{brief_id}/feedback": ADDS,
    "POST /v1/competitor-observations/{observation_id}/withdrawal": ONCE,
    "POST /v1/competitors/{competitor}/battlecards": ADDS,
    "POST /v1/competitor-digest-subscriptions/{subscription_id}/runs": CURRENT,
    "POST /v1/competitors/{competitor}/observations": ADDS,
    "POST /v1/collections/{collection_id}/closing": ONCE,
    "POST /v1/collections/{collection_id}/letters/{letter_id}/resend": CURRENT,
    "POST /v1/collections/{collection_id}/submissions": ADDS,
    "POST /v1/submissions/{submission_id}/acceptance": ONCE,
    "POST /v1/submissions/{submission_id}/return": ONCE,
    "POST /v1/analyses/{analysis_id}/overrides": ADDS,
    "POST /v1/saved-analyses/{saved_analysis_id}/runs": ADDS,
    "POST /v1/saved-analyses/{saved_analysis_id}/letters/{letter_id}/resend": CURRENT,
    "POST /v1/report-subscriptions/{subscription_id}/letters/{letter_id}/resend": CURRENT,
    "POST /v1/saved-queries/{saved_query_id}/runs": ADDS,
    "POST /v1/market-analyses/{analysis}/runs": ADDS,
    "POST /v1/market-analyses/{analysis}/saved-queries": ADDS,
    "POST /v1/source-systems/{system}/files": ADDS,
    "POST /v1/source-systems/{system}/credentials": ADDS,
    "POST /v1/source-systems/{system}/snapshots": ADDS,
    "POST /v1/validation-rules/{rule}/simulations": ADDS,
    "POST /v1/task-checklists/{checklist}/tasks": ADDS,
    "POST /v1/allocations/{allocation_id}/reversal": ONCE,
    "POST /v1/api-keys/{api_key_id}/revocation": CURRENT,
    "POST /v1/bank-lines/{bank_line_id}/link": ONCE,
    "POST /v1/bank-lines/{bank_line_id}/posting": ONCE,
    "POST /v1/bank-lines/{bank_line_id}/posting/reversal": ONCE,
    "POST /v1/booking-clock/calendars/{code}/days": ADDS,
    "POST /v1/bounces/{bounce_id}/steps": ADDS,
    "POST /v1/credit-notes/{note_id}/applications": ADDS,
    "POST /v1/credit-notes/{note_id}/ims-actions": ADDS,
    "POST /v1/credit-notes/{note_id}/registration": CURRENT,
    "POST /v1/exceptions/{exception_id}/notes": ADDS,
    "POST /v1/holiday-calendars/{code}/days": ADDS,
    "DELETE /v1/jobs/{job_id}": ONCE,
    "POST /v1/dataset-uploads/{upload_id}/completion": ONCE,
    "POST /v1/datasets/{dataset}/uploads": ADDS,
    "PUT /v1/dataset-uploads/{upload_id}/parts/{number}": CURRENT,
    "POST /v1/deliveries/{delivery_id}/resend": CURRENT,
    "POST /v1/document-links/{token}/acknowledgement": ADDS,
    "POST /v1/document-links/{token}/objection": ADDS,
    "POST /v1/document-links/{token}/unsubscription": ADDS,
    "POST /v1/document-links/{token}/content": ADDS,
    "POST /v1/document-links/{token}/reply": ADDS,
    "POST /v1/documents/{document_id}/acknowledgement": ADDS,
    "POST /v1/documents/{document_id}/objection": ADDS,
    "POST /v1/partners/{partner}/contacts": ADDS,
    "POST /v1/partners/{partner}/contacts/{contact_id}/retirement": CURRENT,
    "POST /v1/dead-letters/{dead_letter_id}/discard": ONCE,
    "POST /v1/dead-letters/{dead_letter_id}/replay": ONCE,
    "POST /v1/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/resend": ADDS,
    "POST /v1/webhook-endpoints/{endpoint_id}/resends": ADDS,
    "POST /v1/webhook-endpoints/{endpoint_id}/test": ADDS,
    "POST /v1/matching-policies/{version}/activation": ONCE,
    "POST /v1/matching-policies/{version}/simulation": ADDS,
    "POST /v1/order-boards/{partner}/publication": ADDS,
    "POST /v1/partner-merges/{merge_id}/reversal": ONCE,
    "POST /v1/partners/{partner}/bank-details": ADDS,
    "POST /v1/partners/{partner}/bank-details/{bank_details_id}/approval": ONCE,
    "POST /v1/partners/{partner}/people": ADDS,
    "POST /v1/payer-aliases/{alias_id}/withdrawal": ONCE,
    "POST /v1/payment-queries/{query_id}/messages": ADDS,
    "POST /v1/periods/{month}/closing": ONCE,
    "POST /v1/periods/{month}/reopening": ONCE,
    "POST /v1/periods/{month}/reopening/decision": ONCE,
    "POST /v1/periods/{month}/waivers": ADDS,
    "POST /v1/receipts/{receipt_id}/allocations": CURRENT,
    "POST /v1/receipts/{receipt_id}/reversal": ONCE,
    "POST /v1/reconciliation-rules/{rule_id}/approval": ONCE,
    "POST /v1/reconciliation-tolerances/{tolerance_id}/signature": ONCE,
    "POST /v1/refunds/{refund_id}/decision": ONCE,
    "POST /v1/salesforce-notifications/{notification_id}/replay": CURRENT,
    "POST /v1/salesforce-writes/{write_id}/resend": CURRENT,
    "POST /v1/salesforce-mappings/{mapping_id}/activation": ONCE,
    "POST /v1/salesforce-mappings/{mapping_id}/trial": ADDS,
}

every_operation = pytest.mark.parametrize("operation", operations(), ids=lambda one: one.name)


def wrong(found: list[str]) -> None:
    assert found == [], "\n".join(found)


def test_paths_are_plural_nouns_in_kebab_case() -> None:
    literal = {part for one in operations() for part in one.path.split("/") if part and "{" not in part}
    resources = {one.path.split("/")[2] for one in operations() if one.path.startswith("/v1/")}

    wrong([part for part in literal if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", part)])
    wrong(sorted(name for name in resources if not name.endswith("s") and name not in SINGULAR))


def test_fields_and_parameters_are_in_snake_case() -> None:
    names = {name for _, name, _ in fields()}
    for one in operations():
        names |= one.parameters("query") | one.parameters("path")

    wrong(sorted(name for name in names if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)))


def test_operations_and_models_have_names_that_every_language_takes() -> None:
    names = [one.body["operationId"] for one in operations()]

    assert len(names) == len(set(names))
    wrong([name for name in names if not APEX_NAME.fullmatch(name) or name in APEX_RESERVED])
    wrong(
        [name for name in document()["components"]["schemas"] if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name)]
    )


def test_every_operation_says_what_it_is_for_under_a_declared_tag() -> None:
    declared = {tag["name"] for tag in document()["tags"] if tag.get("description")}

    wrong(
        [one.name for one in operations() if not one.body.get("summary") or not one.body.get("description")]
    )
    wrong([one.name for one in operations() if not one.body["tags"] or not set(one.body["tags"]) <= declared])


def test_every_field_and_every_parameter_is_described() -> None:
    """Names are explained in gateway/adapters/field_words.toml, unless the model or the route does it."""
    wrong(undescribed(document()))


def test_money_is_never_a_number() -> None:
    money = re.compile(r"(^|_)(amount|balance|debit|credit|total|price|charge)$")

    wrong(
        [
            f"{model}.{name}"
            for model, name, field in fields()
            if money.search(name) and '"number"' in json.dumps(field)
        ]
    )
    amount = document()["components"]["schemas"]["MoneyBody"]["properties"]["amount"]
    assert amount["type"] == "string"


def test_instants_end_in_at_and_days_in_on() -> None:
    for model, name, field in fields():
        text = json.dumps(field)
        if '"format": "date-time"' in text:
            assert name.endswith("_at") or name in INSTANTS_OF_OTHER_NAMES, f"{model}.{name}"
        elif '"format": "date"' in text:
            assert name.endswith("_on") or name in DAYS_OF_OTHER_NAMES, f"{model}.{name}"
        elif name.endswith(("_at", "_on")):
            assert name in STATES_OF_OTHER_NAMES, f"{model}.{name} is neither an instant nor a day"


@every_operation
def test_every_refusal_and_fault_that_can_come_is_named(operation: Operation) -> None:
    expected = {"400", "405", "429", "500", "503"}
    if not operation.is_public:
        expected |= {"401", "403"}
    if service_of(operation.path) != GATEWAY:
        expected |= {"502", "504"}
    if "{" in operation.path:
        expected |= {"404"}
    if "requestBody" in operation.body:
        expected |= {"408", "413", "415", "422"}
    if operation.parameters("query") or operation.parameters("path"):
        expected |= {"422"}
    if "If-Match" in operation.parameters("header"):
        expected |= {"412", "428"}
    if "Idempotency-Key" in operation.parameters("header"):
        expected |= {"409", "422"}

    assert expected <= operation.replies.keys()


@every_operation
def test_every_error_is_a_problem_document_with_an_example(operation: Operation) -> None:
    for status, reply in operation.replies.items():
        if status >= "400" and not (operation.is_public and status == "503"):
            media = resolved(reply)["content"][PROBLEM]
            assert media["schema"] == {"$ref": "#/components/schemas/Problem"}, status
            assert media.get("example") or media.get("examples"), status


def test_every_post_can_be_repeated_with_a_key() -> None:
    posts = [one for one in operations() if one.method == "post"]

    wrong([one.name for one in posts if "Idempotency-Key" not in one.parameters("header")])


def test_every_change_of_what_exists_needs_the_revision_it_was_decided_on() -> None:
    writes = [one for one in operations() if one.method != "get" and "{" in one.path]
    without = {one.name for one in writes if "If-Match" not in one.parameters("header")}

    assert without == WITHOUT_IF_MATCH.keys()


def test_whoever_sends_a_revision_finds_it_in_a_body_too() -> None:
    """Salesforce Flow sees no headers of replies."""
    for one in operations():
        if "If-Match" in one.parameters("header"):
            (media,) = one.success().values()
            assert "revision" in resolved(media["schema"])["properties"], one.name


def test_lists_are_pages_with_a_cursor_in_body_and_head() -> None:
    lists = [one for one in operations() if one.method == "get" and "limit" in one.parameters("query")]

    assert len(lists) > 40
    for one in lists:
        assert {"limit", "cursor"} <= one.parameters("query"), one.name
        page = resolved(one.success()["200"]["schema"])
        assert {"items", "next_cursor"} <= page["properties"].keys(), one.name
        assert "Link" in one.replies["200"]["headers"], one.name


def test_a_json_reply_to_a_get_is_not_sent_twice() -> None:
    for one in operations():
        if one.method == "get" and one.path.startswith("/v1/") and one.success():
            assert "ETag" in one.replies["200"]["headers"], one.name
            assert "304" in one.replies, one.name
            assert "If-None-Match" in one.parameters("header"), one.name


def test_batches_take_json_lines_and_csv_and_answer_item_by_item() -> None:
    batches = [one for one in operations() if one.path.endswith("/batch")]

    assert len(batches) >= 4
    for one in batches:
        content = one.body["requestBody"]["content"]
        assert {"application/json", "application/x-ndjson", "text/csv"} <= content.keys(), one.name
        verdicts = resolved(one.success()["200"]["schema"])["properties"]
        assert {"accepted", "duplicate", "refused", "items"} <= verdicts.keys(), one.name
        assert BOUNDS[("POST", one.path)].body_bytes_max > bulk.BODY_BYTES_MAX, "the gateway lets it through"


def test_whatever_is_deprecated_says_until_when() -> None:
    deprecated = [one for one in operations() if one.body.get("deprecated")]

    wrong([one.name for one in deprecated if "x-deprecation" not in one.body])


def examples() -> list[tuple[str, dict[str, Any], Any]]:
    """Operation and place, schema and value of every example of a JSON body."""
    found = []
    for one in operations():
        bodies = {"request": one.body.get("requestBody", {}), **one.replies}
        for place, body in bodies.items():
            for media_type, media in resolved(body).get("content", {}).items():
                values = [media["example"]] if "example" in media else []
                values += [example["value"] for example in media.get("examples", {}).values()]
                if media_type.endswith("json"):
                    found += [(f"{one.name} {place}", media["schema"], value) for value in values]
    return found


def test_every_request_and_every_reply_has_an_example() -> None:
    for one in operations():
        bodies = [one.body.get("requestBody", {}), *(one.replies[status] for status in one.success())]
        for media in (body.get("content", {}).get("application/json") for body in bodies):
            assert media is None or "example" in media or "examples" in media, one.name


def test_every_example_is_valid_by_its_own_schema() -> None:
    components = document()["components"]
    found = examples()

    assert len(found) > 500
    for where, schema, value in found:
        validator = Draft202012Validator(
            {**schema, "components": components}, format_checker=Draft202012Validator.FORMAT_CHECKER
        )
        assert [error.message for error in validator.iter_errors(value)] == [], where
