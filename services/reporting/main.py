"""The HTTP process of the reporting service: `python -m services.reporting.main`."""

from fastapi import FastAPI

from services.reporting.api import (
    routes_analyses,
    routes_analysis_letters,
    routes_analysis_tables,
    routes_collection_letters,
    routes_collections,
    routes_dashboard_series,
    routes_dashboards,
    routes_data_issues,
    routes_new_analyses,
    routes_projection_overrides,
    routes_projections,
    routes_report_definitions,
    routes_report_runs,
    routes_report_subscriptions,
    routes_saved_analyses,
    routes_source_credentials,
    routes_source_schedules,
    routes_source_snapshots,
    routes_source_systems,
    routes_submissions,
    routes_subscription_letters,
    routes_subscription_runs,
    routes_system_tasks,
    routes_templates,
    routes_validation_rules,
)
from services.reporting.settings import ReportingSettings
from shared.service_app import create_service_app, serve
from shared.settings import load_settings

SERVICE = "reporting"
ROUTES = (
    routes_dashboards,
    routes_dashboard_series,
    routes_projections,
    routes_report_definitions,
    routes_report_runs,
    routes_report_subscriptions,
    routes_subscription_runs,
    routes_subscription_letters,
    routes_analyses,
    routes_new_analyses,
    routes_projection_overrides,
    routes_analysis_tables,
    routes_saved_analyses,
    routes_analysis_letters,
    routes_source_systems,
    routes_source_credentials,
    routes_source_schedules,
    routes_source_snapshots,
    routes_validation_rules,
    routes_data_issues,
    routes_templates,
    routes_collections,
    routes_collection_letters,
    routes_submissions,
    routes_system_tasks,
)


def create_app(settings: ReportingSettings) -> FastAPI:
    """The application with all routes of this service."""
    app = create_service_app(SERVICE, settings, [one.router for one in ROUTES])
    app.state.house_domains = settings.house_domains()
    app.state.source_access = settings.source_access()
    return app


def main() -> None:
    settings = load_settings(ReportingSettings)
    serve(SERVICE, settings, lambda: create_app(settings))


if __name__ == "__main__":
    main()
