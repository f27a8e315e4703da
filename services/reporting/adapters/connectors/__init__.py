"""Connectors: where the rows of source systems come from, behind one port."""
