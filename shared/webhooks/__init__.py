"""Webhooks to systems of others, as Standard Webhooks has them: signed, and sent to checked addresses only."""
