"""Where a browser may be sent back to: a path of our own, rebuilt from its parts, or the default.

What is not plainly a path here is refused, not repaired: `//e`, `/\\e`, `/%09/e`, `/x/..//e` and their kin all mean
another site to some browser.
"""

from __future__ import annotations

import re

_SEGMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._~-]{0,127}")
_MAX_CHARACTERS = 512


def safe_return_path(value: str | None, default: str) -> str:
    """Return `value` if it is a path of segments of plain characters (no query, no dots in front), else `default`."""
    if not value or len(value) > _MAX_CHARACTERS or not value.startswith("/"):
        return default
    segments = value[1:].split("/") if value != "/" else []
    if not all(_SEGMENT.fullmatch(segment) for segment in segments):
        return default
    return "/" + "/".join(segments)
