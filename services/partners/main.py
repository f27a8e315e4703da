"""The HTTP process of the partners service: `python -m services.partners.main`."""

from fastapi import FastAPI

from services.partners.api import (
    routes_bank_details,
    routes_crm_accounts,
    routes_deliveries,
    routes_delivery_requests,
    routes_delivery_scores,
    routes_document_replies,
    routes_document_schedules,
    routes_documents,
    routes_holiday_calendars,
    routes_link_pages,
    routes_order_boards,
    routes_orders,
    routes_partner_contacts,
    routes_partner_documents,
    routes_partner_imports,
    routes_partner_merges,
    routes_partners,
    routes_payment_sheets,
    routes_people,
    routes_retention_rules,
    routes_schedule_runs,
    routes_terms,
)
from services.partners.api.schemas_orders import OrderDraft
from services.partners.api.schemas_partners import PartnerDraft
from services.partners.settings import PartnersSettings
from shared.service_app import create_service_app, serve
from shared.settings import load_settings

SERVICE = "partners"


def create_app(settings: PartnersSettings) -> FastAPI:
    """The application with all routes of this service."""
    routers = [
        routes_partners.router,
        routes_payment_sheets.router,
        routes_documents.router,
        routes_deliveries.router,
        routes_delivery_scores.router,
        routes_delivery_requests.router,
        routes_document_replies.router,
        routes_link_pages.router,
        routes_partner_contacts.router,
        routes_partner_documents.router,
        routes_partner_imports.router,
        routes_retention_rules.router,
        routes_crm_accounts.router,
        routes_orders.router,
        routes_order_boards.router,
        routes_terms.router,
        routes_schedule_runs.router,
        routes_document_schedules.router,
        routes_holiday_calendars.router,
        routes_people.router,
        routes_bank_details.router,
        routes_partner_merges.router,
    ]
    app = create_service_app(SERVICE, settings, routers, body_models=[PartnerDraft, OrderDraft])
    app.state.document_files = settings.document_files(app.state.database)
    app.state.document_links = settings.document_links()
    app.state.secret_box, app.state.target_rules = settings.secret_box(), settings.target_rules()
    return app


def main() -> None:
    settings = load_settings(PartnersSettings)
    serve(SERVICE, settings, lambda: create_app(settings))


if __name__ == "__main__":
    main()
