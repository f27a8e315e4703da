"""Envelope and catalogue of events."""

import json
from datetime import UTC, date, datetime
from typing import ClassVar
from uuid import UUID

import jsonschema
import pytest
from uuid_utils.compat import uuid7

from shared.events.catalogue import CATALOGUE, EVENT_TYPES, documents
from shared.events.envelope import (
    Cause,
    Event,
    UnreadableEvent,
    current_cause,
    decode,
    encode,
    envelope_of,
    in_events,
)
from shared.events.payments import Allocation, Deduction, ReceiptBooked, ReceiptsBookedV1


class GreetedV1(Event):
    type_name: ClassVar[str] = "salesops.test.greeted.v1"
    source: ClassVar[str] = "test"

    name: str


TYPES = {GreetedV1.type_name: GreetedV1}


def wire(**changes: object) -> bytes:
    body = json.loads(encode(envelope_of(GreetedV1(name="Asha"), subject="a-1", partition_key="k-1")))
    return json.dumps({**body, **changes}).encode()


def receipt(number: int = 1, reference: str = "NEFT/HDFCN52025110312345678/ASHA TRADERS") -> ReceiptBooked:
    return ReceiptBooked(
        receipt_id=uuid7(),
        bank_account="50200012345678",
        bank_line_id=uuid7(),
        partner_code=f"P{number:05d}",
        zone="WEST",
        received_on=date(2025, 11, 3),
        booked_at=datetime(2025, 11, 3, 9, 30, tzinfo=UTC),
        currency="INR",
        amount_minor=1_234_500,
        on_account_minor=0,
        rail="neft",
        reference=reference,
        is_on_time=True,
        allocations=(
            Allocation(invoice_id=uuid7(), invoice_number=f"INV/25/{number}", amount_minor=1_234_000),
        ),
        deductions=(
            Deduction(invoice_id=uuid7(), invoice_number=f"INV/25/{number}", kind="tds", amount_minor=500),
        ),
    )


def test_event_reads_back_as_it_was_told() -> None:
    told = envelope_of(
        ReceiptsBookedV1(receipts=(receipt(1), receipt(2))),
        subject="statement-7",
        partition_key="50200012345678",
        sequence=41,
        cause=Cause("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "c-1", "e-0"),
    )

    assert decode(encode(told), EVENT_TYPES) == told


def test_envelope_is_a_cloud_event() -> None:
    told = envelope_of(GreetedV1(name="Asha"), subject="a-1", partition_key="k-1", sequence=7)

    body = json.loads(encode(told))

    assert body == {
        "specversion": "1.0",
        "id": str(told.id),
        "source": "test",
        "type": "salesops.test.greeted.v1",
        "subject": "a-1",
        "time": told.time.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "dataschema": "urn:salesops:event:salesops.test.greeted.v1",
        "partitionkey": "k-1",
        "sequence": "00000000000000000007",
        "correlationid": str(told.id),
        "data": {"name": "Asha"},
    }
    assert UUID(body["id"]).version == 7


def test_event_names_the_work_that_led_to_it() -> None:
    token = current_cause.set(Cause(correlation_id="c-9", causation_id="e-9"))
    told = envelope_of(GreetedV1(name="Asha"), subject="a", partition_key="a")
    current_cause.reset(token)

    body = json.loads(encode(told))

    assert (body["correlationid"], body["causationid"]) == ("c-9", "e-9")


def test_unknown_fields_of_a_newer_telling_are_ignored() -> None:
    read = decode(wire(data={"name": "Asha", "mood": "glad"}, newextension="x"), TYPES)

    assert read is not None
    assert read.data == GreetedV1(name="Asha")


@pytest.mark.parametrize("type_name", ["salesops.test.greeted.v2", "salesops.other.thing.v1"])
def test_unknown_type_or_version_is_none_of_ours(type_name: str) -> None:
    assert decode(wire(type=type_name, data={"anything": 1}), TYPES) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b'{"specversion":"1.0","id":"x"}',
        wire(data={}),
        wire(data=[]),
        wire(time="soon"),
    ],
)
def test_unreadable_message_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableEvent):
        decode(body, TYPES)


def test_events_from_other_cloud_event_senders_need_only_the_required_attributes() -> None:
    body = json.loads(wire())
    bare = {name: body[name] for name in ("specversion", "id", "source", "type", "time", "data")}

    read = decode(json.dumps(bare).encode(), TYPES)

    assert read is not None
    assert (read.partition_key, read.sequence) == (str(read.id), None)


def test_five_hundred_receipts_are_cut_so_that_each_message_stays_under_128_kib() -> None:
    receipts = [receipt(number, reference="₹ " + "R" * 140) for number in range(500)]

    parts = list(in_events(receipts))

    sizes = [
        len(encode(envelope_of(ReceiptsBookedV1(receipts=part), subject="s", partition_key="k")))
        for part in parts
    ]
    assert max(sizes) < 128 * 1024
    assert len(parts) > 1
    assert [one for part in parts for one in part] == receipts


def test_small_items_are_cut_by_count() -> None:
    parts = list(in_events(range(1_200)))

    assert [len(part) for part in parts] == [500, 500, 200]


def test_one_item_above_the_limit_travels_alone() -> None:
    parts = list(in_events(["a", "b" * 50, "c"], bytes_max=20))

    assert parts == [("a",), ("b" * 50,), ("c",)]


def test_no_items_make_no_event() -> None:
    assert list(in_events([])) == []


def test_type_names_are_unique_and_name_their_source_and_version() -> None:
    """What the gateway passes on from Salesforce is named after where it comes from."""
    assert len(EVENT_TYPES) == len(CATALOGUE)
    for event in CATALOGUE:
        origins = ("crm", "gateway") if event.source == "gateway" else (event.source,)
        assert event.type_name.split(".")[1] in origins
        assert event.type_name.endswith(".v1") is event.__name__.endswith("V1")


def test_generated_schema_accepts_what_we_send() -> None:
    schema = json.loads(documents()["salesops.payments.receipts_booked.v1.schema.json"])
    event = ReceiptsBookedV1(receipts=(receipt(),))

    jsonschema.validate(json.loads(event.model_dump_json()), schema)


def test_asyncapi_names_every_event_once_per_sender_and_consumer() -> None:
    document = json.loads(documents()["asyncapi.json"])

    assert len(document["channels"]) == len(CATALOGUE)
    assert len(document["operations"]) == sum(1 + len(event.consumers) for event in CATALOGUE)
