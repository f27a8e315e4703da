"""Letters: where they are handed in, and how a process that sends them is told so."""
