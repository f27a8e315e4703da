"""A matching policy as the JSON that is stored, hashed and changed by drafts."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from services.payments.domain.errors import PolicyInvalid
from services.payments.domain.matching_policy import MatchingPolicy
from services.payments.domain.policy_limits import policy_problems
from shared.errors import FieldProblem

# The version is the row's; the law on tax, agreements and tax standings have tables of their own.
_NOT_CONTENT: Final = ("version", "tds_rules", "terms")


def policy_content(policy: MatchingPolicy) -> dict[str, Any]:
    """Every value of the policy by name."""
    content = cast("dict[str, Any]", msgspec.to_builtins(policy))
    for name in _NOT_CONTENT:
        del content[name]
    return content


def content_hash(content: Mapping[str, Any]) -> bytes:
    """SHA-256 of the content; the order of its names does not matter."""
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).digest()


def policy_from(version: str, content: Mapping[str, Any]) -> MatchingPolicy:
    """The policy of a stored content, without law and agreements; a value that is missing is what the code begins with."""
    return msgspec.convert({**content, "version": version, "tds_rules": ()}, MatchingPolicy)


def changed_content(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The base with some values changed. PolicyInvalid names each value that does not exist, has another type, or
    is outside its limits."""
    current = policy_content(policy_from("base", base))
    problems = _unknown_names(current, changes, "/changes")
    if problems:
        raise PolicyInvalid("The policy has no such values", problems=problems)
    merged = {
        name: {**value, **changes[name]}
        if isinstance(value, dict) and name in changes
        else changes.get(name, value)
        for name, value in current.items()
    }
    try:
        policy = policy_from("draft", merged)
    except msgspec.ValidationError as error:
        detail, _, path = str(error).partition(" - at `$")
        pointer = "/changes" + path.rstrip("`").replace(".", "/")
        raise PolicyInvalid("A value has another type", problems=[FieldProblem(pointer, detail)]) from error
    outside = policy_problems(policy)
    if outside:
        raise PolicyInvalid("Values are outside their limits", problems=outside)
    return policy_content(policy)


def _unknown_names(
    current: Mapping[str, Any], changes: Mapping[str, Any], pointer: str
) -> list[FieldProblem]:
    problems = []
    for name, value in changes.items():
        here = f"{pointer}/{name}"
        if name not in current:
            problems.append(FieldProblem(here, "there is no such value"))
        elif isinstance(current[name], dict):
            if isinstance(value, dict):
                problems += _unknown_names(current[name], value, here)
            else:
                problems.append(FieldProblem(here, "expected an object of values"))
    return problems
