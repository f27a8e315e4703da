"""Reads and writes of use cases, a file per noun; a read that decides a write is done in its unit of work."""

from typing import Any

import sqlalchemy as sa

Row = sa.Row[Any]
