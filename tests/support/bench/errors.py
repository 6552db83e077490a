"""What the bench says when it cannot measure."""

from __future__ import annotations


class BenchError(Exception):
    """Something is missing, does not start, or does not answer as it should; the text says what."""
