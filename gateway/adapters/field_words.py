"""What fields and parameters mean, read from the table beside this module."""

import tomllib
from functools import cache
from pathlib import Path

from gateway.domain.openapi_words import Words

TABLE = Path(__file__).with_name("field_words.toml")


@cache
def field_words() -> Words:
    """Read the table; its comment says how entries are named."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return Words(fields=table["fields"], parameters=table["parameters"], examples=table["examples"])
