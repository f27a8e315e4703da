"""Source systems that are asked: lists over REST, Salesforce by SOQL, databases by one SELECT; each on a real server."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from psycopg import sql
from sqlalchemy import make_url
from uuid_utils.compat import uuid7

from tests.integration.reporting.conftest import ReportingService, RunJob
from tests.integration.reporting.test_data_reviews import a_source, asked
from tests.integration.reporting.test_source_connectors import described, given, read_by_us, taken
from tests.salesforce.object_types import OBJECT_TYPES
from tests.salesforce.simulator import Salesforce, serving

TOKEN = "the token of the portal"


@dataclass
class Portal:
    """A list of accounts with pages, and how it is to behave."""

    address: str = ""
    mood: str = ""
    accounts: list[dict[str, Any]] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)

    def application(self) -> FastAPI:
        app = FastAPI()
        app.add_api_route("/v2/accounts", self.by_cursor)
        app.add_api_route("/v2/pages", self.by_page)
        app.add_api_route("/v2/plain", self.plain)
        return app

    async def by_cursor(self, request: Request, cursor: int = 0) -> Response:
        self.headers.append(request.headers.get("authorization", ""))
        if self.mood == "away":
            return Response(status_code=503)
        if self.mood == "elsewhere":
            return RedirectResponse("http://169.254.169.254/latest")
        if self.mood == "html" or request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Response("<html>", 200 if self.mood else 401)
        end = cursor + 2
        more = {} if end >= len(self.accounts) else {"next": 0 if self.mood == "again" else end}
        return JSONResponse({"data": {"items": self.accounts[cursor:end]}, "meta": more})

    async def by_page(self, request: Request, page: int) -> Response:
        assert request.headers["x-api-key"] == TOKEN
        return JSONResponse(self.accounts[page * 2 - 2 : page * 2])

    async def plain(self) -> Response:
        rows = b'[{"Code": "CP-1", "Amount": 412500.10, "Owner": {"Name": "asha"}, "Zone": null, "Stage": ["a"]}]'
        return Response(rows, media_type="application/json")


@pytest.fixture
async def portal() -> AsyncIterator[Portal]:
    portal = Portal(accounts=[{"Code": f"CP-{n}", "Account Name": f"Firm {n}"} for n in range(5)])
    async with serving(portal.application()) as address:
        portal.address = address
        yield portal


CURSOR = {"style": "cursor", "parameter": "cursor", "cursor_pointer": "/meta/next"}


def portal_source(portal: Portal, query: str = "/accounts?active=true", **changed: Any) -> dict[str, Any]:
    connection = {"place": f"{portal.address}/v2", "rows_pointer": "/data/items", "paging": CURSOR, **changed}
    return read_by_us("rest", connection, query)


async def snapshot_of(
    service: ReportingService, review_job: RunJob, draft: dict[str, Any], secret: str
) -> dict[str, Any]:
    system = await described(service, draft)
    await given(service, system, secret)
    return await taken(service, review_job, system)


async def rows_of(service: ReportingService, snapshot: dict[str, Any]) -> list[dict[str, str]]:
    path = f"/v1/source-snapshots/{snapshot['id']}/rows?object=accounts"
    return [one["values"] for one in (await asked(service, "GET", path)).json()["items"]]


async def test_a_list_over_rest_is_read_cursor_by_cursor(
    service: ReportingService, review_job: RunJob, portal: Portal
) -> None:
    snapshot = await snapshot_of(service, review_job, portal_source(portal), TOKEN)

    assert snapshot["state"] == "succeeded", snapshot
    assert snapshot["objects"][0]["rows_count"] == 5
    assert len(portal.headers) == 3
    assert TOKEN not in str(snapshot)


async def test_a_list_over_rest_is_read_page_by_page_until_one_is_empty(
    service: ReportingService, review_job: RunJob, portal: Portal
) -> None:
    paging = {"style": "page", "parameter": "page"}
    connection = {"place": f"{portal.address}/v2", "paging": paging, "header": "X-Api-Key"}

    snapshot = await snapshot_of(service, review_job, read_by_us("rest", connection, "/pages"), TOKEN)

    assert [one["code"] for one in await rows_of(service, snapshot)] == [f"CP-{n}" for n in range(5)]


async def test_values_of_json_are_kept_as_they_were_written(
    service: ReportingService, review_job: RunJob, portal: Portal
) -> None:
    draft = read_by_us("rest", {"place": f"{portal.address}/v2"}, "/plain")
    columns = {"owner": "Owner.Name"}
    for one in draft["objects"][0]["fields"]:
        one["column"] = columns.get(one["name"], one["column"])

    snapshot = await snapshot_of(service, review_job, draft, TOKEN)

    (row,) = await rows_of(service, snapshot)
    assert row == {
        "code": "CP-1", "name": "", "zone": "", "owner": "asha", "stage": '["a"]', "amount": "412500.10",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("mood", "secret", "code"),
    [
        ("away", TOKEN, "source_unreachable"),
        ("", "another token", "source_access_refused"),
        ("elsewhere", TOKEN, "source_unreadable"),
        ("html", TOKEN, "source_unreadable"),
        ("again", TOKEN, "source_unreadable"),
    ],
)
async def test_what_goes_wrong_over_rest_has_its_code(
    service: ReportingService, review_job: RunJob, portal: Portal, mood: str, secret: str, code: str
) -> None:
    portal.mood = mood

    snapshot = await snapshot_of(service, review_job, portal_source(portal), secret)

    assert (snapshot["state"], snapshot["failure_code"], snapshot["objects"]) == ("failed", code, [])


@pytest.mark.parametrize("host", ["169.254.169.254", "10.0.0.1:8080"])
async def test_addresses_of_others_networks_are_asked_nothing(
    service: ReportingService, review_job: RunJob, portal: Portal, host: str
) -> None:
    draft = portal_source(portal, place=f"http://{host}/v2")

    snapshot = await snapshot_of(service, review_job, draft, TOKEN)

    assert snapshot["failure_code"] == "source_access_refused"


@pytest.fixture
async def org() -> AsyncIterator[tuple[Salesforce, str]]:
    salesforce = Salesforce()
    salesforce.moods.page_size = 2
    async with serving(salesforce.application()) as address:
        yield salesforce, address


def salesforce_source(address: str) -> dict[str, Any]:
    draft = a_source(kind="salesforce", connection={"place": address, "client_id": "3MVG9simulator"})
    (accounts,) = draft["objects"]
    names = {
        "code": "SalesOps_Partner_Code__c",
        "name": "Name",
        "zone": "Zone__c",
        "amount": "SalesOps_Overdue__c",
    }
    accounts["fields"] = [{"name": name, "column": column} for name, column in names.items()]
    accounts["owner_field"] = None
    accounts["query"] = f"SELECT {', '.join(names.values())} FROM Account"
    return draft


def three_accounts(salesforce: Salesforce) -> None:
    for number in range(3):
        values = {
            "Name": f"Firm {number}",
            "SalesOps_Partner_Code__c": f"CP-{number}",
            "SalesOps_Overdue__c": 0.5,
        }
        salesforce.organization.create(OBJECT_TYPES["Account"], values)


async def test_salesforce_is_read_by_soql_over_its_pages(
    service: ReportingService, review_job: RunJob, org: tuple[Salesforce, str]
) -> None:
    three_accounts(org[0])

    snapshot = await snapshot_of(service, review_job, salesforce_source(org[1]), "simulator-secret")

    rows = await rows_of(service, snapshot)
    assert [(one["code"], one["amount"]) for one in rows] == [(f"CP-{n}", "0.5") for n in range(3)]


@pytest.mark.parametrize(
    ("moods", "secret", "code"),
    [
        ([], "another secret", "source_access_refused"),
        (["outage"], "simulator-secret", "source_unreachable"),
        (["", "outage"], "simulator-secret", "source_unreachable"),
        (["", "garbage"], "simulator-secret", "source_unreadable"),
        (["", "endless"], "simulator-secret", "source_unreadable"),
        (["elsewhere"], "simulator-secret", "source_access_refused"),
    ],
)
async def test_what_goes_wrong_with_salesforce_has_its_code(
    service: ReportingService,
    review_job: RunJob,
    org: tuple[Salesforce, str],
    moods: list[str],
    secret: str,
    code: str,
) -> None:
    org[0].moods.next_moods = list(moods)

    snapshot = await snapshot_of(service, review_job, salesforce_source(org[1]), secret)

    assert (snapshot["state"], snapshot["failure_code"]) == ("failed", code)


async def test_salesforce_that_says_it_lives_elsewhere_gets_no_token(
    service: ReportingService, review_job: RunJob, org: tuple[Salesforce, str]
) -> None:
    org[0].tells_instance_url = "https://salesforce.attacker.example"

    snapshot = await snapshot_of(service, review_job, salesforce_source(org[1]), "simulator-secret")

    assert snapshot["failure_code"] == "source_access_refused"


@dataclass(frozen=True)
class Books:
    """A database of another system, with a role that reads one table of it."""

    place: str
    password: str
    table: str
    admin_url: str


@pytest.fixture
def books(postgres_admin_url: str) -> Books:
    name, password = f"wwsps_{uuid7().hex[-10:]}", "a password of tests"
    url = make_url(postgres_admin_url)
    with psycopg.connect(postgres_admin_url, autocommit=True) as connection:
        info = connection.info
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), password))
        connection.execute(
            sql.SQL(
                "CREATE TABLE {0} (code text, name text, amount numeric, since timestamptz, is_open boolean);"
                "INSERT INTO {0} VALUES ('CP-1', 'Sharma', 1000.10, '2026-10-31 12:00+05:30', true),"
                "('CP-2', NULL, 2, NULL, false);"
                "GRANT SELECT ON {0} TO {0}"
            ).format(sql.Identifier(name))
        )
        port = info.port
    database = url.database or "postgres"
    return Books(f"postgresql://{name}@127.0.0.1:{port}/{database}", password, name, postgres_admin_url)


def books_source(books: Books, query: str) -> dict[str, Any]:
    draft = a_source(kind="database", connection={"place": books.place})
    (accounts,) = draft["objects"]
    accounts["fields"] = [
        {"name": name, "column": name} for name in ("code", "name", "amount", "since", "is_open")
    ]
    accounts["zone_field"] = accounts["owner_field"] = None
    accounts["query"] = query.format(table=books.table)
    return draft


async def test_a_database_is_read_by_one_select(
    service: ReportingService, review_job: RunJob, books: Books
) -> None:
    draft = books_source(books, "SELECT code, name, amount, since, is_open FROM {table} ORDER BY code")

    snapshot = await snapshot_of(service, review_job, draft, books.password)

    assert await rows_of(service, snapshot) == [
        {
            "code": "CP-1",
            "name": "Sharma",
            "amount": "1000.10",
            "since": "2026-10-31 06:30:00+00",
            "is_open": "t",
        },
        {"code": "CP-2", "name": "", "amount": "2", "since": "", "is_open": "f"},
    ]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("WITH gone AS (DELETE FROM {table} RETURNING *) SELECT * FROM gone", "source_unreadable"),
        ("SELECT pg_catalog.set_config('transaction_read_only', 'off', true) AS code", "source_unreadable"),
        ("SELECT lo_create(0) AS code", "source_unreadable"),
        ("SELECT nothing FROM {table}", "source_unreadable"),
        ("SELECT code, name AS code FROM {table}", "source_unreadable"),
        ("SELECT rolpassword AS code FROM pg_authid", "source_access_refused"),
    ],
)
async def test_a_database_is_read_and_nothing_else(
    service: ReportingService, review_job: RunJob, books: Books, query: str, code: str
) -> None:
    snapshot = await snapshot_of(service, review_job, books_source(books, query), books.password)

    assert (snapshot["state"], snapshot["failure_code"]) == ("failed", code), snapshot["message"]
    with psycopg.connect(books.admin_url) as connection:
        (count,) = connection.execute(
            sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(books.table))
        ).fetchone() or (0,)
    assert count == 2


@pytest.mark.parametrize("query", ["SELECT 1; DROP TABLE x", "DELETE FROM x", "DO $$ BEGIN END $$"])
async def test_a_query_that_is_no_select_is_refused_at_once(
    service: ReportingService, books: Books, query: str
) -> None:
    draft = books_source(books, "SELECT 1 AS code")
    draft["objects"][0]["query"] = query

    reply = await asked(service, "POST", "/v1/source-systems", json=draft)

    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, "/objects/0/query")


async def test_a_database_elsewhere_is_not_asked(
    service: ReportingService, review_job: RunJob, books: Books
) -> None:
    draft = books_source(books, "SELECT 1 AS code")
    draft["connection"]["place"] = books.place.replace("127.0.0.1", "10.1.2.3")

    snapshot = await snapshot_of(service, review_job, draft, books.password)

    assert snapshot["failure_code"] == "source_access_refused"


@pytest.mark.parametrize(
    ("kind", "connection", "pointer"),
    [
        ("rest", {"place": "https://a:b@host/v2"}, "/connection/place"),
        ("rest", {"place": "https://host", "client_id": "x"}, "/connection/client_id"),
        ("salesforce", {"place": "https://acme.my.salesforce.com"}, "/connection/client_id"),
        ("database", {"place": "postgresql://reader:secret@host/books"}, "/connection/place"),
        (
            "rest",
            {"place": "https://host", "paging": {"style": "cursor", "parameter": "next"}},
            "/connection/paging/cursor_pointer",
        ),
    ],
)
async def test_a_connection_that_does_not_fit_its_kind_is_refused(
    service: ReportingService, kind: str, connection: dict[str, Any], pointer: str
) -> None:
    query = {"rest": "/accounts", "salesforce": "SELECT Id FROM Account", "database": "SELECT 1"}[kind]

    reply = await asked(service, "POST", "/v1/source-systems", json=read_by_us(kind, connection, query))

    assert [one["pointer"] for one in reply.json()["errors"]] == [pointer]
