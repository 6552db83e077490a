"""Where a request stands in a trace, as a declared proxy tells it: `traceparent` of W3C Trace Context.

What is malformed is ignored, as that standard has it. `tracestate` is neither read nor passed on.
"""

from __future__ import annotations

import re
import secrets
from typing import Final

from bff.log import Trace

_SHAPE: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NO_VERSION: Final = "ff"
_KNOWN_FLAGS: Final = 0b11
"""Sampled, and that the trace id is random. The others mean nothing yet, and have to be 0."""


def trace_of(traceparent: str) -> Trace | None:
    """Return the trace that a header names, with a span of our own in it; None: it names none.

    Later versions may have more behind the four fields of today.
    """
    found = _SHAPE.fullmatch(traceparent)
    if found is None:
        return None
    version, trace_id, parent_id, flags, more = found.groups()
    is_unknown = version == _NO_VERSION or (version == "00" and more is not None)
    if is_unknown or not trace_id.strip("0") or not parent_id.strip("0"):
        return None
    return Trace(trace_id=trace_id, span_id=secrets.token_hex(8), flags=f"{int(flags, 16) & _KNOWN_FLAGS:02x}")
