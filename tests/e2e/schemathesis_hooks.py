"""Loaded by Schemathesis: how it writes bodies of media types that it does not know."""

import gc

import schemathesis

# Requests are invented out of very many small objects, among which there is hardly any garbage to be found.
gc.set_threshold(100_000, 50, 100)

schemathesis.serializer.alias("message/rfc822", "text/plain")
