"""Finds the records that are one company's, in a process of its own: blocking, levels and odds in the columnar engine."""
