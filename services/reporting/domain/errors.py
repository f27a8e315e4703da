"""Refusals of the reporting service; the tree is drawn in shared/errors.py."""

from shared.errors import Conflict, Invalid, NotFound, Stale


class PeriodInvalid(Invalid):
    """A period that ends before it begins, or is longer than one reply shows."""

    code, title = "period_invalid", "The period cannot be shown"


class AnalysisInvalid(Invalid):
    """Rows or options that cannot be analysed; the problems say where."""

    code, title = "analysis_invalid", "The analysis cannot be made of this"


class RateUnknown(Invalid):
    """A currency of the rows has no exchange rate: nothing is converted at one."""

    code, title = "exchange_rate_unknown", "An exchange rate is missing"


class CostUnknown(Invalid):
    """Something has no cost: it is named, and never taken for nought."""

    code, title = "cost_unknown", "A cost is missing"


class BillOfMaterialsCycle(Invalid):
    """An item is made of itself; the detail names the way round."""

    code, title = "bill_of_materials_cycle", "An item is made of itself"


class AnalysisTableUnknown(NotFound):
    """No such table, or not the caller's to see."""

    code, title = "analysis_table_not_found", "There is no such table"


class AnalysisUnknown(NotFound):
    """No such analysis, or not the caller's to see."""

    code, title = "analysis_not_found", "There is no such analysis"


class SavedAnalysisUnknown(NotFound):
    """No such saved analysis, or not the caller's to see."""

    code, title = "saved_analysis_not_found", "There is no such saved analysis"


class ProjectedFigureUnknown(Invalid):
    """The analysis is no projection, or does not project this series or period."""

    code, title = "projected_figure_unknown", "There is no such projected figure"


class AnalysisPartUnknown(NotFound):
    """The analysis has no chart or table of this name."""

    code, title = "analysis_part_not_found", "The analysis has no such part"


class PeriodUnknown(Invalid):
    """Words that name no period, or one longer than a report shows."""

    code, title = "period_unknown", "The period is not understood"


class DefinitionInvalid(Invalid):
    """A definition that names what its source does not have, or contradicts itself."""

    code, title = "definition_invalid", "The definition cannot be run"


class DefinitionUnknown(NotFound):
    """There is no such definition, or it is not for the caller."""

    code, title = "report_definition_not_found", "No such report definition"


class DefinitionNameTaken(Conflict):
    """Another definition has the name."""

    code, title = "report_definition_name_taken", "The name is taken"


class DefinitionChanged(Stale):
    """Somebody changed the definition meanwhile."""

    code, title = "report_definition_changed", "The definition changed meanwhile"


class RunUnknown(NotFound):
    """There is no such run, or it shows rows that the caller may not see."""

    code, title = "report_run_not_found", "No such report run"


class RunNotReady(Conflict):
    """The run has no result yet, or failed."""

    code, title = "report_run_not_ready", "The run has no result"


class DetailsNotKept(Conflict):
    """More rows stand behind the run than are kept with it."""

    code, title = "details_not_kept", "The rows behind it are not kept"


class RowUnknown(NotFound):
    """The run has no such row."""

    code, title = "report_row_not_found", "No such row"


class NoEarlierRun(NotFound):
    """The run is the first of its definition with these parameters and rows."""

    code, title = "no_earlier_run", "There is no run before"


class ScopeEmpty(Invalid):
    """A zone or partner that lies outside of what the caller sees."""

    code, title = "report_scope_empty", "Not within what you may see"


class ReportTooLarge(Invalid):
    """More rows than a result keeps."""

    code, title = "report_too_large", "The report is too large"


class TemplateInvalid(Invalid):
    """A template that contradicts itself; the problems say where."""

    code, title = "template_invalid", "The template cannot be used"


class TemplateUnknown(NotFound):
    """There is no such template."""

    code, title = "template_not_found", "No such template"


class TemplateNameTaken(Conflict):
    """Another template has the name."""

    code, title = "template_name_taken", "The name is taken"


class TemplateChanged(Stale):
    """Somebody changed the template meanwhile."""

    code, title = "template_changed", "The template changed meanwhile"


class CollectionInvalid(Invalid):
    """A collection that cannot be opened as it is told."""

    code, title = "collection_invalid", "The collection cannot be opened"


class CollectionUnknown(NotFound):
    """There is no such collection, or nothing in it is the caller's to see."""

    code, title = "collection_not_found", "No such collection"


class CollectionClosed(Conflict):
    """Nothing is taken in any more."""

    code, title = "collection_closed", "The collection is closed"


class RespondentUnknown(NotFound):
    """Nobody of this id is asked by the collection, or not the caller's to see."""

    code, title = "respondent_not_found", "No such respondent"


class WorkbookNotOfCollection(Invalid):
    """A workbook of another respondent, collection or version, or none that this system made."""

    code, title = "workbook_not_of_collection", "The workbook belongs elsewhere"


class SubmissionUnknown(NotFound):
    """There is no such submission, or it is not the caller's to see."""

    code, title = "submission_not_found", "No such submission"


class SubmissionNotDecidable(Conflict):
    """The submission is not where it could be decided."""

    code, title = "submission_not_decidable", "The submission cannot be decided now"


class SubscriptionUnknown(NotFound):
    """No such subscription, or it is another's."""

    code, title = "report_subscription_not_found", "No such report subscription"


class SubscriptionState(Conflict):
    """Paused already, or not paused."""

    code, title = "report_subscription_state", "The subscription is not in a state for that"


class RecipientOutside(Invalid):
    """An address that is not of the house, or a partner whom the subscriber does not see."""

    code, title = "recipient_outside", "Not a recipient that this report may go to"


class LetterUnknown(NotFound):
    """No such letter, or about something that is not the caller's to see."""

    code, title = "letter_not_found", "There is no such letter"


class LetterNotResendable(Conflict):
    """The letter was sent, is on its way, or was overtaken."""

    code, title = "letter_not_resendable", "The letter cannot be sent again"


class CalendarNotKnown(Invalid):
    """A holiday calendar that reporting has not been told."""

    code, title = "holiday_calendar_unknown", "There is no such holiday calendar"
