import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.types import Message

from shared.bulk import (
    BODY_BYTES_MAX,
    ITEMS_MAX,
    BatchReply,
    ItemVerdict,
    batch_refusal,
    read_records,
    refused,
    validated,
)
from shared.errors import Conflict, FieldProblem, Malformed, TooLarge, UnsupportedFormat

JSON, NDJSON, CSV = "application/json", "application/x-ndjson", "text/csv"


class Order(BaseModel):
    number: str = Field(min_length=1)
    quantity: int = Field(gt=0)


def request_of(chunks: Sequence[bytes], media_type: str) -> Request:
    messages: list[Message] = [
        {"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks
    ] + [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        return messages.pop(0)

    headers = [(b"content-type", media_type.encode())]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)


async def records_of(body: bytes, media_type: str) -> list[object]:
    records, kept = await read_records(request_of([body], media_type))
    assert kept == body
    return records


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b'[{"number":"1"},{"number":"2"}]', JSON),
        (b'{"items":[{"number":"1"},{"number":"2"}]}', JSON),
        (b'{"number":"1"}\n{"number":"2"}\n', NDJSON),
        (b'{"number":"1"}\r\n\r\n  \n{"number":"2"}', NDJSON),
        (b"number\n1\n2\n", CSV),
        (b"\xef\xbb\xbfnumber\r\n1\r\n2", CSV),
        (b" number \n 1 \n\n2\n", CSV),
        (b'number\n"1"\n"2"\n', CSV),
    ],
)
async def test_the_same_items_come_out_of_every_format(body: bytes, media_type: str) -> None:
    assert await records_of(body, media_type) == [{"number": "1"}, {"number": "2"}]


@pytest.mark.parametrize("media_type", ["text/csv; charset=utf-8", "TEXT/CSV", " text/csv ;header=present"])
async def test_parameters_and_case_of_the_media_type_do_not_matter(media_type: str) -> None:
    assert await records_of(b"number\n1\n", media_type) == [{"number": "1"}]


async def test_a_cell_may_hold_commas_quotes_and_line_breaks() -> None:
    body = 'name,city\n"Shah, ""Sons""",₹\n"two\nlines",Pune\n'.encode()

    assert await records_of(body, CSV) == [
        {"name": 'Shah, "Sons"', "city": "₹"},
        {"name": "two\nlines", "city": "Pune"},
    ]


@pytest.mark.parametrize(
    ("body", "media_type"),
    [(b"[]", JSON), (b'{"items":[]}', JSON), (b"", NDJSON), (b"", CSV), (b"number\n", CSV)],
)
async def test_an_empty_batch_is_no_items(body: bytes, media_type: str) -> None:
    assert await records_of(body, media_type) == []


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[1,]", b'"text"', b"7", b"null", b"{}", b'{"items":{}}', b'{"items":null}', b"[NaN]", b"\xff\xfe[\x00]",
        b'["\xff"]', b'["\\ud800"]', b"[" * 100_000, b'{"items":' * 5_000, b"[1]]",
    ],
)  # fmt: skip
async def test_json_that_is_no_list_of_items_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        await records_of(body, JSON)


@pytest.mark.parametrize("body", [b"{}\n{", b'{}\n"\xff"\n', b"{}\n{},\n", b"{}\n" + b"[" * 100_000])
async def test_one_line_that_is_not_json_refuses_the_ndjson(body: bytes) -> None:
    with pytest.raises(Malformed):
        await records_of(body, NDJSON)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"a,b\n1\n", "as many cells"),
        (b"a,b\n1,2,3\n", "as many cells"),
        (b'a,b\n1,"2\n', "cannot be read"),
        (b'a,b\n1,"2"3\n', "cannot be read"),
        (b"a,b\n1,\xe9\n", "not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "not UTF-8"),
        (b"a,b\n1," + b"x" * 200_000 + b"\n", "cannot be read"),
        (b"a,a\n1,2\n", "twice"),
    ],
)
async def test_a_csv_that_cannot_be_read_for_certain_is_malformed(body: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        await records_of(body, CSV)


@pytest.mark.parametrize(
    "media_type", ["", "text/plain", "application/xml", "multipart/form-data", "application/jsonx"]
)
async def test_another_media_type_is_told_what_is_read(media_type: str) -> None:
    with pytest.raises(UnsupportedFormat, match="text/csv"):
        await records_of(b"[]", media_type)


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (JSON, b"[" + b",".join([b"0"] * (ITEMS_MAX + 1)) + b"]"),
        (NDJSON, b"0\n" * (ITEMS_MAX + 1)),
        (CSV, b"n\n" + b"0\n" * (ITEMS_MAX + 1)),
    ],
)
async def test_more_than_ten_thousand_items_are_too_many(media_type: str, body: bytes) -> None:
    with pytest.raises(TooLarge, match="at most 10000"):
        await records_of(body, media_type)


