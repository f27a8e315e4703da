"""Files in which accounting systems take over a general ledger."""
