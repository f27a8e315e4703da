"""What an account statement looks like outside: its JSON content, and the documents set from that content."""
