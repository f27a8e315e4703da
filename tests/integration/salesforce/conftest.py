"""A simulated Salesforce organisation on a real socket, for each test its own."""

from collections.abc import AsyncIterator

import pytest

from tests.salesforce.simulator import Line, Org, Salesforce, sending, serving


@pytest.fixture(scope="session")
async def line() -> AsyncIterator[tuple[Line, str]]:
    line = Line()
    async with serving(line) as address:
        yield line, address


@pytest.fixture
async def org(line: tuple[Line, str]) -> AsyncIterator[Org]:
    salesforce = Salesforce()
    line[0].app = salesforce.application()
    async with sending(salesforce):
        yield Org(salesforce, line[1])
