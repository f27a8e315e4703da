"""The HTTP process of the research service: `python -m services.research.main`."""

from fastapi import FastAPI

from services.research.api import (
    routes_assignments,
    routes_battlecards,
    routes_brief_drafts,
    routes_briefs,
    routes_companies,
    routes_competitors,
    routes_dataset_queries,
    routes_dataset_uploads,
    routes_dataset_versions,
    routes_datasets,
    routes_digests,
    routes_entities,
    routes_fetches,
    routes_files,
    routes_findings,
    routes_market,
    routes_observations,
    routes_opportunities,
    routes_saved_queries,
    routes_search,
    routes_timelines,
)
from services.research.settings import ResearchSettings
from shared.service_app import create_service_app, serve
from shared.settings import load_settings

SERVICE = "research"


def create_app(settings: ResearchSettings) -> FastAPI:
    """The application with all routes of this service."""
    routers = [
        routes_entities.router,
        routes_companies.router,
        routes_opportunities.router,
        routes_assignments.router,
        routes_datasets.router,
        routes_dataset_uploads.router,
        routes_dataset_versions.router,
        routes_dataset_queries.router,
        routes_competitors.router,
        routes_observations.router,
        routes_battlecards.router,
        routes_digests.router,
        routes_findings.router,
        routes_files.router,
        routes_fetches.router,
        routes_briefs.router,
        routes_brief_drafts.router,
        routes_saved_queries.router,
        routes_market.router,
        routes_search.router,
        routes_timelines.router,
    ]
    app = create_service_app(SERVICE, settings, routers)
    app.state.dataset_store = settings.opened_dataset_store()
    app.state.evidence_store = settings.opened_evidence_store()
    app.state.fetcher_access = settings.fetcher_access()
    app.state.dataset_copies = settings.scratch / "salesops-datasets"
    return app


def main() -> None:
    settings = load_settings(ResearchSettings)
    serve(SERVICE, settings, lambda: create_app(settings))


if __name__ == "__main__":
    main()
