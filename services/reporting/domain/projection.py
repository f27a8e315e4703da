"""What this service keeps of others' facts."""

from enum import StrEnum


class Projection(StrEnum):
    """Facts that arrive together and are as current as each other."""

    COLLECTIONS = "collections"
    STATEMENTS = "statements"
