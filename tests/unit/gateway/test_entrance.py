"""Paths that the edge lets through without an access token have routes that ask for proof themselves."""

from fastapi.routing import APIRoute, iter_route_contexts

from gateway.api.entrance import GUARDED_BY_ROUTE, entrance
from gateway.main import create_own_app


def guarded_routes() -> dict[str, APIRoute]:
    routes = (context.route for context in iter_route_contexts(create_own_app().router.routes))
    return {
        route.path: route
        for route in routes
        if isinstance(route, APIRoute) and route.path.startswith(GUARDED_BY_ROUTE)
    }


def test_every_route_behind_the_open_path_asks_for_the_entrance() -> None:
    routes = guarded_routes()

    assert len(routes) >= 3
    for path, route in routes.items():
        asked = {dependency.call for dependency in route.dependant.dependencies}
        assert entrance in asked, f"{path} is open to everybody"
