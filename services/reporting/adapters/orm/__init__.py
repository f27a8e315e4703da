"""Tables of the reporting database: facts as other services told them; every sum is made when it is asked for.

Facts arrive in any order and more than once. What happened is inserted once and never changed; of what is told whole,
the later telling holds. Nothing refers to a row that may still be on its way.
"""

from services.reporting.adapters.orm import analyses as analyses
from services.reporting.adapters.orm import analysis_letters as analysis_letters
from services.reporting.adapters.orm import collection_letters as collection_letters
from services.reporting.adapters.orm import collections as collections
from services.reporting.adapters.orm import data_review as data_review
from services.reporting.adapters.orm import desks as desks
from services.reporting.adapters.orm import kept_events as kept_events
from services.reporting.adapters.orm import orders as orders
from services.reporting.adapters.orm import receivables as receivables
from services.reporting.adapters.orm import reports as reports
from services.reporting.adapters.orm import rule_scores as rule_scores
from services.reporting.adapters.orm import source_schedules as source_schedules
from services.reporting.adapters.orm import subscriptions as subscriptions
from services.reporting.adapters.orm import system_tasks as system_tasks
from services.reporting.adapters.orm import templates as templates
from services.reporting.adapters.orm.base import Record as Record
from services.reporting.adapters.orm.base import metadata as metadata
