"""What the gateway itself refuses or fails at; the tree is drawn in shared/errors.py."""

from shared.errors import Busy, Conflict, Fault, Forbidden, Invalid, NotFound, Refusal


class UpstreamUnreachable(Fault):
    """No connection to the service: the request was not sent and may be repeated."""

    code, status, title = "upstream_unreachable", 503, "A part of the system cannot be reached"


class UpstreamBroken(Fault):
    """The service broke off before its reply began: whether it did the work is not known."""

    code, status, title = "upstream_broken", 502, "A part of the system broke off"


class UpstreamSlow(Fault):
    """The service did not begin its reply in time: whether it did the work is not known."""

    code, status, title = "upstream_slow", 504, "A part of the system took too long"


class KeySetUnavailable(Fault):
    """No key set of the token issuer has ever been read."""

    code, status, title = "key_set_unavailable", 503, "Access tokens cannot be checked now"


class MappingInvalid(Invalid):
    """A field mapping that no record could be read by; the problems say which rules."""

    code, title = "mapping_invalid", "The mapping cannot work"


class MappingState(Conflict):
    """The mapping is in force already."""

    code, title = "mapping_state", "The mapping's state does not allow it"


class BodyTooSlow(Refusal):
    """The caller stopped sending its body."""

    code, status, title = "request_timeout", 408, "The request took too long to arrive"


class Overloaded(Busy):
    """The request waited for its turn in vain, or too many wait already: nothing was begun."""

    code, title = "overloaded", "More is asked than can be done"


class CircuitOpen(Busy):
    """The service failed too often and is left alone for a moment: nothing was begun."""

    code, title = "circuit_open", "A part of the system is left alone for a moment"


class KeyStoreUnavailable(Fault):
    """The database of the API keys does not answer: none is admitted unseen."""

    code, status, title = "key_store_unavailable", 503, "API keys cannot be checked now"


class GrantTooWide(Forbidden):
    """A key would open what its creator may not do or see."""

    code, title = "grant_too_wide", "A key opens no more than its creator may"


class KeyRevoked(Conflict):
    """A revoked key stays revoked."""

    code, title = "key_revoked", "The key is revoked"


class EventForgotten(Conflict):
    """What was told more than a week ago cannot be sent any more."""

    code, title = "event_forgotten", "The event is not kept any more"


class DeadLetterNotFound(NotFound):
    """No letter has this id."""

    code, title = "dead_letter_not_found", "There is no such dead letter"


class DeadLetterSettled(Conflict):
    """Somebody has decided already; the fact `state` says what."""

    code, title = "dead_letter_settled", "The dead letter does not wait any more"


class ArchiveDiffers(Fault):
    """What the archive holds is not what was written there, or not what the database has: nothing leaves the database."""

    code, title = "archive_differs", "The archive differs from what was archived"
