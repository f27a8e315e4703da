"""The HTTP process of the payments service: `python -m services.payments.main`."""

from fastapi import FastAPI
from pydantic import BaseModel

from services.payments.api import (
    routes_account_statements,
    routes_accounts,
    routes_balance_confirmations,
    routes_bank_accounts,
    routes_bank_lines,
    routes_bank_statements,
    routes_booking_clock,
    routes_bounces,
    routes_clock_rules,
    routes_confirmation_rules,
    routes_credit_note_rules,
    routes_credit_notes,
    routes_deduction_rules,
    routes_einvoices,
    routes_exceptions,
    routes_exchange_rates,
    routes_gst_registrations,
    routes_ims,
    routes_instruments,
    routes_invoices,
    routes_ledger,
    routes_ledger_exports,
    routes_line_postings,
    routes_matching_policies,
    routes_note_documents,
    routes_payer_aliases,
    routes_payment_queries,
    routes_periods,
    routes_policy_simulations,
    routes_receipts,
    routes_reconciliation_rules,
    routes_reconciliations,
    routes_remittance_advices,
    routes_reviews,
    routes_settlements,
    routes_tax_receivables,
    routes_virtual_accounts,
)
from services.payments.api.receipt_gathering import ReceiptGathering
from services.payments.api.schemas_exchange_rates import ExchangeRateDraft
from services.payments.api.schemas_ims import ImsActionRow
from services.payments.api.schemas_invoices import InvoiceDraft
from services.payments.api.schemas_receipts import ReceiptDraft
from services.payments.api.schemas_remittance_advices import AdviceDraft
from services.payments.settings import PaymentsSettings
from shared.service_app import create_service_app, serve
from shared.settings import load_settings

SERVICE = "payments"


def create_app(settings: PaymentsSettings) -> FastAPI:
    """The application with all routes of this service."""
    routers = [
        routes_bank_accounts.router,
        routes_bank_statements.router,
        routes_bank_lines.router,
        routes_reviews.router,
        routes_payer_aliases.router,
        routes_invoices.router,
        routes_gst_registrations.router,
        routes_receipts.router,
        routes_remittance_advices.router,
        routes_virtual_accounts.router,
        routes_settlements.router,
        routes_credit_notes.router,
        routes_note_documents.router,
        routes_einvoices.router,
        routes_ims.router,
        routes_credit_note_rules.router,
        routes_instruments.router,
        routes_bounces.router,
        routes_payment_queries.router,
        routes_accounts.router,
        routes_account_statements.router,
        routes_balance_confirmations.router,
        routes_confirmation_rules.router,
        routes_ledger.router,
        routes_ledger_exports.router,
        routes_deduction_rules.router,
        routes_tax_receivables.router,
        routes_matching_policies.router,
        routes_policy_simulations.router,
        routes_booking_clock.router,
        routes_clock_rules.router,
        routes_exceptions.router,
        routes_periods.router,
        routes_exchange_rates.router,
        routes_line_postings.router,
        routes_reconciliations.router,
        routes_reconciliation_rules.router,
    ]
    body_models: list[type[BaseModel]] = [
        AdviceDraft,
        ExchangeRateDraft,
        ImsActionRow,
        InvoiceDraft,
        ReceiptDraft,
    ]
    app = create_service_app(SERVICE, settings, routers, body_models=body_models)
    app.state.has_portal = bool(settings.einvoice_base_url)
    app.state.receipt_gathering = ReceiptGathering(app.state.database)
    return app


def main() -> None:
    settings = load_settings(PaymentsSettings)
    serve(SERVICE, settings, lambda: create_app(settings))


if __name__ == "__main__":
    main()
