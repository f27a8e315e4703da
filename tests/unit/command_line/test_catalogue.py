"""Lists and resources are found by the names people use, and what is misspelt gets a helpful answer."""

import json
from pathlib import Path

import pytest

from clients.command_line.catalogue import Catalogue, catalogue_of
from clients.command_line.endings import WrongUse

DOCUMENT = json.loads((Path(__file__).parents[3] / "docs" / "api" / "openapi.json").read_text("utf-8"))
CURSOR = {"$ref": "#/components/parameters/Cursor"}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return catalogue_of(DOCUMENT)


def test_every_list_of_the_api_is_found_by_its_name(catalogue: Catalogue) -> None:
    paged = {
        path
        for path, operations in DOCUMENT["paths"].items()
        if CURSOR in operations.get("get", {}).get("parameters", [])
    }

    assert {one.template for one in catalogue.lists} == paged
    assert len(paged) > 30


def test_a_list_below_a_resource_is_found_by_its_path(catalogue: Catalogue) -> None:
    readable, path = catalogue.list_at("bank-statements/7/lines")

    assert (readable.name, path) == (
        "bank-statements/{bank_statement_id}/lines",
        "/v1/bank-statements/7/lines",
    )


@pytest.mark.parametrize("spelling", ["receipts", "/v1/receipts", "v1/receipts/"])
def test_an_address_of_the_api_is_as_good_as_a_name(catalogue: Catalogue, spelling: str) -> None:
    assert catalogue.list_at(spelling)[1] == "/v1/receipts"


def test_a_misspelt_list_is_answered_with_what_is_close(catalogue: Catalogue) -> None:
    with pytest.raises(WrongUse) as caught:
        catalogue.list_at("reciepts")

    assert "receipts" in caught.value.next_step


def test_a_name_like_no_other_is_answered_with_where_to_look(catalogue: Catalogue) -> None:
    with pytest.raises(WrongUse) as caught:
        catalogue.list_at("zzzzzz")

    assert caught.value.next_step == "salesops resources shows all."


def test_an_identity_never_leaves_its_place_in_the_path(catalogue: Catalogue) -> None:
    _, path = catalogue.item_at("invoices", "ENG/26-27/1?x=#1")

    assert path == "/v1/invoices/ENG%2F26-27%2F1%3Fx%3D%231"


def test_a_literal_path_wins_over_a_parameter(catalogue: Catalogue) -> None:
    assert catalogue.item_at("exceptions", "summary")[0].name == "exceptions/summary"


def test_filters_are_checked_before_anything_is_sent(catalogue: Catalogue) -> None:
    receipts, _ = catalogue.list_at("receipts")

    assert receipts.checked_filters(["partner_code=CP1", "reference=a=b"]) == {
        "partner_code": "CP1",
        "reference": "a=b",
    }
    with pytest.raises(WrongUse, match="no filter of receipts 'partner'") as caught:
        receipts.checked_filters(["partner=CP1"])
    assert "partner_code" in caught.value.next_step
    with pytest.raises(WrongUse, match="no filter"):
        receipts.checked_filters(["partner_code"])


def test_how_a_list_is_given_is_no_filter(catalogue: Catalogue) -> None:
    receipts, _ = catalogue.list_at("receipts")

    with pytest.raises(WrongUse):
        receipts.checked_filters(["cursor=abc"])
