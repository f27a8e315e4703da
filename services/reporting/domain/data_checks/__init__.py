"""Checks of what people typed: rules as data, applied to the rows of a snapshot by pure functions."""
