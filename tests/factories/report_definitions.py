"""Definitions of reports, made from those that come with the system."""

from dataclasses import replace
from typing import Any

from services.reporting.domain.report_definition import ReportDefinition


def with_changes(definition: ReportDefinition, **changed: Any) -> ReportDefinition:
    """The definition with other facts."""
    return replace(definition, **changed)
