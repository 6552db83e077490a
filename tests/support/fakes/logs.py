"""A log whose hashes are easy to tell apart, and are no hashes of the real kind."""

from __future__ import annotations

import hashlib
import logging

from bff.log import Log


def pseudonym(kind: bytes, value: str) -> str:
    return hashlib.sha256(kind + value.encode()).hexdigest()


def log_to(logger: logging.Logger | None = None) -> Log:
    return Log(logger or logging.getLogger("bff"), pseudonym)
