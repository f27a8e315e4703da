"""The command line `salesops`: speaks to the API over HTTP and knows nothing of what stands behind it."""
