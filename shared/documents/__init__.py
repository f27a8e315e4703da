"""Documents people open: tables as CSV, XLSX and PDF, and documents set from templates."""
