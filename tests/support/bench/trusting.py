"""`bff serve` that trusts one more certificate authority: the bench's own.

The program takes authorities from certifi and offers no setting for others, nor does it read a variable for them. So
certifi is told of another file before anything reads it; all that follows is as in production.
"""

from __future__ import annotations

import os
import sys
from typing import Final

import certifi

VARIABLE: Final = "BENCH_AUTHORITIES"
"""Names the file."""


def main() -> int:
    """Serve."""
    bundle = os.environ[VARIABLE]
    certifi.where = lambda: bundle
    from bff.cli import main as bff

    return bff(["serve"])


if __name__ == "__main__":
    sys.exit(main())
