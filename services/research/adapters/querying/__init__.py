"""The program that answers one query: a process of its own, bounded in memory, time and files, without network.

`python -m services.research.adapters.querying` reads one task from its standard input and writes lines of JSON.
"""
