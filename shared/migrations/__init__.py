"""Alembic for every service from one place: `python -m shared.migrations payments [upgrade|check|revision TEXT]`."""
