"""What a caller showed to come in, and why it may no longer count."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from shared.identity import Caller


@dataclass(frozen=True, slots=True)
class Credential:
    """A verified access token or API key; times are seconds since 1970, `id` is the `jti` claim or the key's id."""

    caller: Caller
    kind: Literal["access_token", "api_key"]
    id: str | None
    issued_at: float | None
    expires_at: float


@dataclass(frozen=True, slots=True)
class Revocations:
    """Tokens by their `jti`, and people by the moment until which what was issued to them no longer counts."""

    token_ids: frozenset[str] = frozenset()
    subjects: Mapping[str, float] = field(default_factory=dict)

    def cover(self, credential: Credential) -> bool:
        """Tell whether it is revoked; a person's revocation covers their keys, and tokens that do not say how old."""
        if credential.kind == "access_token" and credential.id in self.token_ids:
            return True
        caller = credential.caller
        return any(
            subject in self.subjects
            and (credential.issued_at is None or credential.issued_at <= self.subjects[subject])
            for subject in (caller.subject, caller.owner)
            if subject is not None
        )
