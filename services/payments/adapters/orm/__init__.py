"""Tables of the payments database. Ledger tables are append-only (triggers in the migrations)."""

from services.payments.adapters.orm import account_statements as account_statements
from services.payments.adapters.orm import balance_confirmations as balance_confirmations
from services.payments.adapters.orm import carried_months as carried_months
from services.payments.adapters.orm import clocks as clocks
from services.payments.adapters.orm import credit_notes as credit_notes
from services.payments.adapters.orm import deductions as deductions
from services.payments.adapters.orm import einvoices as einvoices
from services.payments.adapters.orm import exceptions as exceptions
from services.payments.adapters.orm import exchange_rates as exchange_rates
from services.payments.adapters.orm import gst as gst
from services.payments.adapters.orm import ims as ims
from services.payments.adapters.orm import instruments as instruments
from services.payments.adapters.orm import items as items
from services.payments.adapters.orm import journal as journal
from services.payments.adapters.orm import ledger_exports as ledger_exports
from services.payments.adapters.orm import matching as matching
from services.payments.adapters.orm import note_documents as note_documents
from services.payments.adapters.orm import parties as parties
from services.payments.adapters.orm import payment_queries as payment_queries
from services.payments.adapters.orm import periods as periods
from services.payments.adapters.orm import reconciliation as reconciliation
from services.payments.adapters.orm import remittance_advices as remittance_advices
from services.payments.adapters.orm import statements as statements
from services.payments.adapters.orm import virtual_accounts as virtual_accounts
from services.payments.adapters.orm.base import Record as Record
from services.payments.adapters.orm.base import metadata as metadata
