"""Refusals of the research service; the tree is drawn in shared/errors.py."""

from shared.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge


class SearchTooWide(Invalid):
    """Words that every name contains, or more of them than a name has."""

    code, title = "search_too_wide", "The search would find everything"


class OpportunityUnknown(NotFound):
    code, title = "opportunity_unknown", "No such opportunity"


class AssignmentUnknown(NotFound):
    code, title = "assignment_unknown", "No such research assignment"


class AssignmentState(Conflict):
    """The assignment's state does not lead to the one wanted, or it is over."""

    code, title = "assignment_state", "The assignment's state does not allow it"


class ZoneNeeded(Invalid):
    """Somebody who sees some zones only has to say for which of them a free subject is researched."""

    code, title = "zone_needed", "Say for which of your zones"


class CompanyUnknown(NotFound):
    """Not there, or nothing of it the caller's to see."""

    code, title = "company_unknown", "No such company"


class EntityUnknown(NotFound):
    """Not there, or not the caller's to see."""

    code, title = "entity_unknown", "No such entity"


class EntityDecisionInvalid(Invalid):
    """A decision is about one entity and others."""

    code, title = "entity_decision_invalid", "The decision says nothing"


class EntityDecisionContradicts(Conflict):
    """What was decided before about others of the two companies says the opposite."""

    code, title = "entity_decision_contradicts", "Earlier decisions say the opposite"


class ResolutionUnknown(NotFound):
    code, title = "entity_resolution_unknown", "No such resolution"


class EntitySourceInvalid(Invalid):
    """Its columns are not those of the dataset, or no profile says which name companies."""

    code, title = "entity_source_invalid", "The dataset cannot be read so"


class DatasetUnknown(NotFound):
    """Not there, or not the caller's to see."""

    code, title = "dataset_unknown", "No such dataset"


class DatasetNameTaken(Conflict):
    code, title = "dataset_name_taken", "The name is another dataset's"


class DatasetInvalid(Invalid):
    code, title = "dataset_invalid", "The dataset cannot be so"


class DatasetNotYours(Forbidden):
    """Its owner and administrators change it and load it."""

    code, title = "dataset_not_yours", "Only its owner changes a dataset"


class ProfileUnknown(NotFound):
    code, title = "mapping_profile_unknown", "No such mapping profile"


class UploadUnknown(NotFound):
    code, title = "dataset_upload_unknown", "No such upload"


class UploadState(Conflict):
    """A file that is complete takes no more parts."""

    code, title = "dataset_upload_state", "The upload's state does not allow it"


class UploadIncomplete(Conflict):
    """Parts are missing, or the bytes are not those that were announced."""

    code, title = "dataset_upload_incomplete", "The upload is not complete"


class UploadTooLarge(TooLarge):
    code, title = "dataset_file_too_large", "The file is too large"


class VersionUnknown(NotFound):
    code, title = "dataset_version_unknown", "No such version of the dataset"


class FileUnreadable(Invalid):
    """The file is no table that can be loaded; the detail says what was expected."""

    code, title = "dataset_file_unreadable", "The file cannot be read as a table"


class TooManyRejects(Invalid):
    """More rows cannot be taken than the dataset bears: it may be another kind of file."""

    code, title = "dataset_rejects", "Too many rows cannot be taken"


class QueryRefused(Invalid):
    """It is not one SELECT over datasets with functions of values; the detail names what is not allowed."""

    code, title = "dataset_query_refused", "The query is not allowed"


class QueryFailed(Invalid):
    """The engine could not answer it: a column that is not there, a value that cannot be cast."""

    code, title = "dataset_query_failed", "The query cannot be answered"


class QueryTooSlow(Invalid):
    code, title = "dataset_query_too_slow", "The query took too long"


class QueryTooLarge(Invalid):
    code, title = "dataset_query_too_large", "The query needs too much memory"


class QueryRunUnknown(NotFound):
    code, title = "dataset_query_run_unknown", "No such run of a query"


class QueryRunState(Conflict):
    """There is no result yet, or there never will be one."""

    code, title = "dataset_query_run_state", "The run has no result"


class ExportNotAllowed(Forbidden):
    """The owner of a dataset lets the caller see it, and not take it away as a file."""

    code, title = "dataset_export_not_allowed", "The dataset may not be taken away"


