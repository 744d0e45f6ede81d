"""Bodies that schemathesis cannot write by itself; script/fuzz loads this as its hooks."""

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def ndjson(ctx, value):
    """Text and bytes go as they are; what is no text, as bytes that are none either."""
    if isinstance(value, bytes):
        return value
    return value.encode() if isinstance(value, str) else b"\xff\xff"
