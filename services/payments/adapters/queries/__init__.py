"""Reads for the API: one statement each, in the caller's rows, by keyset; a file per noun."""
