"""The program that turns one file into Parquet: a process of its own, bounded, without secrets or network.

`python -m services.research.adapters.loading` reads one task from its standard input and writes lines of JSON.
"""
