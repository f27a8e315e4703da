"""Every event there is, and the documents made from them.

`python -m shared.events.catalogue docs/events` writes a JSON Schema per event and one AsyncAPI 3.0 file.
"""

import json
import sys
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from shared.events import (
    account_statements,
    accounts,
    credit_notes,
    crm,
    document_schedules,
    instruments,
    orders,
    partners,
    payment_queries,
    payments,
    reporting,
    research,
    template_collections,
    webhooks,
)
from shared.events import documents as document_events
from shared.events.envelope import CONTENT_TYPE, Event, schema_urn

CATALOGUE: Final[tuple[type[Event], ...]] = (
    *crm.EVENTS,
    *partners.EVENTS,
    *orders.EVENTS,
    *document_schedules.EVENTS,
    *payments.EVENTS,
    *account_statements.EVENTS,
    *accounts.EVENTS,
    *instruments.EVENTS,
    *payment_queries.EVENTS,
    *credit_notes.EVENTS,
    *document_events.EVENTS,
    *reporting.EVENTS,
    *research.EVENTS,
    *template_collections.EVENTS,
    *webhooks.EVENTS,
)
EVENT_TYPES: Final[dict[str, type[Event]]] = {event.type_name: event for event in CATALOGUE}

Document = dict[str, JsonValue]


def consumed_by(service: str) -> tuple[type[Event], ...]:
    return tuple(event for event in CATALOGUE if service in event.consumers)


def documents() -> dict[str, str]:
    """File name → text; the same for the same classes, whatever the order they were imported in."""
    files = {f"{event.type_name}.schema.json": _text(_schema(event)) for event in CATALOGUE}
    files["asyncapi.json"] = _text(_asyncapi())
    return files


@cache
def bundled_document() -> str:
    """The AsyncAPI document with every schema inside it, as it is served: nothing has to be fetched beside it."""
    text = json.dumps(_asyncapi())
    schemas: Document = {"cloudEvent": _cloud_event()}
    for event in CATALOGUE:
        name = _short(event)
        text = text.replace(f'"./{event.type_name}.schema.json"', f'"#/components/schemas/{name}"')
        inside = json.dumps(_schema(event)).replace('"#/$defs/', f'"#/components/schemas/{name}/$defs/')
        # A schema with an id of its own would read its references from there.
        schemas[name] = {
            key: part for key, part in json.loads(inside).items() if not key.startswith(("$id", "$schema"))
        }
    bundle = json.loads(text)
    bundle["components"]["schemas"] = schemas
    return _text(bundle)


def _schema(event: type[Event]) -> Document:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": schema_urn(event.type_name),
        **event.model_json_schema(mode="validation"),
    }


def _asyncapi() -> Document:
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "SalesOps events",
            "version": "1.0.0",
            "description": "Facts the services tell each other: CloudEvents 1.0, structured JSON, RabbitMQ.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {_short(event): _channel(event) for event in CATALOGUE},
        "operations": _operations(),
        "components": {
            "messages": {_short(event): _message(event) for event in CATALOGUE},
            "schemas": {"cloudEvent": _cloud_event()},
        },
    }


def _short(event: type[Event]) -> str:
    return event.type_name.removeprefix("salesops.").replace(".", "_")


def _channel(event: type[Event]) -> Document:
    return {
        "address": event.type_name,
        "messages": {_short(event): {"$ref": f"#/components/messages/{_short(event)}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {
                    "name": "salesops.events",
                    "type": "topic",
                    "durable": True,
                    "autoDelete": False,
                },
                "bindingVersion": "0.3.0",
            }
        },
    }


def _operations() -> Document:
    operations: Document = {}
    for event in CATALOGUE:
        channel: Document = {"$ref": f"#/channels/{_short(event)}"}
        operations[f"{event.source}_sends_{_short(event)}"] = {"action": "send", "channel": channel}
        for consumer in event.consumers:
            operations[f"{consumer}_receives_{_short(event)}"] = {"action": "receive", "channel": channel}
    return operations


def _message(event: type[Event]) -> Document:
    return {
        "name": event.type_name,
        "title": event.__name__,
        "summary": (event.__doc__ or "").strip().splitlines()[0],
        "contentType": CONTENT_TYPE,
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/cloudEvent"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": event.type_name},
                        "source": {"const": event.source},
                        "data": {"$ref": f"./{event.type_name}.schema.json"},
                    },
                },
            ]
        },
    }


def _cloud_event() -> Document:
    text: Document = {"type": "string", "minLength": 1}
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "format": "uuid", "description": "UUIDv7; the same in every redelivery"},
            "source": {**text, "description": "the service that tells the fact"},
            "type": text,
            "subject": {**text, "description": "id of the aggregate the fact is about"},
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "dataschema": {"type": "string", "format": "uri"},
            "partitionkey": {**text, "description": "facts with the same key keep their order"},
            "sequence": {"type": "string", "pattern": "^[0-9]{20}$", "description": "grows per aggregate"},
            "traceparent": {**text, "description": "W3C Trace Context"},
            "correlationid": {**text, "description": "the same for all that one request or file led to"},
            "causationid": {**text, "description": "id of the event that led to this one"},
            "data": {"type": "object"},
        },
    }


def _text(document: Document) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    files = documents()
    for stale in {path.name for path in folder.glob("*.json")} - files.keys():
        (folder / stale).unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
