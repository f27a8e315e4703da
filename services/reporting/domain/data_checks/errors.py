"""Refusals of source systems, snapshots, validation rules and data issues; the tree is drawn in shared/errors.py."""

from shared.errors import Busy, Conflict, Forbidden, Invalid, NotFound, Stale


class SourceInvalid(Invalid):
    """A source system that contradicts itself, or cannot be read so."""

    code, title = "source_system_invalid", "The source system cannot be read so"


class SourceUnknown(NotFound):
    """There is no such source system."""

    code, title = "source_system_not_found", "No such source system"


class SourceNameTaken(Conflict):
    """Another source system has the name, or its name would change."""

    code, title = "source_system_name_taken", "The name is taken"


class SourceChanged(Stale):
    """Somebody changed the source system meanwhile."""

    code, title = "source_system_changed", "The source system changed meanwhile"


class SourceObjectUnknown(Invalid):
    """The source system has no such object."""

    code, title = "source_object_unknown", "The source system has no such object"


class SourceUnreadable(Invalid):
    """What the source system holds cannot be read as it is described."""

    code, title = "source_unreadable", "The source cannot be read"


class SourceUnreachable(Busy):
    """The source does not answer, or what was asked for is not there yet: it may be better later."""

    code, title = "source_unreachable", "The source does not answer"


class SourceLimitReached(Busy):
    """What the source lets us ask in a day is nearly spent: it will be better tomorrow."""

    code, title = "source_limit_reached", "The source's limit is reached"


class SourceJobFailed(Invalid):
    """The source took what was asked as a job, and the job failed or was aborted."""

    code, title = "source_job_failed", "The source could not do its job"


class SourceAccessRefused(Forbidden):
    """The source does not let us in, is not the one we know, or lies where nothing may be read."""

    code, title = "source_access_refused", "The source may not be read"


class SourceNotOpened(Conflict):
    """The operator of this system did not set up what reading it needs."""

    code, title = "source_not_opened", "Sources of this kind are not opened here"


class SourceCredentialMissing(Conflict):
    """No credential was given for the place that the source is read at."""

    code, title = "source_credential_missing", "The source has no credential"


class SourceNeedsNone(Conflict):
    """The source is read without a credential."""

    code, title = "source_needs_no_credential", "The source needs no credential"


class SnapshotUnknown(NotFound):
    """There is no such snapshot."""

    code, title = "source_snapshot_not_found", "No such snapshot"


class SnapshotNotReady(Conflict):
    """The snapshot has no rows of this object: it is still being taken, or failed."""

    code, title = "source_snapshot_not_ready", "The snapshot has no such rows"


class RuleInvalid(Invalid):
    """A rule that names what its object does not have, or contradicts itself."""

    code, title = "validation_rule_invalid", "The rule cannot be applied"


class RuleUnknown(NotFound):
    """There is no such rule."""

    code, title = "validation_rule_not_found", "No such rule"


class RuleNameTaken(Conflict):
    """Another rule has the name, or its name or object would change."""

    code, title = "validation_rule_name_taken", "The name is taken"


class RuleChanged(Stale):
    """Somebody changed the rule meanwhile."""

    code, title = "validation_rule_changed", "The rule changed meanwhile"


class RuleNotSimulated(Conflict):
    """A rule counts only once it was tried, as it stands, on a snapshot."""

    code, title = "validation_rule_not_simulated", "The rule was not tried yet"


class RuleNotActive(Conflict):
    """The rule does not count, so it cannot stop to."""

    code, title = "validation_rule_not_active", "The rule does not count"


class IssueUnknown(NotFound):
    """There is no such issue, or it lies in a zone that the caller does not see."""

    code, title = "data_issue_not_found", "No such issue"


class IssueChanged(Stale):
    """The issue changed meanwhile."""

    code, title = "data_issue_changed", "The issue changed meanwhile"


class IssueSettled(Conflict):
    """The issue is resolved: there is nothing left to assign or to waive."""

    code, title = "data_issue_settled", "The issue is resolved"


class WaiverInvalid(Invalid):
    """A waiver that ends before it begins, or lasts too long."""

    code, title = "waiver_invalid", "The waiver cannot be given so"