async def test_ten_thousand_items_are_read() -> None:
    assert len(await records_of(b"n\n" + b"0\n" * ITEMS_MAX, CSV)) == ITEMS_MAX


async def test_a_body_is_refused_as_soon_as_it_is_too_large() -> None:
    chunk = bytes(1024 * 1024)
    endless = request_of([chunk] * (BODY_BYTES_MAX // len(chunk) + 1), CSV)

    with pytest.raises(TooLarge, match="32 MiB"):
        await read_records(endless)


@given(
    st.lists(
        st.dictionaries(st.sampled_from("abc"), st.text(max_size=5) | st.integers() | st.none()), max_size=5
    )
)
async def test_what_was_sent_as_json_is_what_is_read(items: list[dict[str, object]]) -> None:
    body = json.dumps(items).encode()
    lines = "\n".join(json.dumps(item) for item in items).encode()

    assert await records_of(body, JSON) == items
    assert await records_of(lines, NDJSON) == items


@pytest.mark.parametrize(
    "record", [None, 7, "text", [], {}, {"number": ""}, {"number": "1", "quantity": 0}, {"number": 1}]
)
def test_a_bad_item_becomes_a_verdict_that_names_its_fields(record: object) -> None:
    verdict = validated(record, Order.model_validate, 3)

    assert isinstance(verdict, ItemVerdict)
    assert (verdict.index, verdict.status) == (3, "refused")
    assert verdict.problem is not None
    assert verdict.problem.code == "item_invalid"
    assert verdict.problem.errors


def test_a_good_item_is_built() -> None:
    assert validated({"number": "1", "quantity": 2}, Order.model_validate, 0) == Order(number="1", quantity=2)


def test_an_item_that_breaks_a_rule_keeps_the_rules_own_code() -> None:
    def build(_record: object) -> Order:
        raise Conflict("no", problems=[FieldProblem("/number", "expected another")])

    verdict = validated({}, build, 0)

    assert isinstance(verdict, ItemVerdict)
    assert verdict.problem is not None
    assert (verdict.problem.code, verdict.problem.errors) == (
        "conflict",
        [{"pointer": "/number", "detail": "expected another"}],
    )


def test_a_verdict_never_repeats_what_was_sent() -> None:
    verdict = validated({"number": "", "quantity": "a secret"}, Order.model_validate, 0)

    assert isinstance(verdict, ItemVerdict)
    assert "a secret" not in verdict.model_dump_json()


def test_the_reply_counts_its_verdicts() -> None:
    items = [
        ItemVerdict(index=0, status="accepted"),
        refused(1, "INV/2", Conflict("taken")),
        ItemVerdict(index=2, status="duplicate"),
        ItemVerdict(index=3, status="accepted"),
    ]

    reply = BatchReply.of(items)

    assert (reply.accepted, reply.duplicate, reply.refused) == (2, 1, 1)
    assert reply.items == items


def test_an_atomic_batch_is_refused_with_the_place_of_each_bad_item() -> None:
    reply = BatchReply.of([ItemVerdict(index=0, status="accepted"), refused(1, "INV/2", Conflict("taken"))])

    refusal = batch_refusal(reply)

    assert (refusal.status, refusal.code) == (409, "batch_refused")
    assert refusal.problems == (FieldProblem("/1", "taken"),)


def test_an_atomic_refusal_lists_a_hundred_bad_items_at_most() -> None:
    reply = BatchReply.of([refused(index, None, Conflict("taken")) for index in range(500)])

    assert len(batch_refusal(reply).problems) == 100


def test_an_item_with_a_null_character_is_refused_with_its_place_and_the_others_are_not() -> None:
    records = [
        {"number": "PO-1", "quantity": 1},
        {"number": "PO-2\0", "quantity": 1, "lines": [{"a/b": "\0"}]},
        {"number": "PO-3", "\0": 1},
    ]

    built = [validated(record, Order.model_validate, index) for index, record in enumerate(records)]

    assert built[0] == Order(number="PO-1", quantity=1)
    pointers = [
        [error["pointer"] for error in one.problem.errors]
        for one in built
        if isinstance(one, ItemVerdict) and one.problem is not None
    ]
    assert pointers == [["/number", "/lines/0/a~1b"], [""]]
