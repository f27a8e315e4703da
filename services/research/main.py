"""The HTTP process of the research service: `python -m services.research.main`."""

from fastapi import FastAPI

from services.research.api import routes_entities
from services.research.settings import ResearchSettings
from shared.service_app import create_service_app, serve
from shared.settings import load_settings

SERVICE = "research"


def create_app(settings: ResearchSettings) -> FastAPI:
    """The application with all routes of this service."""
    return create_service_app(SERVICE, settings, [routes_entities.router])


def main() -> None:
    settings = load_settings(ResearchSettings)
    serve(SERVICE, settings, lambda: create_app(settings))


if __name__ == "__main__":
    main()
