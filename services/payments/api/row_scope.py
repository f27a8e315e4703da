"""Which partners' rows a caller sees, as a condition of the query itself."""

from services.payments.adapters.queries.listing import Listing
from shared.identity import Caller


def visible_partners(listing: Listing, caller: Caller, *, code: str, zone: str) -> Listing:
    """Restrict the listing; `code` and `zone` name the partner's columns in its SELECT."""
    scope = caller.row_scope()
    if scope.sees_all:
        return listing
    return listing.where(
        f"({code} = :scope_partner OR {zone} = ANY(CAST(:scope_zones AS text[])))",
        scope_partner=scope.partner_code or "",
        scope_zones=sorted(scope.zones),
    )


def visible_zones(caller: Caller) -> list[str] | None:
    """The caller's zones, or None for all."""
    scope = caller.row_scope()
    return None if scope.sees_all else sorted(scope.zones)
