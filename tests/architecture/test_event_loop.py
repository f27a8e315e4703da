"""Nothing that a route needs is called in another thread, which would cost a small read more than its query."""

import inspect
from collections.abc import Callable, Iterator

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from gateway.domain.routing import GATEWAY
from tests.architecture.source_files import SERVICES
from tests.architecture.test_access_matrix import application_of


@pytest.mark.parametrize("owner", [*SERVICES, GATEWAY])
def test_routes_and_their_dependencies_are_coroutines(owner: str) -> None:
    threaded = {
        f"{call.__module__}.{call.__qualname__}"
        for context in iter_route_contexts(application_of(owner).routes)
        if isinstance(context.original_route, APIRoute)
        for call in _calls(context.original_route.dependant)
        if not (inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call))
    }

    assert threaded == set(), "make them async"


def _calls(dependant: Dependant) -> Iterator[Callable[..., object]]:
    assert dependant.call is not None
    yield dependant.call
    for part in dependant.dependencies:
        yield from _calls(part)
