"""Refusals of the reporting service; the tree is drawn in shared/errors.py."""

from shared.errors import Invalid, NotFound


class PeriodInvalid(Invalid):
    """A period that ends before it begins, or is longer than one reply shows."""

    code, title = "period_invalid", "The period cannot be shown"


class AnalysisInvalid(Invalid):
    """Rows or options that cannot be analysed; the problems say where."""

    code, title = "analysis_invalid", "The analysis cannot be made of this"


class RateUnknown(Invalid):
    """A currency of the rows has no exchange rate: nothing is converted at one."""

    code, title = "exchange_rate_unknown", "An exchange rate is missing"


class CostUnknown(Invalid):
    """Something has no cost: it is named, and never taken for nought."""

    code, title = "cost_unknown", "A cost is missing"


class BillOfMaterialsCycle(Invalid):
    """An item is made of itself; the detail names the way round."""

    code, title = "bill_of_materials_cycle", "An item is made of itself"


class AnalysisTableUnknown(NotFound):
    """No such table, or not the caller's to see."""

    code, title = "analysis_table_not_found", "There is no such table"


class AnalysisUnknown(NotFound):
    """No such analysis, or not the caller's to see."""

    code, title = "analysis_not_found", "There is no such analysis"


class AnalysisPartUnknown(NotFound):
    """The analysis has no chart or table of this name."""

    code, title = "analysis_part_not_found", "The analysis has no such part"
