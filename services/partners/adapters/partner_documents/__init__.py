"""What documents for partners look like: laid out once, then set as PDF and as a workbook, in three languages."""
