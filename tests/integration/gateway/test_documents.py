"""The documents of the API are served to everybody, and once to those who have them."""

import aiohttp
import pytest


@pytest.mark.parametrize(
    ("path", "key", "version"),
    [
        ("/openapi.json", "openapi", "3.1.0"),
        ("/openapi-salesforce.json", "openapi", "3.0.3"),
        ("/asyncapi.json", "asyncapi", "3.0.0"),
    ],
)
async def test_a_document_is_served_without_a_token_and_not_twice(
    gateway: str, path: str, key: str, version: str
) -> None:
    async with aiohttp.ClientSession(base_url=gateway) as session:
        async with session.get(path) as first:
            document = await first.json()
        async with session.get(path, headers={"If-None-Match": first.headers["ETag"]}) as again:
            rest = await again.read()

    assert document[key] == version
    assert (again.status, rest) == (304, b"")


async def test_every_reference_of_the_events_document_leads_somewhere_inside_it(gateway: str) -> None:
    async with aiohttp.ClientSession(base_url=gateway) as session, session.get("/asyncapi.json") as reply:
        text = await reply.text()
        document = await reply.json()

    references = {part.split('"')[0] for part in text.split('"$ref": "')[1:]}

    assert len(references) > 50
    for reference in references:
        node = document
        assert reference.startswith("#/"), reference
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
