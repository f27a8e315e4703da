"""One piece of work's place in a trace, by W3C Trace Context (Recommendation of 23 November 2021)."""

import re
from collections.abc import Mapping
from random import getrandbits
from typing import Final, Literal, NamedTuple, Self

_TRACEPARENT: Final = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._:+/=-]{1,128}")
_NO_TRACE: Final = b"0" * 32
_NO_SPAN: Final = b"0" * 16


class Trace(NamedTuple):
    """With the id its caller knows it by. A tuple, for each request makes one."""

    trace_id: str
    span_id: str
    flags: str
    request_id: str
    parent_id: str = ""

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"

    @property
    def is_sampled(self) -> bool:
        return self.flags[1] in "13579bdf"

    def child(self) -> Self:
        """A span within this one, for what is waited for while working, e.g. a statement."""
        return self._replace(span_id=f"{getrandbits(64):016x}", parent_id=self.span_id)


class Span(NamedTuple):
    """A piece of work that ended now. Its name and attributes hold no personal data and no values."""

    name: str
    kind: Literal["SERVER", "CLIENT", "CONSUMER", "INTERNAL"]
    seconds: float
    attributes: Mapping[str, str | int] = {}
    is_error: bool = False


def trace_of(traceparent: bytes | None, request_id: bytes | None, *, is_sampled: bool = True) -> Trace:
    """Return a new span of the trace a caller names, or of a new trace; malformed values are replaced."""
    # Trace ids need to differ, not to be secret: no call into the system for each.
    fresh = f"{getrandbits(192):048x}"
    trace_id, parent_id, flags = fresh[:32], "", "01" if is_sampled else "00"
    match = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if match and match[1] != _NO_TRACE and match[2] != _NO_SPAN and not match[0].startswith(b"ff"):
        trace_id, parent_id, flags = (part.decode("ascii") for part in match.groups())
    is_usable = request_id is not None and _REQUEST_ID.fullmatch(request_id) is not None
    known_as = request_id.decode("ascii") if request_id is not None and is_usable else trace_id
    return Trace(trace_id, fresh[32:], flags, known_as, parent_id)
