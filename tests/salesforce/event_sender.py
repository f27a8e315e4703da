"""Makes Change Data Capture and Platform Event envelopes of what happens, as a relay passes them on in JSON."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

from tests.salesforce.organization import Change, Organization

Headers = Callable[[bytes], dict[str, str]]


@dataclass
class EventSender:
    """Events wait in `captured` until somebody relays them; only selected objects are captured, as in the real one."""

    organization: Organization
    selected: set[str] = field(default_factory=set)
    captured: list[dict[str, Any]] = field(default_factory=list)
    replay_id: int = 11_000
    sent: int = 0

    def __post_init__(self) -> None:
        self.organization.listeners.append(self._capture)

    def _capture(self, change: Change) -> None:
        if change.object_type.name not in self.selected:
            return
        names = change.changed if change.kind == "UPDATE" else tuple(change.record)
        told = {} if change.kind == "DELETE" else {name: change.record[name] for name in names}
        told = {name: value for name, value in told.items() if value is not None and name != "Id"}
        self.captured.append(self._envelope(change.kind, change, told))

    def gap(self, change_type: str, object_name: str, record_ids: list[str]) -> None:
        """An event without fields: the real one could not make a whole one, the record has to be read again."""
        kind = self.organization.object_type(object_name)
        for record_id in record_ids:
            record = dict(self.organization.records[record_id])
            self.captured.append(self._envelope(f"GAP_{change_type}", Change(change_type, kind, record), {}))

    def platform_event(self, name: str, payload: dict[str, Any]) -> None:
        """A custom event, e.g. Payment_Advised__e."""
        self.replay_id += 1
        self.captured.append(
            {
                "channel": f"/event/{name}",
                "data": {
                    "schema": secrets.token_urlsafe(16),
                    "payload": {
                        "CreatedDate": self.organization.clock().isoformat(),
                        "CreatedById": self.organization.user_id,
                        **payload,
                    },
                    "event": {"EventUuid": secrets.token_hex(16), "replayId": self.replay_id},
                },
            }
        )

    def _envelope(self, change_type: str, change: Change, told: dict[str, Any]) -> dict[str, Any]:
        self.replay_id += 1
        at = self.organization.clock()
        name = change.object_type.name
        header = {
            "entityName": name,
            "recordIds": [change.record["Id"]],
            "changeType": change_type,
            "changeOrigin": "com/salesforce/api/rest/60.0",
            "transactionKey": secrets.token_hex(16),
            "sequenceNumber": 1,
            "commitTimestamp": int(at.timestamp() * 1000),
            # Beyond 2^53 as in the real one, so that who reads it as a floating number is found out.
            "commitNumber": 1_719_876_940_980_000_000 + self.replay_id,
            "commitUser": self.organization.user_id,
        }
        if change.kind == "UPDATE" and change.changed:
            header["changedFields"] = [*change.changed, "LastModifiedDate"]
        stamp = (
            {} if not told else {"LastModifiedDate": change.record["LastModifiedDate"].replace("+0000", "Z")}
        )
        channel = (
            f"/data/{name.removesuffix('__c')}{'__ChangeEvent' if name.endswith('__c') else 'ChangeEvent'}"
        )
        return {
            "channel": channel,
            "data": {
                "schema": secrets.token_urlsafe(16),
                "payload": {"ChangeEventHeader": header, **told, **stamp},
                "event": {"replayId": self.replay_id},
            },
        }

    async def relay(self, endpoint: str, headers: Headers) -> list[int]:
        """Send what was captured, one envelope per POST; those that are refused stay. Returns the statuses."""
        statuses, left = [], []
        async with httpx.AsyncClient(timeout=30, verify=False) as client:
            for envelope in self.captured:
                body = msgspec.json.encode(envelope)
                content_type = {"Content-Type": "application/json"}
                reply = await client.post(endpoint, content=body, headers={**content_type, **headers(body)})
                statuses.append(reply.status_code)
                if reply.status_code >= 300:
                    left.append(envelope)
        self.sent += len(self.captured) - len(left)
        self.captured = left
        return statuses