class LicenceOver(Conflict):
    """The terms under which we have a dataset ended."""

    code, title = "dataset_licence_over", "The dataset's licence is over"


class SavedQueryUnknown(NotFound):
    """Not there, or not the caller's."""

    code, title = "saved_query_unknown", "No such saved query"


class SavedQueryInvalid(Invalid):
    """Query, parameters and arguments do not fit each other."""

    code, title = "saved_query_invalid", "The saved query does not fit its parameters"


class MarketAnalysisUnknown(NotFound):
    code, title = "market_analysis_unknown", "No such market analysis"


class MarketAnalysisInvalid(Invalid):
    """The dataset has not the columns that the analysis reads, or not the one to part it by."""

    code, title = "market_analysis_invalid", "The analysis does not fit the dataset"


class ChartInvalid(Invalid):
    """A chart is of two or three columns of the result, the last of which are numbers."""

    code, title = "chart_invalid", "The result cannot be drawn so"


class ResultsDiffer(Conflict):
    """Two results cannot be laid beside each other: other columns, or rows that nothing tells apart."""

    code, title = "results_not_comparable", "The results cannot be compared"


class ResultTooLarge(Invalid):
    """It is more than this form takes; the detail names one that takes it, or how to get less."""

    code, title = "dataset_result_too_large", "The result is too large for this form"


class CompetitorUnknown(NotFound):
    code, title = "competitor_unknown", "No such competitor"


class CompetitorCodeTaken(Conflict):
    code, title = "competitor_code_taken", "The code is another competitor's"


class CompetitorInvalid(Invalid):
    code, title = "competitor_invalid", "The profile cannot be so"


class AttributeUnknown(NotFound):
    code, title = "competitor_attribute_unknown", "No such attribute"


class ObservationInvalid(Invalid):
    """The value is not of its attribute's kind, or the product is not in the profile."""

    code, title = "competitor_observation_invalid", "The observation cannot be so"


class ObservationUnknown(NotFound):
    code, title = "competitor_observation_unknown", "No such observation"


class ObservationWithdrawn(Conflict):
    """It was withdrawn before, and stays so."""

    code, title = "competitor_observation_withdrawn", "The observation was withdrawn"


class BattlecardUnknown(NotFound):
    code, title = "battlecard_unknown", "No such battlecard"


class CitationInvalid(Invalid):
    """A statement cites nothing, or what is withdrawn, another's, or not there."""

    code, title = "citation_invalid", "A statement has to cite what it rests on"


class DigestSubscriptionUnknown(NotFound):
    """Not there, of another zone, or of all zones and the caller of some."""

    code, title = "competitor_digest_subscription_unknown", "No such subscription"


class DigestSubscriptionInvalid(Invalid):
    """It names a competitor that is not there."""

    code, title = "competitor_digest_subscription_invalid", "The subscription cannot be so"


class DigestUnknown(NotFound):
    code, title = "competitor_digest_unknown", "No such digest"


class EvidenceInvalid(Invalid):
    """It was seen in the future, or names a run of a query that is not the caller's."""

    code, title = "research_evidence_invalid", "The evidence cannot be so"


class ResearchFileUnknown(NotFound):
    code, title = "research_file_unknown", "The assignment has no such file"


class ResearchFetchUnknown(NotFound):
    code, title = "research_fetch_unknown", "The assignment has no such fetch"


class FetcherOff(Conflict):
    """No host is allowed here; an operator names some."""

    code, title = "research_fetcher_off", "Pages are not fetched here"


class FetchUrlInvalid(Invalid):
    code, title = "research_fetch_url_invalid", "The URL cannot be fetched"


class BriefUnknown(NotFound):
    """Not there, not the caller's to see, or not shared yet."""

    code, title = "research_brief_unknown", "No such brief"


class BriefState(Conflict):
    """It was reviewed or shared before, or nobody approved it."""

    code, title = "research_brief_state", "The brief's state does not allow it"


class BriefDraftUnknown(NotFound):
    code, title = "research_brief_draft_unknown", "No such draft"


class BriefDraftState(Conflict):
    """Its job has not made it yet."""

    code, title = "research_brief_draft_state", "The draft's state does not allow it"


class MakerIsChecker(Conflict):
    code, title = "maker_is_checker", "Who makes does not approve"
