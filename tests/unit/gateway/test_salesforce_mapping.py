"""Field mappings: what a record becomes, and what is said when it cannot."""

from dataclasses import replace
from datetime import date

import pytest

from gateway.domain.salesforce_defaults import DEFAULT_MAPPINGS
from gateway.domain.salesforce_facts import FactKind
from gateway.domain.salesforce_mapping import FieldRule, ObjectMapping, fact_of, mapping_problems, relations
from tests.factories.salesforce import account_fields, advice_fields, record_id

ADVICE = DEFAULT_MAPPINGS["Payment_Advice__c"]


def item(name: str, amount_minor: int) -> dict[str, object]:
    return {"item": name, "amount_minor": amount_minor}


def with_rule(name: str, rule: FieldRule, mapping: ObjectMapping = ADVICE) -> ObjectMapping:
    return replace(mapping, rules={**mapping.rules, name: rule})


def problems(mapping: ObjectMapping, fields) -> list[str]:
    return [f"{one.pointer} {one.detail}" for one in fact_of(mapping, fields, {}).problems]


@pytest.mark.parametrize("name", sorted(DEFAULT_MAPPINGS))
def test_the_mappings_we_come_with_are_whole(name: str) -> None:
    assert mapping_problems(DEFAULT_MAPPINGS[name]) == []


def test_a_payment_advice_is_read_by_the_default_mapping() -> None:
    fact = fact_of(ADVICE, advice_fields(Invoices__c="INV-1=100000.00; INV-2=20000"), {})

    assert fact.problems == []
    assert fact.values["amount_minor"] == 12_000_000
    assert fact.values["currency"] == "INR"
    assert fact.values["paid_on"] == date(2026, 11, 25)
    assert fact.values["items"] == (item("INV-1", 10_000_000), item("INV-2", 2_000_000))


def test_a_crore_written_as_java_writes_it_is_a_crore() -> None:
    assert fact_of(ADVICE, advice_fields(Amount__c="1.25E7"), {}).values["amount_minor"] == 1_250_000_000


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Amount__c": "1.005"}, "/amount_minor"),
        ({"Amount__c": "NaN"}, "/amount_minor"),
        ({"Amount__c": "1E999999999"}, "/amount_minor"),
        ({"Amount__c": None}, "/amount_minor required, and empty in Amount__c"),
        ({"Amount__c": True}, "/amount_minor"),
        ({"Paid_On__c": "25/11/2026"}, "/paid_on"),
        ({"Paid_On__c": "0001-01-01"}, "/paid_on"),
        ({"CurrencyIsoCode": "rupees"}, "/currency"),
        ({"Partner_Code__c": None}, "/partner_code required"),
        ({"Invoices__c": "INV-1=much"}, "/items row 1"),
        ({"Invoices__c": [{"Invoice_Number__c": "INV-1"}]}, "/items row 1: amount_minor is missing"),
        ({"UTR__c": "x" * 41}, "/reference longer than 40"),
    ],
)
def test_each_value_that_cannot_be_read_is_named_with_what_was_expected(changes, expected: str) -> None:
    found = problems(ADVICE, advice_fields(**changes))

    assert any(one.startswith(expected) for one in found), found


def test_items_may_be_the_rows_of_a_child_query() -> None:
    rows = {"records": [{"Invoice_Number__c": "INV-9", "Amount__c": "5.5"}]}

    assert fact_of(ADVICE, advice_fields(Items__r=rows), {}).values["items"] == (item("INV-9", 550),)


def test_an_order_tells_its_lines_with_exact_quantities() -> None:
    rows = [
        {"Product2": {"ProductCode": "DG-25", "Name": "Genset"}, "Quantity": "2.500", "UnitPrice": "1.0E5"},
        {"ProductCode": "OIL", "Quantity": 1, "TotalPrice": "99.5", "ServiceDate": "2026-12-01"},
    ]
    fields = {"Id": record_id("Order", 1), "OrderItems": {"records": rows}}

    lines = fact_of(DEFAULT_MAPPINGS["Order"], fields, {}).values["lines"]

    assert lines == (
        {"product_code": "DG-25", "description": "Genset", "quantity": "2.5", "unit_price_minor": 10_000_000},
        {"product_code": "OIL", "quantity": "1", "amount_minor": 9_950, "requested_on": date(2026, 12, 1)},
    )
    assert "/lines expected a list (OrderItems)" in problems(
        DEFAULT_MAPPINGS["Order"], {**fields, "OrderItems": "OIL"}
    )


def test_a_table_of_values_translates_picklists_and_refuses_what_it_does_not_list() -> None:
    rule = FieldRule(paths=("Zone__c",), values={"W": "west", "N": "north"})
    mapping = with_rule("zone", rule, DEFAULT_MAPPINGS["Account"])

    assert fact_of(mapping, account_fields(Zone__c="N"), {}).values["zone"] == "north"
    assert problems(mapping, account_fields(Zone__c="X"))[0] == "/Zone__c 'X' is not in the table of values"
    lenient = with_rule("zone", replace(rule, otherwise="rest"), DEFAULT_MAPPINGS["Account"])
    assert fact_of(lenient, account_fields(Zone__c="X"), {}).values["zone"] == "rest"


def test_dates_are_read_in_the_format_the_mapping_names() -> None:
    mapping = with_rule("paid_on", FieldRule(paths=("Paid_On__c",), format="DD/MM/YYYY"))

    assert fact_of(mapping, advice_fields(Paid_On__c="05/11/2026"), {}).values["paid_on"] == date(2026, 11, 5)


def test_an_instant_late_in_the_evening_is_the_next_day_in_india() -> None:
    fact = fact_of(ADVICE, advice_fields(Paid_On__c="2026-11-25T20:00:00.000Z"), {})

    assert fact.values["paid_on"] == date(2026, 11, 26)


def test_a_path_through_a_lookup_reads_the_other_record_or_waits_for_it() -> None:
    account = record_id("Account", 4)
    fields = advice_fields(Partner_Code__c=None, Partner__c=account[:15])

    assert "Partner__c" in relations(ADVICE)
    assert fact_of(ADVICE, fields, {account: {"AccountNumber": "SF-4"}}).values["partner_code"] == "SF-4"
    assert fact_of(ADVICE, fields, {}).waits_for == {account}


def test_a_nested_relation_of_a_query_row_goes_before_what_we_know() -> None:
    fields = advice_fields(Partner_Code__c=None, Partner__r={"AccountNumber": "SF-9"})

    assert fact_of(ADVICE, fields, {}).values["partner_code"] == "SF-9"


@pytest.mark.parametrize(
    ("rules", "pointer"),
    [
        ({"nonsense": FieldRule(constant="x")}, "/rules/nonsense"),
        ({"name": FieldRule()}, "/rules/name"),
        ({"name": FieldRule(paths=("Name",), constant="x")}, "/rules/name"),
        ({"name": FieldRule(paths=("Name",), format="DD/MM/YYYY")}, "/rules/name/format"),
        ({"name": FieldRule(paths=("Name",), each={})}, "/rules/name/each"),
        ({"name": FieldRule(paths=("Name",))}, "/rules/zone"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_before_any_record(rules, pointer: str) -> None:
    mapping = ObjectMapping(object_name="Account", fact=FactKind.ACCOUNT, rules=rules)

    assert pointer in [problem.pointer for problem in mapping_problems(mapping)]
