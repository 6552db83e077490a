"""What lies in Redis, as values: each module that writes there says so beside the code that does.

Nothing is derived from this for a request. The security reviewer's report shows it, and a test drives a shop and finds
no key that is not declared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """One kind of entry."""

    key: str
    """Pattern: `<sid>` is a SHA-256 (hex), `<hash>` an HMAC-SHA-256 (hex), `<operation>` a row's name,
    the rest are plain words and numbers."""
    holds: str
    cipher: str
    lifetime: str
    """`{idle}`, `{guest_idle}` and `{lifetime}` stand for the settings' seconds."""
    commands: tuple[str, ...]
    """All that name such a key, within scripts too, as Redis's access lists write them."""

    def matches(self, key: str) -> bool:
        """Tell whether a key of Redis is of this kind."""
        pattern = re.escape(self.key)
        for name, shape in _SHAPES.items():
            pattern = pattern.replace(re.escape(name), shape)
        return re.fullmatch(pattern, key) is not None

    @property
    def glob(self) -> str:
        """The pattern as Redis's access lists write it."""
        return re.sub("<[a-z]+>", "*", self.key)


_SHAPES = {
    "<sid>": "[0-9a-f]{64}",
    "<hash>": "[0-9a-f]{64}",
    "<kind>": "[a-z-]+",
    "<operation>": "[a-z][a-z0-9_]*",
    "<limit>": "[A-Za-z/_]+",
    "<rate>": "[0-9]+/[0-9]+/[a-z]+",
}
PLAIN = "none"
"""Nothing that has to be hidden."""
