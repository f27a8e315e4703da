"""Workbooks that others made: read within bounds, as texts, and never calculated."""

from shared.workbook_reading.archive import WorkbookUnreadable as WorkbookUnreadable
from shared.workbook_reading.archive import opened_archive as opened_archive
from shared.workbook_reading.sheet import CellLook as CellLook
from shared.workbook_reading.sheet import rows_of_sheet as rows_of_sheet
from shared.workbook_reading.workbook import Workbook as Workbook
from shared.workbook_reading.workbook import workbook_of as workbook_of
