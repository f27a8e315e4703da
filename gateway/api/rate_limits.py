"""Lets a request in or refuses it, by what its caller and its address have used of their quotas."""

from typing import Final

from gateway.adapters.rate_limiter import RateLimiter, Verdict
from gateway.api.visit import Visit
from gateway.domain.client_address import counted_as
from gateway.domain.headers import Header
from gateway.domain.rate_limit import Cell, Key, QuotaName, Quotas
from shared.actors import person_behind
from shared.errors import TooManyRequests
from shared.identity import Caller

CALLER_QUOTAS: Final[tuple[QuotaName, ...]] = ("reads", "writes", "imports")
# The first exchange waited for may have begun before this request came.
UNSURE_ATTEMPTS: Final = 2


class RateLimits:
    """Every request counts once for its address and once for its caller, whatever token or key it carries."""

    def __init__(self, limiter: RateLimiter, quotas: Quotas) -> None:
        self.limiter = limiter
        self.quotas = quotas
        self._address_quota = quotas["address"]
        self._policy_lines = {name: b"ratelimit-policy: " + quota.policy for name, quota in quotas.items()}
        self._policies = {name: (b"ratelimit-policy", quota.policy) for name, quota in quotas.items()}

    def try_admit(self, visit: Visit, name: QuotaName | None) -> bool:
        """Count a caller's request at once, or leave it to `admit`, which goes on from there."""
        # Spelt out, because every request of the short way comes through here.
        limiter, take = self.limiter, self.limiter.take
        visit.cell = limiter.cell(self._address_quota, counted_as(visit.address))
        if take(visit.cell) is not Verdict.ADMITTED:
            return False
        visit.is_address_counted = True
        if name is None:
            visit.cell = None
            return True
        assert visit.caller is not None
        visit.cell = limiter.cell(self.quotas[name], person_behind(visit.caller.actor))
        visit.is_caller_counted = take(visit.cell) is Verdict.ADMITTED
        return visit.is_caller_counted

    def address_key(self, visit: Visit) -> Key:
        return (self._address_quota.name, counted_as(visit.address))

    def caller_key(self, caller: Caller, name: QuotaName) -> Key:
        """A person and all their keys are one caller."""
        return (name, person_behind(caller.actor))

    def try_admit_known(self, address: Key, caller: Key) -> Cell | None:
        """Count a request for both and return the caller's count, or None and count nothing."""
        limiter = self.limiter
        cell = limiter.cell_of(caller, self.quotas[caller[0]])
        return cell if limiter.take_both(limiter.cell_of(address, self._address_quota), cell) else None

    async def admit(self, visit: Visit, name: QuotaName | None = None) -> None:
        """Count a request for its address and, under a quota's name, for its caller; TooManyRequests."""
        verdict = self._count(visit, name, is_final=False)
        for attempt in range(UNSURE_ATTEMPTS):
            if verdict is not Verdict.UNSURE:
                break
            await self.limiter.told()
            verdict = self._count(visit, name, is_final=attempt == UNSURE_ATTEMPTS - 1)
        if verdict is Verdict.REFUSED:
            raise self._refusal(visit, "The quota is used up for the moment")

    def admit_unknown_token(self, visit: Visit) -> None:
        """Refuse to look at tokens from an address that brought too many that were no good; TooManyRequests.

        Those that were accepted a while ago are not looked at again, so nobody is locked out by a neighbour's guessing.
        """
        cell = self.limiter.cell(self.quotas["failures"], counted_as(visit.address))
        now = self.limiter.now()
        if cell.remaining(now) == 0:
            visit.cell = cell
            raise self._refusal(visit, "Too many tokens from this address were not valid")

    def note_failure(self, visit: Visit) -> None:
        """Count a token that was no good."""
        cell = self.limiter.cell(self.quotas["failures"], counted_as(visit.address))
        self.limiter.take(cell, is_final=True)

    def lines(self, cell: Cell) -> bytes:
        """Return what `headers` says, as lines of a reply."""
        return b"%b\r\nratelimit: %b\r\n" % (
            self._policy_lines[cell.quota.name],
            cell.header(self.limiter.now()),
        )

    def headers(self, visit: Visit) -> list[Header]:
        """Return what the reply says about the quota that counted."""
        cell = visit.cell
        if cell is None:
            return []
        return [self._policies[cell.quota.name], (b"ratelimit", cell.header(self.limiter.now()))]

    def _count(self, visit: Visit, name: QuotaName | None, *, is_final: bool) -> Verdict:
        """Count for the address, then for the caller; what was counted before a wait is not counted again."""
        if not visit.is_address_counted:
            visit.cell = self.limiter.cell(self.quotas["address"], counted_as(visit.address))
            verdict = self.limiter.take(visit.cell, is_final=is_final)
            if verdict is not Verdict.ADMITTED:
                return verdict
            visit.is_address_counted = True
            visit.cell = None
        if name is None or visit.is_caller_counted:
            return Verdict.ADMITTED
        assert visit.caller is not None
        # A person and all their keys are one caller: more keys are not more requests.
        visit.cell = self.limiter.cell(self.quotas[name], person_behind(visit.caller.actor))
        verdict = self.limiter.take(visit.cell, is_final=is_final)
        visit.is_caller_counted = verdict is Verdict.ADMITTED
        return verdict

    def _refusal(self, visit: Visit, detail: str) -> TooManyRequests:
        assert visit.cell is not None
        seconds = visit.cell.seconds_until_next(self.limiter.now())
        return TooManyRequests(detail, quota=visit.cell.quota.name, retry_after_seconds=seconds)
