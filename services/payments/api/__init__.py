"""HTTP routes: translate requests into use cases and reads, nothing more."""
