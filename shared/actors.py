"""Who answers for what was done: a person, also where a key of theirs did it."""

from typing import Final

# Subjects of API keys; the gateway refuses access tokens whose subject begins so.
KEY_SUBJECT_PREFIX: Final = "key:"


def person_behind(actor: str) -> str:
    """Return the subject of the person who answers for an actor: a key's owner, or the person itself.

    An actor is what is written down as who did something: a person's subject, or `key:<id>/<owner>` of a key.
    """
    if not actor.startswith(KEY_SUBJECT_PREFIX):
        return actor
    _key, _, owner = actor.partition("/")
    return owner or actor


def is_same_person(actor: str, other: str) -> bool:
    """Tell whether one person answers for both, be it by keys: who made something does not approve it."""
    return person_behind(actor) == person_behind(other)
