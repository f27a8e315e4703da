"""Loaded by Schemathesis: how it writes bodies of media types that it does not know."""

import schemathesis

schemathesis.serializer.alias("message/rfc822", "text/plain")
