"""The REST interface of the simulated organisation: records, queries, upserts, collections, limits."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from tests.salesforce.moods import Moods
from tests.salesforce.object_types import OBJECT_TYPES, ObjectType
from tests.salesforce.organization import Organization, Record
from tests.salesforce.refusals import Refused, malformed, not_found
from tests.salesforce.soql import Query, read_query

VERSIONS = ("58.0", "59.0", "60.0", "61.0", "62.0", "63.0", "64.0")
COLLECTION_MAX = 200
SUBREQUESTS_MAX = 25


@dataclass
class Rest:
    """Paths and shapes of the real one; `results` holds what is left of queries with more than one page."""

    organization: Organization
    moods: Moods
    results: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def router(self) -> APIRouter:
        router = APIRouter()
        base = "/services/data"
        router.add_api_route(base, self.versions)
        router.add_api_route(base + "/{version}", self.resources)
        router.add_api_route(base + "/{version}/limits", self.limits)
        router.add_api_route(base + "/{version}/sobjects", self.describe_all)
        router.add_api_route(base + "/{version}/query", self.query)
        router.add_api_route(base + "/{version}/queryAll", self.query_all)
        router.add_api_route(base + "/{version}/query/{locator}", self.more)
        router.add_api_route(base + "/{version}/queryAll/{locator}", self.more)
        router.add_api_route(base + "/{version}/composite", self.composite, methods=["POST"])
        router.add_api_route(base + "/{version}/composite/sobjects", self.create_many, methods=["POST"])
        router.add_api_route(base + "/{version}/composite/sobjects", self.update_many, methods=["PATCH"])
        router.add_api_route(
            base + "/{version}/composite/sobjects/{name}/{external_field}",
            self.upsert_many,
            methods=["PATCH"],
        )
        router.add_api_route(base + "/{version}/sobjects/{name}/describe", self.describe)
        router.add_api_route(base + "/{version}/sobjects/{name}", self.about, methods=["GET"])
        router.add_api_route(base + "/{version}/sobjects/{name}", self.create, methods=["POST"])
        for path, route in (
            ("/{record_id}", self.one),
            ("/{external_field}/{value:path}", self.one_by_external_id),
        ):
            router.add_api_route(
                base + "/{version}/sobjects/{name}" + path, route, methods=["GET", "PATCH", "DELETE"]
            )
        return router

    async def versions(self) -> list[dict[str, str]]:
        return [{"label": f"'{v}", "url": f"/services/data/v{v}", "version": v} for v in VERSIONS]

    async def resources(self, version: str) -> dict[str, str]:
        return {
            name: f"/services/data/{version}/{name}"
            for name in ("sobjects", "query", "queryAll", "limits", "composite")
        }

    async def limits(self) -> dict[str, Any]:
        left = max(self.moods.daily_limit - self.moods.used_today, 0)
        return {"DailyApiRequests": {"Max": self.moods.daily_limit, "Remaining": left}}

    async def describe_all(self) -> dict[str, Any]:
        listed = [
            {"name": one.name, "keyPrefix": one.prefix, "queryable": True} for one in OBJECT_TYPES.values()
        ]
        return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed}

    async def describe(self, name: str) -> dict[str, Any]:
        return self.organization.object_type(name).described()

    async def about(self, version: str, name: str) -> dict[str, Any]:
        kind = self.organization.object_type(name)
        recent = [self._shown(kind, one, version) for one in self.organization.all_of(kind)][-10:]
        return {"objectDescribe": {"name": name, "keyPrefix": kind.prefix}, "recentItems": recent}

    async def query(self, version: str, q: str = "") -> dict[str, Any]:
        return self._first_page(version, q, with_deleted=False)

    async def query_all(self, version: str, q: str = "") -> dict[str, Any]:
        return self._first_page(version, q, with_deleted=True)

    def _first_page(self, version: str, text: str, *, with_deleted: bool) -> dict[str, Any]:
        if not text:
            raise malformed("A query string has to be specified")
        query = read_query(text)
        kind = query.object_type
        found = query.answer(self.organization.all_of(kind, with_deleted=with_deleted))
        if not query.fields:
            return {"totalSize": len(found), "done": True, "records": []}
        rows = [
            {**self._attributes(kind, one, version), **self.selected(query, one, version)} for one in found
        ]
        name = f"01g{secrets.token_hex(6)}"
        self.results[name] = rows
        return self._page(version, name, 0)

    def selected(self, query: Query, record: Record, version: str) -> dict[str, Any]:
        """The fields by name; those of a lookup inside of what it names, which may be nothing."""
        kind, names = query.object_type, query.fields
        row = {name: record[name] for name in names if "." not in name}
        for relation, _, name in (each.partition(".") for each in names if "." in each):
            lookup = kind.lookup(relation)
            assert lookup is not None
            other = OBJECT_TYPES[str(lookup.refers_to)]
            if record[lookup.name] is None:
                row[relation] = None
                continue
            named = self.organization.get(other, record[lookup.name])
            row.setdefault(relation, self._attributes(other, named, version))[name] = named[name]
        return row

    async def more(self, version: str, locator: str) -> dict[str, Any]:
        name, _, start = locator.rpartition("-")
        if name not in self.results or not start.isdigit():
            raise Refused(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(version, name, int(start))

    def _page(self, version: str, name: str, start: int) -> dict[str, Any]:
        rows, end = self.results[name], start + self.moods.page_size
        page: dict[str, Any] = {"totalSize": len(rows), "done": end >= len(rows), "records": rows[start:end]}
        if not page["done"]:
            page["nextRecordsUrl"] = f"/services/data/{version}/query/{name}-{end}"
        return page

    async def create(self, request: Request, name: str) -> Response:
        kind = self.organization.object_type(name)
        record = self.organization.create(kind, await self._values(request))
        return JSONResponse({"id": record["Id"], "success": True, "errors": []}, 201)

    async def one(self, request: Request, version: str, name: str, record_id: str) -> Response:
        kind = self.organization.object_type(name)
        return await self._act(request, kind, self.organization.get(kind, record_id), version)

    async def one_by_external_id(
        self, request: Request, version: str, name: str, external_field: str, value: str
    ) -> Response:
        kind = self.organization.object_type(name)
        if request.method == "PATCH":
            update_only = request.query_params.get("updateOnly") == "true"
            external = (external_field, value)
            values = await self._values(request)
            record, is_new = self.organization.upsert(kind, external, values, update_only=update_only)
            body = {"id": record["Id"], "success": True, "errors": [], "created": is_new}
            return JSONResponse(body, 201 if is_new else 200)
        found = self.organization.by_external_id(kind, external_field, value)
        if found is None:
            raise not_found()
        return await self._act(request, kind, found, version)

    async def _act(self, request: Request, kind: ObjectType, record: Record, version: str) -> Response:
        if request.method == "GET":
            wanted = [name for name in request.query_params.get("fields", "").split(",") if name]
            for name in wanted:
                if not kind.knows(name):
                    raise Refused(
                        400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {kind.name}"
                    )
            return JSONResponse(self._shown(kind, record, version, wanted))
        if request.method == "PATCH":
            self.organization.update(kind, record, await self._values(request))
        else:
            self.organization.delete(kind, record)
        return Response(status_code=204)

    async def create_many(self, request: Request) -> Response:
        return await self._many(request, lambda kind, values: (self.organization.create(kind, values), True))

    async def update_many(self, request: Request) -> Response:
        def update(kind: ObjectType, values: Record) -> tuple[Record, bool]:
            record = self.organization.get(kind, values.pop("id", None) or values.pop("Id", ""))
            return self.organization.update(kind, record, values), False

        return await self._many(request, update, tells_created=False)

    async def upsert_many(self, request: Request, name: str, external_field: str) -> Response:
        kind = self.organization.object_type(name)
        found = kind.field(external_field)
        if found is None or not found.is_external_id:
            raise not_found(
                "Provided external ID field does not exist or is not accessible: " + external_field
            )

        def upsert(of: ObjectType, values: Record) -> tuple[Record, bool]:
            value = values.pop(external_field, None)
            if of is not kind:
                raise Refused(400, "INVALID_TYPE", f"all records must be of type {name}")
            if not value:
                raise Refused(400, "MISSING_ARGUMENT", f"{external_field} not specified", [])
            return self.organization.upsert(kind, (external_field, str(value)), values)

        return await self._many(request, upsert)

    async def _many(
        self,
        request: Request,
        act: Callable[[ObjectType, Record], tuple[Record, bool]],
        *,
        tells_created: bool = True,
    ) -> Response:
        body = await self._values(request)
        items = body.get("records")
        if not isinstance(items, list):
            raise Refused(400, "JSON_PARSER_ERROR", "Missing array: records")
        if len(items) > COLLECTION_MAX:
            message = f"record limit reached. cannot submit more than {COLLECTION_MAX} records"
            raise Refused(400, "EXCEEDED_ID_LIMIT", message)
        before = self._saved() if body.get("allOrNone") else None
        results = [self._item(act, item, tells_created) for item in items]
        if before is not None and not all(one["success"] for one in results):
            self.organization.records, self.organization.types_by_id = before
            halted = Refused(
                400,
                "ALL_OR_NONE_OPERATION_ROLLED_BACK",
                "Record rolled back because not all records were valid",
            )
            results = [halted.as_item() if one["success"] else one for one in results]
        return JSONResponse(results)

    def _item(
        self, act: Callable[[ObjectType, Record], tuple[Record, bool]], item: Record, tells_created: bool
    ) -> dict[str, Any]:
        values = dict(item)
        try:
            name = (values.pop("attributes", None) or {}).get("type")
            if not name:
                raise Refused(400, "INVALID_INPUT", "Unable to find type attribute")
            record, is_new = act(self.organization.object_type(name), values)
        except Refused as refused:
            return refused.as_item()
        told = {"id": record["Id"], "success": True, "errors": []}
        return {**told, "created": is_new} if tells_created else told

    def _saved(self) -> tuple[dict[str, Record], dict[str, ObjectType]]:
        return (
            {name: dict(one) for name, one in self.organization.records.items()},
            dict(self.organization.types_by_id),
        )

    async def composite(self, request: Request) -> Response:
        """Single reads, creates and updates after each other; references to earlier ones are not resolved."""
        asked = (await self._values(request)).get("compositeRequest", [])
        if len(asked) > SUBREQUESTS_MAX:
            raise Refused(400, "LIMIT_EXCEEDED", f"at most {SUBREQUESTS_MAX} subrequests")
        return JSONResponse({"compositeResponse": [self._subrequest(one) for one in asked]})

    def _subrequest(self, asked: dict[str, Any]) -> dict[str, Any]:
        parts = str(asked.get("url", "")).strip("/").split("/")
        reply = {"httpHeaders": {}, "referenceId": asked.get("referenceId")}
        try:
            if parts[:2] != ["services", "data"] or parts[3:4] != ["sobjects"] or len(parts) not in (5, 6):
                raise not_found()
            kind = self.organization.object_type(parts[4])
            if asked["method"] == "POST":
                record = self.organization.create(kind, asked.get("body") or {})
                return {
                    **reply,
                    "httpStatusCode": 201,
                    "body": {"id": record["Id"], "success": True, "errors": []},
                }
            record = self.organization.get(kind, parts[5])
            if asked["method"] == "PATCH":
                self.organization.update(kind, record, asked.get("body") or {})
                return {**reply, "httpStatusCode": 204, "body": None}
            return {**reply, "httpStatusCode": 200, "body": self._shown(kind, record, parts[2])}
        except Refused as refused:
            return {**reply, "httpStatusCode": refused.status, "body": refused.as_list()}

    @staticmethod
    async def _values(request: Request) -> Record:
        try:
            found = await request.json()
        except ValueError as error:
            raise Refused(400, "JSON_PARSER_ERROR", f"Unexpected input: {error}") from error
        if not isinstance(found, dict):
            raise Refused(400, "JSON_PARSER_ERROR", "expected an object")
        return found

    @staticmethod
    def _attributes(kind: ObjectType, record: Record, version: str) -> dict[str, Any]:
        return {
            "attributes": {
                "type": kind.name,
                "url": f"/services/data/{version}/sobjects/{kind.name}/{record['Id']}",
            }
        }

    def _shown(
        self, kind: ObjectType, record: Record, version: str, names: list[str] | None = None
    ) -> dict[str, Any]:
        values = {name: record[name] for name in names} | {"Id": record["Id"]} if names else record
        return {**self._attributes(kind, record, version), **values}
